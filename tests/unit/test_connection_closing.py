"""The connection's rules about closing, event by event: codes, errors, time limits, aborting."""

from typing import Any

import pytest

from tests.unit.bench import Bench, connection_on, raised_by
from websocketstream.errors import (
    AbortError,
    BufferOverflowError,
    InvalidStateError,
    MessagesLostError,
    WebSocketError,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# Closing


async def test_closing(bench: Bench) -> None:
    """A close is over when the transport says so, and then everything has settled."""
    connection = connection_on(bench)
    connection.received(["unread"])
    connection.close(3001, "done")
    assert connection.state.value == "closing"
    assert bench.rig.asked == ["resume_reading", (3001, "done")]
    assert not connection.closed.settled
    bench.rig.end(3001, "done")
    assert connection.state.value == "closed"
    assert await connection.closed == (3001, "done")
    assert connection.incoming.get_nowait() == "unread"
    assert (await connection.incoming.read()).done
    assert isinstance(await raised_by(connection.outgoing.ready), InvalidStateError)
    assert isinstance(await raised_by(connection.writable_closed), InvalidStateError)
    assert bench.timers == []


async def test_closing_twice(bench: Bench) -> None:
    """Only the first close counts."""
    connection = connection_on(bench)
    connection.close(3001)
    connection.close(3002)
    bench.rig.end(3001)
    connection.close(3003)
    assert bench.rig.asked == ["resume_reading", (3001, "")]


async def test_closed_by_the_server(bench: Bench) -> None:
    """A close of the server's gives its code and reason."""
    connection = connection_on(bench)
    bench.rig.end(1001, "going away")
    assert await connection.closed == (1001, "going away")


async def test_servers_code_wins(bench: Bench) -> None:
    """When both sides close, the code is what the transport reports, not what was asked for."""
    connection = connection_on(bench)
    connection.close(3001, "mine")
    bench.rig.end(3002, "yours")
    assert await connection.closed == (3002, "yours")


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (1006, "", "the connection was lost"),
        (1011, "broken", r"the connection was closed with code 1011 \(broken\)"),
    ],
)
async def test_unclean(bench: Bench, code: int, reason: str, message: str) -> None:
    """After an unclean end reader and closed raise the same object; writers do if it was lost."""
    connection = connection_on(bench)
    connection.received(["before"])
    bench.rig.end(code, reason, clean=False)
    error = await raised_by(connection.closed)
    assert isinstance(error, WebSocketError)
    assert (error.close_code, error.reason) == (code, reason)
    with pytest.raises(WebSocketError, match=f"^{message}$"):
        connection.closed.result()
    assert connection.incoming.get_nowait() == "before"
    assert await raised_by(connection.incoming.read()) is error
    assert await raised_by(connection.writable_closed) is error
    write_error = await raised_by(connection.outgoing.ready)
    assert write_error is error if code == 1006 else isinstance(write_error, InvalidStateError)


async def test_unsent(bench: Bench) -> None:
    """A clean close with writes unsent is an error with the server's code."""
    connection = connection_on(bench)
    connection.write("unsent")
    bench.rig.end(1000, "bye")
    error = await raised_by(connection.closed)
    assert isinstance(error, WebSocketError)
    assert (error.close_code, error.reason) == (1000, "bye")
    assert str(error) == "the connection was closed with code 1000 (bye); 6 bytes were not sent"
    assert isinstance(await raised_by(connection.outgoing.ready), InvalidStateError)
    assert await raised_by(connection.writable_closed) is error


async def test_writes_that_waited_were_sent(bench: Bench) -> None:
    """At a clean end nothing is unsent, so a write that still waits for room has succeeded."""
    connection = connection_on(bench)
    written = connection.write(b"x" * 200)
    assert not written.settled
    connection.close(4001)
    bench.rig.buffered_amount = 0
    bench.rig.end(4001)
    assert written.result() is None
    assert isinstance(connection.outgoing.ready.exception(), InvalidStateError)


async def test_lost_with_unsent(bench: Bench) -> None:
    """A lost connection tells how much was not sent."""
    connection = connection_on(bench)
    connection.write("unsent")
    bench.rig.end(1006, clean=False)
    error = await raised_by(connection.closed)
    assert str(error) == "the connection was lost; 6 bytes were not sent"


