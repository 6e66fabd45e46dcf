"""The connection's rules about opening, writing and closing, event by event."""

import asyncio
import logging
import warnings

import pytest

from tests.unit.bench import Bench, connection_on, raised_by, turn
from websocketstream._core.state import Agreement
from websocketstream.errors import (
    AbortError,
    BufferOverflowError,
    InvalidStateError,
    ReceiveBufferWarning,
    WebSocketError,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# Opening


async def test_opening(bench: Bench) -> None:
    """Once connected, the connection is open, with what the handshake agreed on."""
    connection = connection_on(bench, opened=False, protocols=("a", "b"))
    assert connection.state.value == "connecting"
    connection.connected("b", "permessage-deflate")
    assert connection.state.value == "open"
    assert await connection.opened == Agreement("b", "permessage-deflate")
    assert not connection.closed.settled


@pytest.mark.parametrize("selected", ["", "c"])
async def test_subprotocol_not_offered(bench: Bench, selected: str) -> None:
    """A server that selects none of the subprotocols offered is left."""
    connection = connection_on(bench, opened=False, protocols=("a", "b"))
    connection.connected(selected, "")
    error = await raised_by(connection.opened)
    assert isinstance(error, WebSocketError)
    assert "none of the 2 subprotocols offered" in str(error)
    assert bench.rig.asked == ["abandon"]
    assert connection.state.value == "closed"


async def test_subprotocol_not_asked_for(bench: Bench) -> None:
    """Who offers no subprotocol takes what comes; browsers have checked it."""
    connection = connection_on(bench, opened=False)
    connection.connected("x", "")
    assert (await connection.opened).protocol == "x"


@pytest.mark.parametrize(
    ("code", "words"), [(1006, "the browser does not say which"), (1015, "TLS has failed")]
)
async def test_not_connected(bench: Bench, code: int, words: str) -> None:
    """A connection that could not be made rejects everything, and says no more than a page may know."""
    connection = connection_on(bench, opened=False)
    connection.disconnected(code, "", clean=False)
    opened_error = await raised_by(connection.opened)
    closed_error = await raised_by(connection.closed)
    assert isinstance(opened_error, WebSocketError)
    assert isinstance(closed_error, WebSocketError)
    assert opened_error.close_code is None
    assert closed_error.close_code == code
    assert words in str(opened_error) == str(closed_error)
    assert await raised_by(connection.writable_closed) is closed_error
    assert await raised_by(connection.outgoing.ready) is closed_error
    assert await raised_by(connection.incoming.read()) is closed_error
    assert connection.state.value == "closed"
    assert bench.timers == []


async def test_closed_while_connecting(bench: Bench) -> None:
    """Closing while connecting gives up; both outcomes are WebSocketErrors."""
    connection = connection_on(bench, opened=False)
    connection.close(1000, "changed my mind")
    assert bench.rig.asked == ["abandon"]
    error = await raised_by(connection.opened)
    assert isinstance(error, WebSocketError)
    assert "closed before the connection to wss://example.test/ was made" in str(error)
    assert isinstance(await raised_by(connection.closed), WebSocketError)
    connection.close()
    assert bench.rig.asked == ["abandon"]


async def test_failed_with_own_errors(bench: Bench) -> None:
    """Whoever fails the connection may choose what both outcomes are."""
    connection = connection_on(bench, opened=False)
    error = AbortError()
    connection.fail(error, error)
    assert await raised_by(connection.opened) is error
    assert await raised_by(connection.closed) is error


async def test_failing_an_open_connection(bench: Bench) -> None:
    """Once open, a connection can't be failed any more."""
    connection = connection_on(bench)
    connection.fail(AbortError())
    assert connection.state.value == "open"
    assert bench.rig.asked == []


async def test_open_timeout(bench: Bench) -> None:
    """A handshake that takes too long is given up."""
    connection = connection_on(bench, opened=False, open_timeout=5)
    bench.pass_time(4.9)
    assert not connection.opened.settled
    bench.pass_time(0.1)
    error = await raised_by(connection.opened)
    assert "was not made within open_timeout=5 s" in str(error)
    assert "one too many for this browser" in str(error)
    assert bench.rig.asked == ["abandon"]


async def test_no_open_timeout(bench: Bench) -> None:
    """Without a time limit connecting waits for the browser."""
    connection_on(bench, opened=False, open_timeout=None)
    assert bench.timers == []


async def test_open_timeout_ends_when_open(bench: Bench) -> None:
    """Once open there is no time limit."""
    connection_on(bench)
    assert bench.timers == []


# Reading


async def test_receiving(bench: Bench) -> None:
    """What arrives can be read, in order."""
    connection = connection_on(bench)
    connection.received(["a", b"b"])
    connection.received(["c"])
    assert [connection.incoming.get_nowait() for _ in range(3)] == ["a", b"b", "c"]


async def test_holding_back(bench: Bench) -> None:
    """At the mark the server is held back, and let go when half of it was read."""
    connection = connection_on(bench, high_water_mark=10)
    connection.received(["12345"])
    assert bench.rig.asked == []
    connection.received(["12345", "more"])
    assert bench.rig.asked == ["pause_reading"]
    connection.incoming.get_nowait()
    assert bench.rig.asked == ["pause_reading"]
    connection.incoming.get_nowait()
    assert bench.rig.asked == ["pause_reading", "resume_reading"]


async def test_close_lets_the_server_go_on(bench: Bench) -> None:
    """Closing lets the server go on, past the mark: its Close frame comes behind its messages."""
    connection = connection_on(bench, high_water_mark=4, overflow="error")
    connection.received(["1234"])
    connection.close()
    assert bench.rig.asked == ["pause_reading", "resume_reading", (None, "")]
    connection.received(["5678"])
    assert bench.rig.asked[3:] == []
    bench.rig.end(1005)
    assert await connection.closed == (1005, "")
    assert connection.incoming.size == 8


async def test_warning() -> None:
    """Where the server can't be held back, passing the mark warns once, without the query string."""
    bench = Bench(receive_backpressure=False)
    connection = connection_on(bench, high_water_mark=4)
    connection.url = "wss://example.test/feed?token=s3cret"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.received(["1234"])
    with pytest.warns(
        ReceiveBufferWarning, match=r"more than high_water_mark=4 bytes.*feed\?…"
    ) as caught:
        connection.received(["5"])
        connection.received(["6"])
    assert len(caught) == 1
    assert "s3cret" not in str(caught[0].message)
    assert len(connection.incoming) == 3


async def test_overflow() -> None:
    """With overflow="error" passing the mark closes; what came before can still be read."""
    bench = Bench(receive_backpressure=False)
    connection = connection_on(bench, high_water_mark=4, overflow="error")
    connection.received(["1234"])
    connection.received(["5"])
    connection.received(["6"])
    assert bench.rig.asked == ["resume_reading", (4009, "receive buffer full")]
    assert [connection.incoming.get_nowait() for _ in range(3)] == ["1234", "5", None]
    error = await raised_by(connection.incoming.read())
    assert isinstance(error, BufferOverflowError)
    bench.rig.end(4009, "receive buffer full")
    assert await raised_by(connection.closed) is error
    assert (error.close_code, error.reason) == (4009, "receive buffer full")


async def test_overflow_and_no_answer() -> None:
    """A server that does not answer the close of an overflow is given up on with the same error."""
    bench = Bench(receive_backpressure=False)
    connection = connection_on(bench, high_water_mark=4, overflow="error")
    connection.received(["12345"])
    bench.pass_time(10)
    assert isinstance(await raised_by(connection.closed), BufferOverflowError)


# Writing


async def test_writing(bench: Bench) -> None:
    """A write is sent at once, and waits for room only above the mark."""
    connection = connection_on(bench, high_water_mark=10)
    await connection.write("é")
    assert connection.desired_size == 8
    room = connection.write(b"12345678")
    assert bench.rig.sent == ["é", b"12345678"]
    assert connection.desired_size == 0
    assert bench.rig.asked[0] == "watch_buffer"
    await turn()
    assert not room.settled
    bench.rig.drain(left=4)
    await room
    assert connection.desired_size == 6


@pytest.mark.parametrize("how", ["closing", "closed"])
async def test_writing_too_late(bench: Bench, how: str) -> None:
    """Once closing, writing raises InvalidStateError at the call, and sends nothing."""
    connection = connection_on(bench)
    connection.close()
    if how == "closed":
        bench.rig.end()
    with pytest.raises(InvalidStateError, match=f"the connection is {how}"):
        connection.write("late")
    assert bench.rig.sent == []
    assert connection.desired_size is None


async def test_writing_after_a_failure(bench: Bench) -> None:
    """After the connection was lost, writing raises what it was lost with."""
    connection = connection_on(bench)
    bench.rig.end(1006, clean=False)
    with pytest.raises(WebSocketError, match="lost") as caught:
        connection.write("late")
    assert caught.value is connection.closed.exception()


async def test_room_never_comes(bench: Bench) -> None:
    """A write that waits for room raises when the connection ends."""
    for code, kind in ((1000, InvalidStateError), (1006, WebSocketError)):
        connection = connection_on(bench, high_water_mark=1)
        room = connection.write("too much")
        bench.rig.end(code, clean=False)
        assert isinstance(await raised_by(room), kind)


# Waiting


@pytest.mark.parametrize("attribute", ["opened", "closed"])
async def test_cancelled_waiting(bench: Bench, attribute: str) -> None:
    """Giving up waiting leaves the connection alone."""
    connection = connection_on(bench, opened=attribute == "closed")
    promise = getattr(connection, attribute)
    before = connection.state
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(promise, 0.001)
    waiting = asyncio.ensure_future(promise)
    await turn()
    waiting.cancel()
    await turn()
    assert (connection.state, bench.rig.asked) == (before, [])


# Logging


async def test_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """At debug level the log has each connection's life, and no secret of its URL."""
    caplog.set_level(logging.DEBUG, "websocketstream")
    for fate in ("opened", "refused"):
        connection = connection_on(bench, opened=False)
        connection.url = "wss://me:s3cret@example.test/feed?token=s3cret"
        connection.connect()
        if fate == "opened":
            connection.connected("", "")
        bench.rig.end(1000)
    lines = [record.getMessage() for record in caplog.records]
    shown = "wss://example.test/feed?…"
    for line in (f"connecting to {shown} (bench)", f"connected to {shown}", f"closed {shown} with 1000"):
        assert line in lines
    assert any(line.startswith(f"could not connect to {shown}: ") for line in lines)
    assert "s3cret" not in "".join(lines)
