"""The readable side: readers, iteration, locks, and what cancelling leaves behind."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType

import pytest

from tests.unit.bench import Bench, raised_by, stream_on, turn
from websocketstream import (
    NotSupportedError,
    ReadableStream,
    ReadableStreamDefaultReader,
    WebSocketError,
    WebSocketStream,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def readable(bench: Bench) -> ReadableStream:
    return (await stream_on(bench))[1].readable


def arrive(bench: Bench, *messages: str | bytes) -> None:
    bench.rig.events.received(messages)


# Readers


async def test_read(bench: Bench, readable: ReadableStream) -> None:
    """A reader gives messages one by one, and then the end."""
    arrive(bench, "text", b"binary")
    assert readable.buffered_amount == 10
    with readable.get_reader() as reader:
        assert await reader.read() == ("text", False)
        assert readable.buffered_amount == 6
        assert (await reader.read()).value == b"binary"
        waiting = asyncio.create_task(reader.read())
        await turn()
        assert not reader.closed.settled
        bench.rig.end()
        assert (await waiting).done
        await reader.closed
        assert await reader.read() == (None, True)


async def test_read_to_the_error(bench: Bench, readable: ReadableStream) -> None:
    """After an unclean end a reader gives what came before, and then raises."""
    arrive(bench, "before")
    bench.rig.end(1006, clean=False)
    reader = readable.get_reader()
    closed = reader.closed
    assert not closed.settled
    assert (await reader.read()).value == "before"
    error = await raised_by(reader.read())
    assert isinstance(error, WebSocketError)
    assert await raised_by(closed) is await raised_by(reader.closed) is error


async def test_lock(readable: ReadableStream) -> None:
    """One at a time has the stream."""
    assert not readable.locked
    with readable.get_reader():
        assert readable.locked
        with pytest.raises(TypeError, match="locked already"):
            readable.get_reader()
        with pytest.raises(TypeError, match="locked already"):
            aiter(readable)
        with pytest.raises(TypeError, match="cancel through its reader"):
            readable.cancel()
    assert not readable.locked
    readable.get_reader()


async def test_failed_lock_changes_nothing(readable: ReadableStream) -> None:
    """A reader or an iteration that was refused does not take the lock away when it goes."""
    reader = readable.get_reader()
    for _ in range(2):
        with pytest.raises(TypeError):
            aiter(readable)
        with pytest.raises(TypeError):
            readable.get_reader()
    assert readable.locked
    reader.release_lock()
    iteration = aiter(readable)
    reader.release_lock()
    assert readable.locked
    del iteration
    assert not readable.locked


async def test_released(bench: Bench, readable: ReadableStream) -> None:
    """A released reader is of no use, and says so; releasing twice is fine."""
    reader = readable.get_reader()
    reader.release_lock()
    reader.release_lock()
    with pytest.raises(TypeError, match="take a new one"):
        reader.read()
    with pytest.raises(TypeError, match="take a new one"):
        reader.cancel()
    assert isinstance(await raised_by(reader.closed), TypeError)
    assert bench.rig.asked == []


async def test_release_turns_away(bench: Bench, readable: ReadableStream) -> None:
    """Releasing turns away the reads that wait, and what comes is for the next reader."""
    reader = readable.get_reader()
    closed = reader.closed
    waiting = asyncio.create_task(reader.read())
    await turn()
    reader.release_lock()
    assert isinstance(await raised_by(waiting), TypeError)
    assert isinstance(await raised_by(closed), TypeError)
    arrive(bench, "next")
    assert (await readable.get_reader().read()).value == "next"
    bench.rig.end()
    assert isinstance(await raised_by(reader.closed), TypeError)


async def test_release_after_the_end(bench: Bench, readable: ReadableStream) -> None:
    """A reader that is released after the end forgets that it was closed."""
    reader = readable.get_reader()
    bench.rig.end()
    await reader.closed
    reader.release_lock()
    assert isinstance(await raised_by(reader.closed), TypeError)


async def test_read_after_the_end(bench: Bench, readable: ReadableStream) -> None:
    """A new reader of a stream that has ended is closed from the start."""
    bench.rig.end()
    await readable.get_reader().closed


async def test_cancel(bench: Bench, readable: ReadableStream) -> None:
    """Cancelling, with or without a reader, drops all and closes with the error's code."""
    arrive(bench, "unread")
    reader = readable.get_reader()
    await reader.cancel(WebSocketError(close_code=3001, reason="enough"))
    assert bench.rig.asked[-1] == (3001, "enough")
    assert (await reader.read()).done
    await reader.closed
    reader.release_lock()
    await readable.cancel("again")
    assert bench.rig.asked.count((None, "")) == 0
    assert not readable.locked


async def test_cancel_without_a_reader(bench: Bench, readable: ReadableStream) -> None:
    """A stream that is not locked can be cancelled itself."""
    await readable.cancel()
    assert bench.rig.asked[-1] == (None, "")
    assert [message async for message in readable] == []


# Iteration


async def test_iteration(bench: Bench, readable: ReadableStream) -> None:
    """Iteration gives all messages, those that are there and those to come, up to the end."""
    arrive(bench, "a", b"b")

    async def later() -> None:
        for message in ("c", "d"):
            await turn(3)
            assert readable.locked
            arrive(bench, message)
        bench.rig.end()

    task = asyncio.create_task(later())
    assert [message async for message in readable] == ["a", b"b", "c", "d"]
    await task
    assert not readable.locked
    assert [message async for message in readable] == []


async def test_iteration_to_the_error(bench: Bench, readable: ReadableStream) -> None:
    """Iteration raises the error of an unclean end, behind what came before."""
    arrive(bench, "before")
    bench.rig.end(1006, clean=False)
    got = []
    with pytest.raises(WebSocketError):
        async for message in readable:
            got.append(message)
    assert got == ["before"]