async def test_messages_lost(bench: Bench) -> None:
    """An end at which messages may have been lost is an error, behind what did arrive."""
    connection = connection_on(bench)
    connection.received(["arrived"])
    bench.rig.end(1000, "bye", lost=True)
    assert connection.incoming.get_nowait() == "arrived"
    error = await raised_by(connection.incoming.read())
    assert isinstance(error, MessagesLostError)
    assert (error.close_code, error.reason) == (1000, "bye")
    assert await raised_by(connection.closed) is error


# Closing takes time


async def test_close_timeout(bench: Bench) -> None:
    """A peer that does not answer the close is given up on."""
    connection = connection_on(bench, close_timeout=3)
    connection.close()
    bench.pass_time(2.9)
    assert not connection.closed.settled
    bench.pass_time(0.1)
    error = await raised_by(connection.closed)
    assert isinstance(error, WebSocketError)
    assert str(error) == "the peer did not answer the close within close_timeout=3 s"
    assert (error.close_code, error.reason) == (1006, "")
    assert bench.rig.asked[-1] == "abandon"


async def test_close_timeout_counts_from_the_last_progress(bench: Bench) -> None:
    """A peer that still reads what was written before the close is not given up on."""
    connection = connection_on(bench, close_timeout=3)
    connection.write("x" * 1000)
    connection.close()
    for left in (900, 500, 1):
        bench.rig.drain(left)
        bench.pass_time(3)
        assert not connection.closed.settled
    bench.pass_time(3)
    error = await raised_by(connection.closed)
    assert str(error).endswith("within close_timeout=3 s; 1 bytes were not sent")


@pytest.mark.parametrize("state", ["connecting", "open", "closing"])
async def test_abandoning(bench: Bench, state: str) -> None:
    """A connection that is given up ends at once, in whatever state, with the reason for it."""
    connection = connection_on(bench, opened=state != "connecting")
    if state == "closing":
        connection.close()
    assert connection.state.value == state
    connection.abandon("nobody wants it")
    connection.abandon("once more")
    error = await raised_by(connection.closed)
    assert isinstance(error, WebSocketError)
    assert (str(error), error.close_code) == ("nobody wants it", 1006)
    assert bench.rig.asked.count("abandon") == 1
    assert bench.timers == []


async def test_no_close_timeout(bench: Bench) -> None:
    """Without a time limit closing waits for ever."""
    connection = connection_on(bench, close_timeout=None)
    connection.close()
    assert bench.timers == []


# Closing the writable side


async def test_close_writable(bench: Bench) -> None:
    """Closing the writable side closes without a code, and is over when the connection is."""
    connection = connection_on(bench)
    closed = connection.close_writable()
    assert bench.rig.asked == ["resume_reading", (None, "")]
    assert connection.desired_size == 0
    assert not closed.settled
    bench.rig.end(1005)
    await closed
    assert await connection.closed == (1005, "")
    assert connection.desired_size == 0
    assert isinstance(await raised_by(connection.outgoing.ready), InvalidStateError)


async def test_close_writable_while_closing(bench: Bench) -> None:
    """Closing the writable side of a connection that is closing waits for its end."""
    connection = connection_on(bench)
    connection.close(3001)
    closed = connection.close_writable()
    bench.rig.end(3001)
    await closed


async def test_close_writable_too_late(bench: Bench) -> None:
    """The writable side of a closed or aborted connection can't be closed."""
    closed, aborted = connection_on(bench), connection_on(Bench())
    closed.disconnected(1000, "", clean=True)
    aborted.abort_writable(None)
    for connection in (closed, aborted):
        assert isinstance(await raised_by(connection.close_writable()), InvalidStateError)


async def test_close_writable_uncleanly(bench: Bench) -> None:
    """When the connection does not end cleanly, so does closing the writable side."""
    connection = connection_on(bench)
    closed = connection.close_writable()
    bench.rig.end(1006, clean=False)
    assert await raised_by(closed) is connection.closed.exception()
    assert connection.desired_size is None


# Aborting and cancelling


