"""The writable side: writers, locks, and what is sent whether or not it is awaited."""

import array
import asyncio

import pytest

from tests.unit.bench import Bench, raised_by, stream_on, turn
from websocketstream import (
    InvalidStateError,
    NotSupportedError,
    WebSocketError,
    WritableStream,
    WritableStreamDefaultWriter,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def writable(bench: Bench) -> WritableStream:
    return (await stream_on(bench, send_high_water_mark=10))[1].writable


async def test_write(bench: Bench, writable: WritableStream) -> None:
    """Text goes as text and bytes-like objects as bytes, in order."""
    with writable.get_writer() as writer:
        await writer.write("text")
        await writer.write(b"b")
        await writer.write(array.array("B", b"cd"))
    assert bench.rig.sent == ["text", b"b", b"cd"]


async def test_write_acts_at_the_call(bench: Bench, writable: WritableStream) -> None:
    """A write is on its way, as it is at the call, awaited or not, cancelled or not."""
    writer = writable.get_writer()
    buffer = bytearray(b"before")
    writer.write(buffer)
    buffer[:] = b"after!"
    waiting = asyncio.ensure_future(writer.write("more than fits"))
    waiting.cancel()
    assert bench.rig.sent == [b"before", "more than fits"]


async def test_no_room(bench: Bench, writable: WritableStream) -> None:
    """From the mark on a write waits, and `ready` with it, until there is room."""
    writer = writable.get_writer()
    await writer.ready
    assert writer.desired_size == 10
    write = writer.write("x" * 30)
    assert writer.desired_size == -20
    waiting = asyncio.ensure_future(writer.ready)
    await turn()
    assert not write.settled
    assert not waiting.done()
    bench.rig.drain()
    await write
    await waiting
    assert writer.desired_size == 10


@pytest.mark.parametrize("attribute", ["ready", "closed"])
async def test_cancelled_waiting(bench: Bench, writable: WritableStream, attribute: str) -> None:
    """Giving up waiting changes nothing for others."""
    writer = writable.get_writer()
    write = writer.write("more than fits")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(getattr(writer, attribute), 0.001)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(write, 0.001)
    bench.rig.drain()
    await write
    await writer.ready
    assert bench.rig.sent == ["more than fits"]
    assert bench.rig.asked == ["watch_buffer"]


async def test_wrong_type(bench: Bench, writable: WritableStream) -> None:
    """A chunk that can't be a message is refused at the call, and the stream goes on working."""
    writer = writable.get_writer()
    with pytest.raises(TypeError, match=r"json\.dumps"):
        writer.write({"a": 1})
    await writer.write("works")
    assert bench.rig.sent == ["works"]


async def test_lock(writable: WritableStream) -> None:
    """One at a time has the stream."""
    assert not writable.locked
    with writable.get_writer():
        assert writable.locked
        with pytest.raises(TypeError, match="locked already"):
            writable.get_writer()
        with pytest.raises(TypeError, match="close through its writer"):
            writable.close()
        with pytest.raises(TypeError, match="abort through its writer"):
            writable.abort()
    assert not writable.locked
    writable.get_writer()


async def test_released(bench: Bench, writable: WritableStream) -> None:
    """A released writer is of no use, and says so; releasing twice is fine; what was written stays."""
    writer = writable.get_writer()
    writer.write("kept")
    writer.release_lock()
    other = writable.get_writer()
    writer.release_lock()
    assert writable.locked
    for use in (lambda: writer.write("late"), writer.close, writer.abort, lambda: writer.desired_size):
        with pytest.raises(TypeError, match="take a new one"):
            use()
    assert isinstance(await raised_by(writer.ready), TypeError)
    assert isinstance(await raised_by(writer.closed), TypeError)
    assert bench.rig.sent == ["kept"]
    other.release_lock()


@pytest.mark.parametrize("through", ["writer", "stream"])
async def test_close(bench: Bench, writable: WritableStream, through: str) -> None:
    """Closing sends an empty Close frame behind what was written, and is over with the connection."""
    if through == "writer":
        writer = writable.get_writer()
        writer.write("before")
        closing = writer.close()
        with pytest.raises(InvalidStateError):
            writer.write("after")
        assert writer.desired_size == 0
    else:
        closing = writable.close()
    assert bench.rig.asked == ["resume_reading", (None, "")]
    assert not closing.settled
    bench.rig.drain()
    bench.rig.end(1005)
    await closing
    if through == "writer":
        await writer.closed


async def test_close_fails(bench: Bench, writable: WritableStream) -> None:
    """Closing raises when the connection did not end cleanly."""
    closing = writable.close()
    bench.rig.end(1006, clean=False)
    assert isinstance(await raised_by(closing), WebSocketError)
    writer = writable.get_writer()
    assert isinstance(await raised_by(writer.close()), WebSocketError)
    assert isinstance(await raised_by(writer.closed), WebSocketError)
    assert writer.desired_size is None


@pytest.mark.parametrize("through", ["writer", "stream"])
async def test_abort(bench: Bench, writable: WritableStream, through: str) -> None:
    """Aborting drops what was not sent and closes with the error's code."""
    reason = WebSocketError(close_code=3001, reason="why")
    if through == "writer":
        writer = writable.get_writer()
        write = writer.write("more than fits")
        await writer.abort(reason)
        assert await raised_by(write) is await raised_by(writer.closed) is reason
        assert await raised_by(writer.ready) is reason
    else:
        await writable.abort(reason)
    assert bench.rig.asked[-1] == (3001, "why")
    assert "discard" in bench.rig.asked


async def test_closed_by_the_server(bench: Bench, writable: WritableStream) -> None:
    """A writer learns of the server's close."""
    writer = writable.get_writer()
    closed = writer.closed
    bench.rig.end()
    assert isinstance(await raised_by(closed), InvalidStateError)
    assert isinstance(await raised_by(writer.ready), InvalidStateError)
    with pytest.raises(InvalidStateError):
        writer.write("late")


async def test_to_js_needs_a_browser(writable: WritableStream) -> None:
    """Outside a browser there are no JavaScript streams, and nothing gets locked."""
    with pytest.raises(NotSupportedError, match=r"writable\.to_js\(\) needs a browser"):
        writable.to_js()
    assert not writable.locked


async def test_writers_are_for_writable_streams() -> None:
    """What is no stream is refused by its type."""
    with pytest.raises(TypeError, match="a writer is for a WritableStream, not str"):
        WritableStreamDefaultWriter("stream")  # type: ignore[arg-type]
