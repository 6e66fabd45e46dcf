"""The asyncio client where it has no counterpart in `websockets`: back ends, arguments, and cost."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest

from websocketstream import (
    DOMSyntaxError,
    WebSocketError,
)
from websocketstream import SecurityError as PageSecurityError
from websocketstream.asyncio.client import ClientConnection, connect
from websocketstream.exceptions import (
    ConnectionClosedError,
    HandshakeFailed,
    InvalidHandshake,
    InvalidURI,
    SecurityError,
)
from websocketstream.protocol import State
from websocketstream.testing import FakeBackend, FakePeer

URI = "wss://example.com/"


async def echo(peer: FakePeer) -> None:
    async for message in peer:
        await peer.send(message)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def steps(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that must not wait for anything; return its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


async def test_nothing_is_awaited_where_nothing_has_to_be() -> None:
    """recv(), iteration and send() take no turn of the event loop when they can do without."""

    async def handler(peer: FakePeer) -> None:
        for number in range(4):
            peer.send(str(number))
        await peer.wait_closed()

    async with connect(URI, backend=FakeBackend(handler)) as websocket:
        await turns()
        assert steps(websocket.recv()) == "0"
        assert steps(websocket.recv(decode=False)) == b"1"
        iterator: Any = aiter(websocket)
        assert steps(anext(iterator)) == "2"
        assert steps(anext(iterator)) == "3"
        assert steps(websocket.send("text")) is None
        assert steps(websocket.ping()).result() == 0.0
        await iterator.aclose()


async def test_iteration_calls_an_overridden_recv() -> None:
    """A subclass that changes recv() changes iteration, too."""

    class Shouting(ClientConnection):
        async def recv(self, decode: bool | None = None) -> Any:
            return str(await super().recv(decode)).upper()

    async def handler(peer: FakePeer) -> None:
        peer.send("a")
        peer.send("b")

    async with connect(URI, backend=FakeBackend(handler), create_connection=Shouting) as websocket:
        assert [message async for message in websocket] == ["A", "B"]


async def test_failed_handshake_says_what_a_page_knows() -> None:
    """The error is an InvalidHandshake and an OSError, and can be pickled by its text."""

    async def refuse(peer: FakePeer) -> None:
        peer.refuse()

    with pytest.raises(HandshakeFailed, match="a page is not told which") as raised:
        await connect(URI, backend=FakeBackend(refuse))
    assert isinstance(raised.value, InvalidHandshake)
    assert isinstance(raised.value, OSError)
    assert isinstance(raised.value.__cause__, WebSocketError)
    rebuild, args = raised.value.__reduce__()
    assert str(rebuild(*args)) == str(raised.value)


class Refusing(FakeBackend):
    """Raises at the call, as browsers do for what a page may not connect to."""

    def __init__(self, error: Exception) -> None:
        super().__init__(echo)
        self.error = error

    def connect(self, *args: Any) -> Any:
        raise self.error


async def test_security_error_is_fatal() -> None:
    """What the page's rules forbid is a SecurityError, after which connecting again is no use."""
    backend = Refusing(PageSecurityError("mixed content"))
    with pytest.raises(SecurityError, match="mixed content") as raised:
        async for _ in connect(URI, backend=backend):
            pass
    assert not isinstance(raised.value, OSError)


async def test_uri_that_the_browser_refuses() -> None:
    """What the browser takes for no URL is an InvalidURI, whichever of the two finds out."""
    with pytest.raises(InvalidURI, match="fragment"):
        await connect(f"{URI}#", backend=FakeBackend(echo))
    with pytest.raises(DOMSyntaxError, match="more than once"):
        connect(URI, subprotocols=["a", "a"], backend=FakeBackend(echo))  # type: ignore[list-item]


async def test_buffers_of_the_other_world() -> None:
    """What the back end knows as a buffer is a message."""

    class Backend(FakeBackend):
        def as_bytes(self, chunk: object) -> bytes | None:
            return b"from JavaScript" if chunk == {"js": 1} else None

    async with connect(URI, backend=Backend(echo)) as websocket:
        await websocket.send({"js": 1})
        assert await websocket.recv() == b"from JavaScript"
        await websocket.send({"js": 1}, text=True)
        assert await websocket.recv() == "from JavaScript"


async def test_text_that_is_none() -> None:
    """Lone surrogates and bytes that are no UTF-8 are refused, and the connection goes on."""
    async with connect(URI, backend=FakeBackend(echo)) as websocket:
        with pytest.raises(UnicodeEncodeError):
            await websocket.send("\ud800")
        with pytest.raises(UnicodeDecodeError):
            await websocket.send(b"\xff", text=True)
        await websocket.send("still there")
        assert await websocket.recv() == "still there"


async def test_attributes_of_the_protocol() -> None:
    """`protocol` tells what `websockets`' own tells of the state and the close."""
    backend = FakeBackend(echo)
    async with connect(URI, backend=backend, subprotocols=["v1"]) as websocket:  # type: ignore[list-item]
        protocol = websocket.protocol
        assert protocol.state is State.OPEN
        assert (protocol.close_code, protocol.close_reason, protocol.close_rcvd) == (None, None, None)
        assert protocol.subprotocol == "v1"
        assert protocol.uri.host == "example.com"
        assert websocket.remote_address == ("example.com", 443)
        assert websocket.local_address is None
        with pytest.raises(AssertionError, match="isn't closed yet"):
            _ = protocol.close_exc
        await websocket.close(4000)
        assert protocol.close_sent is not None
        assert (protocol.close_sent.code, protocol.close_rcvd_then_sent) == (4000, False)
        assert isinstance(protocol.close_exc, ConnectionClosedError)


async def test_extensions_are_known() -> None:
    """What was agreed on is in the response, and its names in the protocol."""

    async def handler(peer: FakePeer) -> None:
        await peer.accept(extensions="permessage-deflate; client_max_window_bits=15")
        await peer.wait_closed()

    async with connect(URI, backend=FakeBackend(handler)) as websocket:
        assert websocket.protocol.extensions == ["permessage-deflate"]
        assert websocket.response is not None
        assert websocket.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate;")


async def test_request_of_an_unusual_uri() -> None:
    """Host and path are those that the browser sends."""
    backend = FakeBackend(echo)
    for uri, host, path in (
        ("ws://example.com", "example.com", "/"),
        ("ws://[::1]:81/a?b=c", "[::1]:81", "/a?b=c"),
        ("wss://example.com:444/", "example.com:444", "/"),
    ):
        async with connect(uri, backend=backend) as websocket:
            assert websocket.request is not None
            assert (websocket.request.headers["Host"], websocket.request.path) == (host, path)


async def test_logger_knows_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Log records of a connection have it as `websocket`."""
    async with connect(URI, backend=FakeBackend(echo)) as websocket:
        with caplog.at_level(logging.INFO, logger="websockets.client"):
            websocket.logger.info("hello")
        assert vars(caplog.records[-1])["websocket"].id == websocket.id