@pytest.mark.parametrize("first", ["open", "closing"])
async def test_abort(bench: Bench, first: str) -> None:
    """Aborting drops what was not sent; its reason is what writers get."""
    connection = connection_on(bench, high_water_mark=1)
    room = connection.write("dropped")
    if first == "closing":
        connection.close(3001)
    reason = ValueError("why")
    await connection.abort_writable(reason)
    assert bench.rig.asked.count("discard") == 1
    assert bench.rig.asked.count((None, "")) == (first == "open")
    assert await raised_by(room) is reason
    assert await raised_by(connection.writable_closed) is reason
    assert connection.desired_size is None
    await connection.abort_writable("again")
    assert bench.rig.asked.count("discard") == 1
    bench.rig.end(1005)
    assert await connection.closed == (1005, "")
    assert await raised_by(connection.outgoing.ready) is reason
    assert await raised_by(connection.writable_closed) is reason


@pytest.mark.parametrize("reason", [None, "why", KeyboardInterrupt()])
async def test_abort_with_no_exception(bench: Bench, reason: object) -> None:
    """A reason that is no exception is the reason of an AbortError."""
    connection = connection_on(bench)
    await connection.abort_writable(reason)
    error = await raised_by(connection.writable_closed)
    assert isinstance(error, AbortError)
    assert error.reason is reason


async def test_abort_too_late(bench: Bench) -> None:
    """Aborting a closed connection does nothing."""
    connection = connection_on(bench)
    bench.rig.end()
    await connection.abort_writable(ValueError())
    assert bench.rig.asked == []


REASONS: list[tuple[Any, tuple[int | None, str]]] = [
    (None, (None, "")),
    ("text", (None, "")),
    (ValueError("why"), (None, "")),
    (AbortError("why", reason=WebSocketError(close_code=3001)), (None, "")),
    (WebSocketError("why"), (None, "")),
    (WebSocketError("why", close_code=3001), (3001, "")),
    (WebSocketError("why", close_code=3001, reason="because"), (3001, "because")),
    (WebSocketError("why", reason="because"), (1000, "because")),
    (BufferOverflowError("why", close_code=4000), (4000, "")),
]


@pytest.mark.parametrize(("reason", "close"), REASONS, ids=repr)
async def test_close_with_reason(reason: object, close: tuple[int | None, str]) -> None:
    """Aborting and cancelling close with the code and reason of a WebSocketError, else with none."""
    for method in ("abort_writable", "cancel_readable"):
        bench = Bench()
        await getattr(connection_on(bench), method)(reason)
        assert bench.rig.asked[-1] == close


async def test_close_with_the_error_of_another_connection(bench: Bench) -> None:
    """A code that can't be sent, such as that of a lost connection, is left out with its reason."""
    other = connection_on(bench)
    bench.rig.end(1006, clean=False)
    connection = connection_on(bench)
    await connection.abort_writable(other.closed.exception())
    assert bench.rig.asked[-1] == (None, "")


async def test_reason_without_a_code_is_completed(bench: Bench) -> None:
    """A WebSocketError that was given a reason later closes with 1000."""
    error = WebSocketError()
    error.reason = "late"
    connection_on(bench).close_with_reason(error)
    assert bench.rig.asked[-1] == (1000, "late")


async def test_cancel(bench: Bench) -> None:
    """Cancelling drops what came and what is to come, and ends the readable side cleanly."""
    connection = connection_on(bench, high_water_mark=4)
    connection.received(["unread"])
    read = connection.incoming.read()
    await connection.cancel_readable(None)
    assert bench.rig.asked == ["pause_reading", "resume_reading", (None, "")]
    connection.received(["later"])
    assert (await read).done
    assert connection.incoming.size == 0
    bench.rig.end(1006, clean=False)
    await connection.incoming.finished
    assert isinstance(await raised_by(connection.closed), WebSocketError)


async def test_cancel_after_the_end(bench: Bench) -> None:
    """Cancelling what has ended cleanly does nothing; what has failed gives its error."""
    connection = connection_on(bench)
    bench.rig.end()
    await connection.cancel_readable(None)
    connection = connection_on(bench)
    bench.rig.end(1006, clean=False)
    error = await raised_by(connection.cancel_readable(None))
    assert error is connection.closed.exception()
    assert bench.rig.asked == []
