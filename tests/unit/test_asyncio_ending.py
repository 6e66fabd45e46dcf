"""How connections of the asyncio client end, where `websockets` has no counterpart, and what is left."""

import asyncio
import gc
import warnings
import weakref
from typing import Any

import pytest

from websocketstream import (
    BufferOverflowError,
    MessagesLostError,
    ReceiveBufferWarning,
)
from websocketstream.asyncio._codes import close_frame, is_echo, wire_code
from websocketstream.asyncio.client import ClientConnection, connect
from websocketstream.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    HandshakeFailed,
    PayloadTooBig,
    ProtocolError,
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


async def test_lost_messages_are_an_error() -> None:
    """Where the browser may have dropped messages the end is an error, even with code 1000."""

    async def handler(peer: FakePeer) -> None:
        for _ in range(3):
            peer.send(bytes(1000))
        await turns()
        await peer.close(1000, lost=True)

    async with connect(URI, backend=FakeBackend(handler), high_water_mark=1000) as websocket:
        await websocket.wait_closed()
        with pytest.raises(ConnectionClosedError) as raised:
            async for _ in websocket:
                pass
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1000
        assert isinstance(raised.value.__cause__, MessagesLostError)


async def test_unsent_messages_are_an_error() -> None:
    """A close from the server while something is unsent is an error, with the server's code."""

    async def handler(peer: FakePeer) -> None:
        peer.pause()
        await turns()
        peer.close(1000)
        await peer.wait_closed()

    async with connect(URI, backend=FakeBackend(handler)) as websocket:
        await websocket.send("never read")
        with pytest.raises(ConnectionClosedError) as raised:
            await websocket.recv()
        assert raised.value.rcvd is not None
        assert "not sent" in str(raised.value.__cause__)


async def flood(peer: FakePeer) -> None:
    for _ in range(3):
        peer.send(bytes(1000))
    await peer.wait_closed()


async def test_overflow_closes_where_asked_to() -> None:
    """overflow="error" closes at the mark; what came before is received."""
    backend = FakeBackend(flood, receive_backpressure=False)
    async with connect(URI, backend=backend, high_water_mark=1500, overflow="error") as websocket:
        await websocket.wait_closed()
        await websocket.recv()
        with pytest.raises(ConnectionClosedError) as raised:
            while True:
                await websocket.recv()
        assert isinstance(raised.value.__cause__, BufferOverflowError)
        assert raised.value.sent is not None
        assert raised.value.sent.code == 4009


async def test_overflow_warns() -> None:
    """By default a warning is given at the mark, once, and nothing is dropped."""
    backend = FakeBackend(flood, receive_backpressure=False)
    with pytest.warns(ReceiveBufferWarning) as caught:
        async with connect(URI, backend=backend, high_water_mark=1500) as websocket:
            await turns()
            for _ in range(3):
                await websocket.recv()
    assert len(caught) == 1


async def test_send_raises_when_the_connection_ends_meanwhile() -> None:
    """A send() that waits for room raises when the connection ends."""

    async def handler(peer: FakePeer) -> None:
        await peer.accept()
        peer.pause()
        await asyncio.sleep(0.02)
        peer.drop()

    async with connect(URI, backend=FakeBackend(handler), write_limit=10) as websocket:
        with pytest.raises(ConnectionClosedError):
            await websocket.send(bytes(2**20 + 100))


async def test_server_that_closes_with_a_mapped_code_by_itself() -> None:
    """A code is only taken for an echo of ours when it is one."""

    async def handler(peer: FakePeer) -> None:
        await peer.close(4011)

    async with connect(URI, backend=FakeBackend(handler)) as websocket:
        with pytest.raises(ConnectionClosedError) as raised:
            await websocket.recv()
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 4011


async def test_too_large_a_message_while_closing() -> None:
    """What arrives over max_size behind close() ends the reading; our Close frame stays the first."""
    async with connect(URI, backend=FakeBackend(echo), max_size=999) as websocket:
        closing = asyncio.ensure_future(websocket.close(4000))
        await asyncio.sleep(0)
        for _ in range(2):
            websocket._link.received([b"small", bytes(1000), b"too late"])
        await closing
        assert await websocket.recv() == b"small"
        with pytest.raises(ConnectionClosedError, match=r"sent 4000.*; no close frame") as raised:
            await websocket.recv()
        assert isinstance(raised.value.__cause__, PayloadTooBig)


