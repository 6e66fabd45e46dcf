"""The table of arguments, and the signatures: the same as those of `websockets`, plus our own."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import websockets.asyncio.client as their_asyncio
import websockets.sync.client as their_sync

from tests.worlds.fake import FakeEnv
from websocketstream import NotSupportedError
from websocketstream.asyncio import client as our_asyncio
from websocketstream.asyncio._arguments import ASYNCIO, OURS, SYNC, Argument, Treatment
from websocketstream.sync import client as our_sync

DOCS = Path(__file__).parents[2] / "docs" / "websockets.md"

PAIRS = [
    (their_asyncio.connect, our_asyncio.connect, set(OURS)),
    (their_asyncio.unix_connect, our_asyncio.unix_connect, set()),
    (their_asyncio.ClientConnection, our_asyncio.ClientConnection, set()),
    (their_sync.connect, our_sync.connect, set(OURS)),
    (their_sync.reconnect, our_sync.reconnect, set(OURS)),
    (their_sync.unix_connect, our_sync.unix_connect, set()),
    (their_sync.unix_reconnect, our_sync.unix_reconnect, set()),
    (their_sync.ClientConnection, our_sync.ClientConnection, set()),
]


def parameters(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    found = inspect.signature(function).parameters.values()
    return {each.name: (each.kind, each.default) for each in found}


@pytest.mark.parametrize(("theirs", "ours", "extra"), PAIRS)
def test_signatures(theirs: Any, ours: Any, extra: set[str]) -> None:
    """Names, kinds and defaults are those of websockets; what is ours besides is keyword-only."""
    expected, got = parameters(theirs), parameters(ours)
    assert set(got) - set(expected) == extra
    for name in extra:
        kind, default = got.pop(name)
        assert kind is inspect.Parameter.KEYWORD_ONLY
        assert default is not inspect.Parameter.empty
    assert got == expected


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


PRIVATE_THERE = {
    # What serves the event loop or the sans-I/O protocol, which there are none of here.
    *("acknowledge_pings", "close_exc", "connection_lost", "connection_made", "data_received", "drain"),
    *("eof_received", "handshake", "keepalive", "pause_writing", "process_event", "resume_writing"),
    *("send_context", "send_data", "set_connection_exc", "start_keepalive", "terminate_pending_pings"),
    *("close_socket", "maybe_raise_legacy_warning", "recv_bufsize", "recv_events"),
    *("open_tcp_connection", "process_redirect", "open_connection", "open_socket", "enable_tls"),
}


@pytest.mark.parametrize(
    ("theirs", "ours", "extra"), [pair for pair in PAIRS if isinstance(pair[0], type)]
)
def test_methods(theirs: type, ours: type, extra: set[str]) -> None:
    """Every public method and property is there, and takes the same arguments."""
    names = public(theirs) - PRIVATE_THERE
    assert names <= public(ours)
    for name in names:
        their, our = getattr(theirs, name), getattr(ours, name)
        if callable(their):
            assert parameters(our) == parameters(their), name
            assert inspect.iscoroutinefunction(our) == inspect.iscoroutinefunction(their), name
        else:
            assert isinstance(our, property)


@pytest.mark.parametrize(
    ("connect", "table"), [(their_asyncio.connect, ASYNCIO), (their_sync.connect, SYNC)]
)
def test_every_argument_is_in_the_table(connect: Any, table: dict[str, Argument]) -> None:
    """The table has every named argument, with a text, and a remedy where it is refused."""
    assert set(parameters(connect)) - {"kwargs"} <= set(table)
    for name, argument in {**table, **OURS}.items():
        assert argument.text, name
        assert bool(argument.remedy) is (argument.treatment is Treatment.REFUSED), name


REFUSED = [
    ("asyncio", our_asyncio.connect, ASYNCIO),
    ("sync", our_sync.reconnect, SYNC),
]


@pytest.mark.parametrize(
    ("connect", "name"),
    [
        pytest.param(connect, name, id=f"{face}-{name}")
        for face, connect, table in REFUSED
        for name, argument in table.items()
        if argument.treatment is Treatment.REFUSED
    ],
)
def test_refused_when_set(connect: Any, name: str) -> None:
    """What is refused names its remedy; the same argument is accepted when it is not set."""
    values: dict[str, Any] = {"additional_headers": {"X-Key": "secret"}, "proxy": "http://proxy:1"}
    value = values.get(name, object())
    with pytest.raises(
        NotSupportedError, match=rf"{name}.*can't be had in a browser.*Instead: "
    ) as raised:
        connect("wss://example.com/", **{name: value})
    assert "secret" not in str(raised.value)
    connect("wss://example.com/", **{name: None})


HARMLESS: dict[str, Any] = {
    "ssl": True,
    "proxy": None,
    "additional_headers": {"User-Agent": "me"},
    "compression": None,
    "user_agent_header": "me",
    "ping_interval": None,
    "max_queue": None,
    "extensions": [],
}


@pytest.mark.parametrize("connect", [our_asyncio.connect, our_sync.reconnect])
@pytest.mark.parametrize("name", HARMLESS)
def test_accepted(connect: Any, name: str) -> None:
    """What does no harm is accepted."""
    connect("wss://example.com/", **{name: HARMLESS[name]})


def test_unknown_arguments() -> None:
    """An argument that websockets does not have is a TypeError; an old name gets a hint."""
    for connect in (our_asyncio.connect, our_sync.reconnect):
        with pytest.raises(TypeError, match="unexpected keyword argument 'bogus'"):
            connect("wss://example.com/", bogus=1)
        with pytest.raises(TypeError, match="additional_headers now"):
            connect("wss://example.com/", extra_headers={})


def test_unix_sockets_are_refused() -> None:
    """There are no Unix sockets in a page."""
    for connect in (our_asyncio.unix_connect, our_sync.unix_connect, our_sync.unix_reconnect):
        with pytest.raises(NotSupportedError, match="no sockets"):
            connect("/run/socket")


async def test_needs_a_browser() -> None:
    """Outside of a browser, without a back end object, the error says what to do."""
    with pytest.raises(NotSupportedError, match="needs a browser"):
        await our_asyncio.connect("wss://example.com/")


def rows(heading: str) -> dict[str, str]:
    """The table under a heading of the migration guide: first cell to the rest of the row."""
    section = DOCS.read_text(encoding="utf-8").split(f"\n### {heading}\n")[1].split("\n#")[0]
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert len(lines) == len(dict(lines))
    return dict(lines)


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("Arguments of `connect()`", {name: ASYNCIO[name] for name in ASYNCIO}),
        (
            "Arguments of the synchronous `connect()` only",
            {n: SYNC[n] for n in SYNC if n not in ASYNCIO},
        ),
        ("Arguments that only this package has", OURS),
    ],
)
def test_docs_have_the_table(heading: str, table: dict[str, Argument]) -> None:
    """The tables of the migration guide say what the code does, word for word."""

    def row(argument: Argument) -> str:
        remedy = f"; {argument.remedy}" if argument.remedy else ""
        return f"{argument.treatment.value} | {argument.text}{remedy}"

    assert rows(heading) == {name: row(argument) for name, argument in table.items()}


@pytest.mark.parametrize(
    ("heading", "cls"),
    [
        ("`ClientConnection`", their_asyncio.ClientConnection),
        ("The synchronous `ClientConnection`", their_sync.ClientConnection),
    ],
)
async def test_docs_have_every_method(heading: str, cls: type) -> None:
    """The migration guide has every public name of a connection."""
    attributes = {"id", "logger", "request", "response", "latency"}
    assert set(rows(heading)) == (public(cls) - PRIVATE_THERE) | attributes
    env = FakeEnv()
    async with our_asyncio.connect(f"{env.server}/echo", backend=env.backend) as websocket:
        for name in attributes:
            assert hasattr(websocket, name)
