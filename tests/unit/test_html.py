"""How notebooks show a connection."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.unit.bench import Bench, connection_on, stream_on
from websocketstream import WebSocketStream
from websocketstream._core.html import html_of


class Text(HTMLParser):
    """The words of a piece of HTML, one line for the head and one for each row of the table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines = [""]
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.lines[-1] += "|"

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data


class Clock:
    """Stands in for the monotonic clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_counts_and_rates(clock: Clock) -> None:
    """Messages, bytes, rates and what is buffered, each way; the rates stop at the end."""
    bench = Bench()
    stream, opened = await stream_on(bench, send_high_water_mark=1 << 24)
    bench.rig.events.received(["é" * 600, b"\0" * 4000])
    await opened.readable.get_reader().read()
    writer = opened.writable.get_writer()
    for size in (3_000_000, 5):
        await writer.write(b"\0" * size)
    bench.rig.drain(left=5)
    clock.now += 2
    expected = [
        "|messages|per second|bytes|per second|buffered|",
        "received|2|1.0|5.1 KiB|2.5 KiB|3.9 KiB|",
        "sent|2|1.0|2.9 MiB|1.4 MiB|5 B|",
    ]
    assert Text(stream._repr_html_()).lines == [
        "WebSocketStream ● open · wss://example.test/ · bench",
        *expected,
    ]
    assert Text(opened._repr_html_()).lines[1:] == expected
    bench.rig.drain()
    stream.close()
    bench.rig.end(1000, "bye")
    clock.now += 100
    assert Text(stream._repr_html_()).lines == [
        "WebSocketStream ● closed · 1000 bye · wss://example.test/ · bench",
        *expected[:2],
        "sent|2|1.0|2.9 MiB|1.4 MiB|0 B|",
    ]


async def test_before_it_is_open(clock: Clock) -> None:
    """A stream that is connecting has no rates, and one that did not connect says why."""
    bench = Bench()
    stream = WebSocketStream("wss://example.test/", backend=bench, protocols=["chat"])
    head, _, received, sent = Text(stream._repr_html_()).lines
    assert head == "WebSocketStream ● connecting · wss://example.test/ · bench"
    assert (received, sent) == ("received|0|–|0 B|–|0 B|", "sent|0|–|0 B|–|0 B|")
    bench.rig.end(1006, clean=False)
    head, _, received, _ = Text(stream._repr_html_()).lines
    assert head.startswith("WebSocketStream ● closed · the connection to wss://example.test/ could not")
    assert received == "received|0|–|0 B|–|0 B|"


async def test_large_amounts(clock: Clock) -> None:
    """Amounts have the unit that keeps them short."""
    connection = connection_on(Bench())
    connection.bytes_received = 5 * 1024**3
    assert ">5.0 GiB</td>" in html_of(connection, connection)


async def test_nothing_gets_in() -> None:
    """What comes from outside is text, not markup, and secrets of the URL are not shown."""
    bench = Bench()
    stream = WebSocketStream(
        "wss://me:s3cret@example.test/<b>?token=s3cret", backend=bench, protocols=["a&b"]
    )
    bench.rig.events.connected("a&b", "")
    html = stream._repr_html_()
    assert Text(html).lines[0] == "WebSocketStream ● open · wss://example.test/<b>?… · bench · a&b"
    bench.rig.end(4000, "<script>alert(1)</script>")
    html += stream._repr_html_()
    assert set(Text(html).tags) == {"div", "b", "span", "table", "tr", "th", "td"}
    assert "4000 <script>" in Text(html).lines[-4]
    assert "s3cret" not in html


async def test_colors() -> None:
    """The state has a colour: of its own when it has failed."""
    bench = Bench()
    seen: list[str] = []
    connection = connection_on(bench, opened=False)
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: connection.connected("", ""),
        connection.close,
        bench.rig.end,
    ]
    for step in steps:
        step()
        seen += re.findall("color:(#[0-9a-f]+)", html_of(connection, connection))
    failed = connection_on(bench)
    bench.rig.end(1006, clean=False)
    seen += re.findall("color:(#[0-9a-f]+)", html_of(failed, failed))
    connecting, opened, closing, closed, lost = seen
    assert connecting == closing
    assert len({connecting, opened, closed, lost}) == 4