async def test_breaking_off(bench: Bench, readable: ReadableStream) -> None:
    """Leaving a loop early unlocks the stream and keeps what was not read, and the connection."""
    arrive(bench, "a", "b", "c")
    async for message in readable:
        assert message == "a"
        break
    assert not readable.locked
    assert await anext(aiter(readable)) == "b"
    with pytest.raises(KeyError):
        async for message in readable:
            raise KeyError(message)
    assert not readable.locked
    assert bench.rig.asked == []


async def test_reader_takes_over_from_a_loop(bench: Bench, readable: ReadableStream) -> None:
    """A loop that ends after its lock was given away leaves the new lock alone."""
    iteration = aiter(readable)
    readable._reader = None
    with readable.get_reader():
        del iteration
        assert readable.locked


# Cancelled reads


async def test_cancelled_reads(bench: Bench, readable: ReadableStream) -> None:
    """A read that is cancelled, in whatever way and at whatever moment, loses no message."""
    reader = readable.get_reader()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), 0.001)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await reader.read()
    never_started = asyncio.ensure_future(reader.read())
    never_started.cancel()
    waiting = asyncio.create_task(reader.read())
    await turn()
    arrive(bench, "kept")
    waiting.cancel()
    await turn()
    assert waiting.cancelled()
    assert (await reader.read()).value == "kept"


async def test_cancelled_loop(bench: Bench, readable: ReadableStream) -> None:
    """A loop that is cancelled as its message arrives leaves it to the next loop."""
    got: list[str | bytes] = []

    async def consume() -> None:
        async for message in readable:
            got.append(message)

    for number in range(5):
        task = asyncio.create_task(consume())
        await turn(number)
        arrive(bench, str(number))
        task.cancel()
        await asyncio.wait([task])
    bench.rig.end()
    await consume()
    assert got == ["0", "1", "2", "3", "4"]


async def test_error_that_is_kept(bench: Bench, readable: ReadableStream) -> None:
    """A loop that has raised unlocks the stream, even if the error with its traceback is kept."""

    async def consume() -> None:
        async for _ in readable:
            pass

    bench.rig.end(1006, clean=False)
    error = await raised_by(consume())
    assert error.__traceback__ is not None
    assert not readable.locked


async def test_polled_loop(bench: Bench, readable: ReadableStream) -> None:
    """Polling an iterator with a time limit loses nothing."""
    got: list[str | bytes] = []

    async def poll(iterator: AsyncIterator[str | bytes]) -> None:
        while True:
            try:
                got.append(await asyncio.wait_for(anext(iterator), 0.0001))
            except TimeoutError:
                continue
            except StopAsyncIteration:
                return

    task = asyncio.create_task(poll(aiter(readable)))
    for number in range(100):
        arrive(bench, str(number))
        await asyncio.sleep(0 if number % 2 else 0.0001)
    bench.rig.end()
    await task
    assert got == [str(number) for number in range(100)]


# JavaScript


async def test_to_js_needs_a_browser(readable: ReadableStream) -> None:
    """Outside a browser there are no JavaScript streams, and nothing gets locked."""
    with pytest.raises(NotSupportedError, match=r"readable\.to_js\(\) needs a browser"):
        readable.to_js()
    assert not readable.locked


@pytest.fixture
def js_streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Stands in for the module that makes JavaScript streams."""
    module = ModuleType("websocketstream._ffi.streams")
    vars(module).update(readable_to_js=lambda reader: reader, writable_to_js=lambda writer: writer)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(sys.modules["websocketstream.support"], "in_browser", lambda: True)
    yield module


async def test_to_js(readable: ReadableStream, js_streams: ModuleType) -> None:
    """A JavaScript stream has the lock, like any reader."""
    reader = readable.to_js()
    assert readable.locked
    with pytest.raises(TypeError, match="locked already"):
        readable.to_js()
    reader.release_lock()


async def test_to_js_of_the_writable_side(bench: Bench, js_streams: ModuleType) -> None:
    """A JavaScript stream has the lock, like any writer."""
    writable = (await stream_on(bench))[1].writable
    writable.to_js()
    assert writable.locked
    with pytest.raises(TypeError, match="locked already"):
        writable.to_js()


async def test_streams_are_independent(bench: Bench) -> None:
    """Each connection has messages of its own."""
    first, one = await stream_on(bench)
    first_rig = bench.rig
    _, other = await stream_on(bench)
    arrive(bench, "other")
    first_rig.events.received(["one"])
    assert await anext(aiter(one.readable)) == "one"
    assert await anext(aiter(other.readable)) == "other"
    assert isinstance(first, WebSocketStream)


async def test_readers_are_for_readable_streams() -> None:
    """What is no stream is refused by its type."""
    with pytest.raises(TypeError, match="a reader is for a ReadableStream, not NoneType"):
        ReadableStreamDefaultReader(None)  # type: ignore[arg-type]


async def test_receiving_locks(bench: Bench) -> None:
    """While a receive waits, no reader can be taken; afterwards one can, however the wait has ended."""
    ws, opened = await stream_on(bench)
    waiting = [asyncio.ensure_future(ws.recv()), asyncio.ensure_future(anext(ws))]
    await turn()
    assert opened.readable.locked
    with pytest.raises(TypeError, match="locked"):
        opened.readable.get_reader()
    waiting[0].cancel()
    await turn(2)
    assert opened.readable.locked
    bench.rig.events.received(["a"])
    assert await waiting[1] == "a"
    with opened.readable.get_reader() as reader:
        read = reader.read()
        with pytest.raises(TypeError, match="locked"):
            await ws.recv()
        bench.rig.events.received(["b"])
        assert (await read).value == "b"