async def test_message_that_can_not_be_decoded_after_the_end() -> None:
    """A buffered message that is no UTF-8 is the cause that later exceptions tell."""

    async def handler(peer: FakePeer) -> None:
        for number in range(2):
            peer.send(bytes([255, number]))

    async with connect(URI, backend=FakeBackend(handler)) as websocket:
        await websocket.wait_closed()
        with pytest.raises(ConnectionClosedOK) as first:
            await websocket.recv(decode=True)
        with pytest.raises(ConnectionClosedOK) as second:
            await websocket.recv(decode=True)
        assert isinstance(first.value.__cause__, UnicodeDecodeError)
        with pytest.raises(ConnectionClosedOK) as later:
            await websocket.recv()
        assert later.value.__cause__ is first.value.__cause__ is not second.value.__cause__


def test_codes() -> None:
    """Every code of a Close frame has one that a page may send."""
    for code in range(1000, 5000):
        try:
            frame = close_frame(code, "")
        except ProtocolError:
            assert code in (1004, 1005, 1006) or 1015 <= code < 3000
            continue
        wire = wire_code(frame.code)
        assert wire == 1000 or (wire is not None and 3000 <= wire < 5000)
        assert is_echo(wire, code) is (wire != code)
    assert wire_code(1005) is None


async def test_wait_closed_can_be_limited() -> None:
    """The synchronous client waits for the end for a while, or for as long as it takes."""
    async with connect(URI, backend=FakeBackend(echo)) as websocket:
        await websocket._wait_closed(0.01)
        assert websocket.state is State.OPEN
        await websocket.close()
        await websocket._wait_closed(None)
        await websocket._wait_closed(5)


async def test_failed_attempts_leave_nothing() -> None:
    """Errors that the core keeps don't keep what has failed in memory."""

    async def refuse(peer: FakePeer) -> None:
        peer.refuse()

    seen: list[weakref.ref[Any]] = []

    def make(*args: Any, **options: Any) -> ClientConnection:
        connection = ClientConnection(*args, **options)
        seen.append(weakref.ref(connection))
        return connection

    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            with pytest.raises(HandshakeFailed) as raised:
                await connect(URI, backend=FakeBackend(refuse), create_connection=make)  # type: ignore[arg-type]
            raised.value.__traceback__ = None
            del raised
        await turns()
        assert [ref() for ref in seen] == [None, None, None]
    finally:
        gc.enable()


async def test_end_of_the_loop_needs_no_collector() -> None:
    """Leaving `async for` over connect() closes at once, also after failures."""
    attempts = 0

    async def handler(peer: FakePeer) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            peer.refuse()
        elif attempts == 2:
            await peer.wait_closed()  # with no answer to the handshake
        else:
            await echo(peer)

    def no_delay() -> Any:
        while True:
            yield 0.0

    gc.disable()
    try:
        backend = FakeBackend(handler)
        async for websocket in connect(
            URI, backend=backend, open_timeout=0.02, reconnect_delays=no_delay
        ):
            left = websocket
            break
        assert left.state is State.CLOSING
    finally:
        gc.enable()
    await left.wait_closed()


async def test_no_warning_for_what_nobody_asks_for() -> None:
    """A connection that fails while nobody looks leaves nothing that is complained about."""

    async def handler(peer: FakePeer) -> None:
        await peer.accept()
        peer.drop()

    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        websocket = await connect(URI, backend=FakeBackend(handler))
        pong = await websocket.ping()
        assert pong is not None
        await turns(20)
        del websocket, pong
        gc.collect()
        await turns()
    assert complaints == caught == []


async def test_closed_ok_has_no_cause() -> None:
    """A normal end is just that."""
    websocket = await connect(URI, backend=FakeBackend(echo))
    await websocket.close()
    with pytest.raises(ConnectionClosedOK) as raised:
        await websocket.recv()
    assert raised.value.__cause__ is None
