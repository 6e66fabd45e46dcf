"""The fake back end: a server's side in Python, for everything that a server may do."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.unit.bench import FAKE_URL, only_this_task, opened_with, raised_by, read_all, turn, wait
from websocketstream import (
    ReceiveBufferWarning,
    WebSocketError,
    WebSocketStream,
)
from websocketstream.testing import (
    FakeAbortController,
    FakeBackend,
    FakePeer,
)


async def test_example() -> None:
    """The example of the module's docstring works."""

    async def shout(peer: FakePeer) -> None:
        async for message in peer:
            assert isinstance(message, str)
            await peer.send(message.upper())

    async with WebSocketStream("wss://example.com/", backend=FakeBackend(shout)) as opened:
        await opened.writable.get_writer().write("hello")
        assert (await opened.readable.get_reader().read()).value == "HELLO"
    assert only_this_task()


# URLs


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("wss://example.com", "wss://example.com/"),
        (" wss://example.com/a?b ", "wss://example.com/a?b"),
        ("wss://example.com/#", "wss://example.com/#"),
        ("wss://example.com/#a", "wss://example.com/#a"),
        ("feed", "https://page.test/app/feed"),
        ("/feed", "https://page.test/feed"),
        ("//other.test/feed", "https://other.test/feed"),
        ("mailto:me", "mailto:me"),
        ("wss://", None),
        ("wss://example.com:port/", None),
        ("wss://[::1/", None),
    ],
)
def test_parse_url(url: str, parsed: str | None) -> None:
    """URLs are resolved against `base_url`; what is none is told as None."""
    backend = FakeBackend(wait, base_url="https://page.test/app/index.html")
    assert backend.parse_url(url) == parsed


# What a peer knows


async def test_request() -> None:
    """A peer knows what was asked for."""
    backend = FakeBackend(wait, name="mine")
    stream = WebSocketStream(FAKE_URL, protocols=["a", "b"], backend=backend)
    (peer,) = backend.peers
    assert peer.url == FAKE_URL
    assert peer.path == "/chat?room=7"
    assert peer.protocols == ("a", "b")
    assert "backend=mine" in repr(stream)
    WebSocketStream("/", backend=backend)
    assert backend.peers[1].path == "/"


# Opening


async def test_accept() -> None:
    """A peer may choose the subprotocol and the extensions, and waits until the client knows."""
    backend = FakeBackend(wait)
    stream = WebSocketStream(FAKE_URL, protocols=["a", "b"], backend=backend)
    await backend.peers[0].accept("b", "x-own")
    assert stream.opened.settled
    opened = await stream.opened
    assert (opened.protocol, opened.extensions) == ("b", "x-own")
    with pytest.raises(RuntimeError, match="answered already"):
        backend.peers[0].accept()


@pytest.mark.parametrize("offered", [(), ("a", "b")])
async def test_accept_by_default(offered: tuple[str, ...]) -> None:
    """The first use accepts, with the first subprotocol that is offered."""

    async def greet(peer: FakePeer) -> None:
        await peer.send("hello")

    async with WebSocketStream(FAKE_URL, protocols=offered, backend=FakeBackend(greet)) as opened:
        assert opened.protocol == ("a" if offered else "")


async def test_selecting_none() -> None:
    """A peer that selects none of the subprotocols is left, as a browser would."""

    async def select_none(peer: FakePeer) -> None:
        with pytest.raises(ConnectionError, match="before the client took this"):
            await asyncio.gather(peer.accept(""), peer.send("too early"))

    stream = WebSocketStream(FAKE_URL, protocols=["a"], backend=FakeBackend(select_none))
    assert isinstance(await raised_by(stream.opened), WebSocketError)
    await turn(3)
    assert only_this_task()


@pytest.mark.parametrize("verb", ["refuse", "drop"])
async def test_refuse(verb: str) -> None:
    """A handshake can fail."""

    async def refuse(peer: FakePeer) -> None:
        getattr(peer, verb)()

    stream = WebSocketStream(FAKE_URL, backend=FakeBackend(refuse))
    error = await raised_by(stream.closed)
    assert isinstance(error, WebSocketError)
    assert error.close_code == 1006
    assert only_this_task()


async def test_never_accepting() -> None:
    """A peer that does nothing leaves the client connecting until it gives up."""
    stream = WebSocketStream(FAKE_URL, backend=FakeBackend(wait), open_timeout=0.01)
    assert isinstance(await raised_by(stream.opened), WebSocketError)
    await turn(2)
    assert only_this_task()


