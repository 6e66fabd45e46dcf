"""``WebSocketStream``: its arguments, its promises, and what leaving a block does."""

import asyncio
import math
import warnings
from typing import Any

import pytest

from tests.unit.bench import Bench, raised_by, stream_on, turn
from websocketstream import (
    AbortError,
    DOMSyntaxError,
    InvalidAccessError,
    WebSocketCloseInfo,
    WebSocketError,
    WebSocketStream,
)
from websocketstream.testing import FakeAbortController, FakeBackend, FakePeer

URL = "wss://example.test/feed?token=s3cret"


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def echo(peer: FakePeer) -> None:
    async for message in peer:
        await peer.send(message)


# Making one


async def test_open(bench: Bench) -> None:
    """Making a stream connects; `opened` gives its two sides and what was agreed on."""
    stream = WebSocketStream("https://example.test:444/feed", protocols=["a", "b"], backend=bench)
    assert stream.url == "wss://example.test:444/feed"
    bench.rig.events.connected("b", "permessage-deflate")
    info = await stream.opened
    assert (info.protocol, info.extensions) == ("b", "permessage-deflate")
    assert not info.readable.locked
    assert not info.writable.locked
    assert await stream.opened is info
    assert not stream.closed.settled


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"url": 7}, TypeError, "url must be a str"),
        ({"url": "wss://"}, DOMSyntaxError, "not a valid URL"),
        ({"protocols": ["a b"]}, DOMSyntaxError, "token"),
        ({"protocols": ["a", "a"]}, DOMSyntaxError, "more than once"),
        ({"protocols": [None]}, TypeError, "must be strings"),
        ({"high_water_mark": 0}, ValueError, "at least 1 byte"),
        ({"high_water_mark": 1.5}, TypeError, "must be an int"),
        ({"high_water_mark": True}, TypeError, "must be an int"),
        ({"overflow": "drop"}, ValueError, "'buffer' or 'error'"),
        ({"open_timeout": 0}, ValueError, "open_timeout must be a positive"),
        ({"open_timeout": "1"}, TypeError, "open_timeout must be a number"),
        ({"close_timeout": -1}, ValueError, "close_timeout must be a positive"),
        ({"close_timeout": math.inf}, ValueError, "close_timeout must be a positive"),
        ({"close_timeout": math.nan}, ValueError, "close_timeout must be a positive"),
        ({"close_timeout": True}, TypeError, "close_timeout must be a number"),
        ({"signal": "now"}, TypeError, "signal must be"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_arguments(
    bench: Bench, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A wrong argument is refused at the call, and nothing is connected."""
    arguments: dict[str, Any] = {"url": URL, "backend": bench, **options}
    with pytest.raises(error, match=message):
        WebSocketStream(**arguments)
    assert not hasattr(bench, "rig")


def test_no_arguments() -> None:
    """There is no connection without a URL."""
    with pytest.raises(TypeError):
        WebSocketStream()  # type: ignore[call-arg]


async def test_good_arguments(bench: Bench) -> None:
    """What is allowed is taken."""
    taken: list[dict[str, Any]] = [
        {"open_timeout": None, "close_timeout": None},
        {"open_timeout": 1, "close_timeout": 0.5},
        {"protocols": "one"},
        {"protocols": (name for name in ["a", "b"])},
        {"high_water_mark": 1, "overflow": "error"},
    ]
    for options in taken:
        WebSocketStream(URL, backend=bench, **options)


async def test_one_protocol_as_a_string() -> None:
    """One string is one subprotocol, not one for each letter."""
    backend = FakeBackend(echo)
    async with WebSocketStream(URL, protocols="chat", backend=backend) as opened:
        assert opened.protocol == "chat"
    assert backend.peers[0].protocols == ("chat",)


async def test_timeouts_are_passed_on(bench: Bench) -> None:
    """Connecting and closing each have a time limit: a minute, and ten seconds."""
    stream = WebSocketStream(URL, backend=bench)
    bench.pass_time(59)
    assert not stream.opened.settled
    bench.pass_time(1)
    assert isinstance(await raised_by(stream.opened), WebSocketError)
    stream, _ = await stream_on(bench)
    stream.close()
    bench.pass_time(9)
    assert not stream.closed.settled
    bench.pass_time(1)
    assert isinstance(await raised_by(stream.closed), WebSocketError)


async def test_repr(bench: Bench) -> None:
    """Its repr tells where to and how it stands, without the query string."""
    stream, _ = await stream_on(bench)
    assert repr(stream) == "<WebSocketStream wss://example.test/ open backend=bench>"
    stream = WebSocketStream(URL, backend=bench)
    assert repr(stream) == "<WebSocketStream wss://example.test/feed?… connecting backend=bench>"


# Opening fails


async def test_refused(bench: Bench) -> None:
    """A connection that could not be made rejects `opened` and `closed`."""
    stream = WebSocketStream(URL, backend=bench)
    bench.rig.end(1006, clean=False)
    opened_error, closed_error = await raised_by(stream.opened), await raised_by(stream.closed)
    assert isinstance(opened_error, WebSocketError)
    assert isinstance(closed_error, WebSocketError)
    assert "s3cret" not in str(opened_error) + repr(opened_error) + repr(closed_error)


async def test_close_before_open(bench: Bench) -> None:
    """Closing while connecting gives up."""
    stream = WebSocketStream(URL, backend=bench)
    stream.close()
    assert isinstance(await raised_by(stream.opened), WebSocketError)
    assert bench.rig.asked == ["abandon"]


# Closing


async def test_close(bench: Bench) -> None:
    """A close goes out with its code and reason; `closed` gives those of the end."""
    stream, _ = await stream_on(bench)
    stream.close(3001, "done")
    bench.rig.end(3001, "done")
    info = await stream.closed
    assert info == WebSocketCloseInfo(close_code=3001, reason="done")


async def test_close_validates_in_every_state(bench: Bench) -> None:
    """What can't be sent is refused, also when nothing would be sent, and changes nothing."""
    stream = WebSocketStream(URL, backend=bench)
    for state in ("connecting", "open", "closing", "closed"):
        match state:
            case "open":
                bench.rig.events.connected("", "")
            case "closing":
                stream.close()
            case "closed":
                bench.rig.end()
        for arguments, error in (
            ((1001,), InvalidAccessError),
            ((1000, "x" * 124), DOMSyntaxError),
            (("1000",), TypeError),
        ):
            with pytest.raises(error):
                stream.close(*arguments)
        assert f" {state} " in repr(stream)


# Signals


async def test_signal_fired_before(bench: Bench) -> None:
    """With a signal that has fired there is no connection; its reason reaches the caller."""
    controller = FakeAbortController()
    controller.abort("changed my mind")
    stream = WebSocketStream(URL, signal=controller.signal, backend=bench)
    assert not hasattr(bench, "rig")
    error = await raised_by(stream.opened)
    assert isinstance(error, AbortError)
    assert error.reason == "changed my mind"
    assert await raised_by(stream.closed) is error


async def test_signal_fires_while_connecting(bench: Bench) -> None:
    """A signal that fires while connecting gives up; its reason reaches the caller."""
    controller = FakeAbortController()
    stream = WebSocketStream(URL, signal=controller.signal, backend=bench)
    reason = ValueError("why")
    controller.abort(reason)
    error = await raised_by(stream.opened)
    assert isinstance(error, AbortError)
    assert error.reason is reason
    assert await raised_by(stream.closed) is error
    assert bench.rig.asked == ["abandon"]


async def test_signal_fires_too_late(bench: Bench) -> None:
    """Once open, or once failed, the signal has no effect, and is not watched any more."""
    for end in (False, True):
        controller = FakeAbortController()
        stream = WebSocketStream(URL, signal=controller.signal, backend=bench)
        if end:
            bench.rig.end(1006, clean=False)
        else:
            bench.rig.events.connected("", "")
        assert controller.signal._callbacks == []
        controller.abort()
        assert stream.closed.settled == end
        assert bench.rig.asked == []


# Blocks


async def test_block() -> None:
    """Leaving a block sends what was written and closes."""
    got: list[str | bytes] = []

    async def listen(peer: FakePeer) -> None:
        got.extend([message async for message in peer])

    stream = WebSocketStream(URL, backend=FakeBackend(listen))
    async with stream as opened:
        writer = opened.writable.get_writer()
        for number in range(100):
            writer.write(str(number))
    assert await stream.closed == (1005, "")
    assert got == [str(number) for number in range(100)]
    assert len(asyncio.all_tasks()) == 1


async def test_block_of_a_refused_connection() -> None:
    """A block that could not be entered raises why."""

    async def refuse(peer: FakePeer) -> None:
        peer.refuse()

    with pytest.raises(WebSocketError, match="could not be made"):
        async with WebSocketStream(URL, backend=FakeBackend(refuse)):
            raise AssertionError("not reached")


async def test_block_ends_uncleanly() -> None:
    """Leaving a block raises when the connection was lost, unless the block has raised itself."""

    async def drop(peer: FakePeer) -> None:
        await peer.accept()
        peer.drop()

    with pytest.raises(WebSocketError, match="lost"):
        async with WebSocketStream(URL, backend=FakeBackend(drop)):
            pass
    with pytest.raises(KeyError):
        async with WebSocketStream(URL, backend=FakeBackend(drop)):
            raise KeyError


async def test_close_inside_a_block() -> None:
    """A block may close with a code of its own."""
    stream = WebSocketStream(URL, backend=FakeBackend(echo))
    async with stream:
        stream.close(3001, "done")
    assert await stream.closed == (3001, "done")


async def test_cancelled_block() -> None:
    """A block that is cancelled closes the connection, and stays cancelled."""
    backend = FakeBackend(echo)
    stream = WebSocketStream(URL, backend=backend)
    inside = asyncio.Event()

    async def work() -> None:
        async with stream:
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    assert isinstance(await raised_by(task), asyncio.CancelledError)
    assert await stream.closed == (1005, "")
    assert backend.peers[0].close_code == 1005


async def test_cancelled_entering() -> None:
    """A block that is cancelled while it is entered gives up connecting."""

    async def never(peer: FakePeer) -> None:
        await peer.wait_closed()

    stream = WebSocketStream(URL, backend=FakeBackend(never))

    async def work() -> None:
        async with stream:
            raise AssertionError("not reached")

    task = asyncio.create_task(work())
    await turn()
    task.cancel()
    assert isinstance(await raised_by(task), asyncio.CancelledError)
    assert isinstance(await raised_by(stream.closed), WebSocketError)
    await turn(2)
    assert len(asyncio.all_tasks()) == 1


async def test_cancelled_leaving() -> None:
    """Leaving a block can be cancelled; the close goes on by itself."""

    async def slow(peer: FakePeer) -> None:
        peer.accept()
        peer.answers_close = False
        await answer.wait()
        await peer.close()

    answer = asyncio.Event()
    stream = WebSocketStream(URL, backend=FakeBackend(slow))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), stream:
            pass
    assert not stream.closed.settled
    answer.set()
    assert await stream.closed == (1000, "")


# Waiting


async def test_waiting_many_times(bench: Bench) -> None:
    """Any number of tasks can await `opened` and `closed`, any number of times."""
    stream = WebSocketStream(URL, backend=bench)

    async def wait() -> tuple[object, object]:
        return await stream.opened, await stream.closed

    tasks = [asyncio.create_task(wait()) for _ in range(3)]
    await turn()
    bench.rig.events.connected("", "")
    await turn(2)
    bench.rig.end()
    results = await asyncio.gather(*tasks, wait())
    assert len(set(results)) == 1


@pytest.mark.parametrize("attribute", ["opened", "closed"])
async def test_cancelled_waiting(bench: Bench, attribute: str) -> None:
    """Giving up waiting leaves the connection, and those who still wait, alone."""
    stream = WebSocketStream(URL, backend=bench)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(getattr(stream, attribute), 0.001)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await getattr(stream, attribute)
    waiting = asyncio.ensure_future(getattr(stream, attribute))
    waiting.cancel()
    bench.rig.events.connected("", "")
    await stream.opened
    bench.rig.end()
    assert await stream.closed == (1000, "")


async def test_nobody_waits(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Outcomes that nobody asks for are not complained about."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WebSocketStream(URL, backend=bench)
        bench.rig.end(1006, clean=False)
        _, opened = await stream_on(bench)
        opened.writable.get_writer().write("unsent")
        opened.readable.get_reader().read()
        bench.rig.end(1006, clean=False)
        await turn()
    assert complaints == []
    assert caplog.records == []