# Messages


async def test_messages() -> None:
    """Messages go both ways, in order, text as text and bytes as bytes."""
    _stream, opened, peer = await opened_with()
    writer = opened.writable.get_writer()
    writer.write("a")
    writer.write(b"b")
    got = [await peer.recv(), await peer.recv()]
    assert got == ["a", b"b"]
    peer.send("c")
    await peer.send(b"d")
    assert opened.readable.buffered_amount == 2
    await peer.close()
    assert await read_all(opened) == ["c", b"d"]


async def test_nothing_is_reported_during_a_call() -> None:
    """What a peer does arrives a turn later, never in the middle of what the client is doing."""
    stream, opened, peer = await opened_with()
    peer.send("a")
    peer.close()
    opened.writable.get_writer().write("b")
    assert opened.readable.buffered_amount == 0
    assert not stream.closed.settled
    assert peer.close_code is None
    await stream.closed
    assert await read_all(opened) == ["a"]


async def test_client_holds_back() -> None:
    """A client that does not read holds sending back, message by message."""
    _, opened, peer = await opened_with(high_water_mark=2)
    sent = [peer.send(message) for message in ("a", "b", "c", "d")]
    await turn(3)
    assert [promise.settled for promise in promises(sent)] == [True, True, False, False]
    async with asyncio.timeout(1):
        reader = opened.readable.get_reader()
        await reader.read()
        await sent[2]


async def test_client_that_cannot_hold_back() -> None:
    """Without backpressure everything arrives, as with the polyfill."""
    _, opened, peer = await opened_with(high_water_mark=2, receive_backpressure=False)
    with pytest.warns(ReceiveBufferWarning):
        await asyncio.gather(*(peer.send("x") for _ in range(10)))
    assert opened.readable.buffered_amount == 10


async def test_pause() -> None:
    """A peer that is paused lets the client's writes pile up, and takes them when it goes on."""
    _, opened, peer = await opened_with(send_high_water_mark=4)
    peer.pause()
    writer = opened.writable.get_writer()
    room = writer.write("12345")
    writer.write("678")
    await turn(3)
    assert writer.desired_size == -4
    assert not room.settled
    peer.resume()
    await room
    assert writer.desired_size == 4
    assert [await peer.recv(), await peer.recv()] == ["12345", "678"]


async def test_recv_while_paused() -> None:
    """A peer that is paused reads just what is asked for."""
    _, opened, peer = await opened_with()
    peer.pause()
    writer = opened.writable.get_writer()
    for message in ("12345", "678", "9"):
        writer.write(message)
    before = writer.desired_size
    assert before is not None
    assert await peer.recv() == "12345"
    assert writer.desired_size == before + 5
    assert list(await asyncio.gather(peer.recv(), peer.recv())) == ["678", "9"]


async def test_cancelled_recv() -> None:
    """A recv that is cancelled leaves the message to the next."""
    _, opened, peer = await opened_with()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(peer.recv(), 0.001)
    opened.writable.get_writer().write("a")
    assert await peer.recv() == "a"


# Signals


def test_abort_controller() -> None:
    """A fake signal fires once, with its reason."""
    controller = FakeAbortController()
    backend = FakeBackend(wait)
    calls: list[str] = []
    backend.watch_abort(controller.signal, lambda: calls.append("kept"))
    stop = backend.watch_abort(controller.signal, lambda: calls.append("stopped"))
    stop()
    assert backend.abort_reason(controller.signal) == (False, None)
    controller.abort("why")
    controller.abort("again")
    assert calls == ["kept"]
    assert backend.abort_reason(controller.signal) == (True, "why")


def test_abort_without_a_reason() -> None:
    """Without a reason it is an AbortError, as in a browser."""
    controller = FakeAbortController()
    controller.abort()
    assert getattr(controller.signal.reason, "name", None) == "AbortError"


def test_no_signal() -> None:
    """Anything else is no signal."""
    with pytest.raises(TypeError, match="must be a FakeAbortSignal, not str"):
        FakeBackend(wait).abort_reason("now")  # type: ignore[arg-type]


def test_no_foreign_buffers() -> None:
    """There is no other world that buffers could come from."""
    assert FakeBackend(wait).as_bytes(b"own") is None


def promises(awaitables: list[Awaitable[None]]) -> list[Any]:
    return list(awaitables)
