"""Reading: readers and iteration, locks, the order of reads, and the end of the stream."""

from __future__ import annotations

import asyncio
import gc

from websocketstream import ReadResult, WebSocketError

from .env import Env
from .payload import check
from .registry import scenario
from .steps import assert_echoes, failure, read_all, refusal, settled


@scenario(quick=True)
async def text_is_read_as_str_and_binary_as_bytes(env: Env) -> None:
    """A message has the type that it was sent with, and a read gives one whole message."""
    stream = env.stream("/send?count=6&size=16&kind=mixed")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        text = await reader.read()
        assert text == ReadResult("0:".ljust(16, "x"), False)
        binary = await reader.read()
        assert binary == ReadResult(b"\0\0\0\1".ljust(16, b"\0"), False)
        assert (type(text.value), type(binary.value)) == (str, bytes)
    assert [type(message) for message in await read_all(opened.readable)] == [str, bytes] * 2
    await stream.closed


@scenario()
async def iteration_gives_every_message_and_ends(env: Env) -> None:
    """``async for`` gives all messages in order, and ends when the server closes."""
    stream = env.stream("/send?count=50&kind=mixed")
    check(await read_all((await stream.opened).readable), 50, 10, "mixed")
    assert await stream.closed == (1000, "")


@scenario(quick=True)
async def leaving_iteration_keeps_the_rest(env: Env) -> None:
    """Leaving ``async for`` early unlocks the stream, cancels nothing, and loses no message."""
    stream = env.stream("/send?count=10")
    opened = await stream.opened
    messages = []
    for _ in range(4):
        async for message in opened.readable:
            messages.append(message)
            assert opened.readable.locked
            if len(messages) % 2 == 0:
                break
        assert not opened.readable.locked
    assert len(messages) == 8
    check([*messages, *await read_all(opened.readable)], 10, 10, "text")
    await stream.closed


@scenario(quick=True)
async def reads_are_answered_in_the_order_of_their_calls(env: Env) -> None:
    """Of several reads the first call gets the first message, however they are awaited."""
    async with env.stream("/echo") as opened:
        with opened.readable.get_reader() as reader, opened.writable.get_writer() as writer:
            first, second, third = reader.read(), reader.read(), reader.read()
            for text in ("one", "two", "three", "four"):
                await writer.write(text)
            assert (await third).value == "three"
            assert (await first).value == "one"
            assert (await second).value == "two"
            assert (await first).value == "one"
            assert (await reader.read()).value == "four"


@scenario()
async def many_tasks_read_each_message_once(env: Env) -> None:
    """Tasks that share a reader get every message exactly once between them."""
    stream = env.stream("/send?count=60")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:

        async def take() -> list[object]:
            mine: list[object] = []
            while not (result := await reader.read()).done:
                mine.append(result.value)
            return mine

        shares = await asyncio.gather(*(take() for _ in range(5)))
    messages = [message for share in shares for message in share]
    assert len(messages) == 60
    assert len(set(messages)) == 60
    await stream.closed


@scenario()
async def read_that_is_dropped_loses_nothing(env: Env) -> None:
    """A read that is never awaited gives its message to the next one."""
    async with env.stream("/echo") as opened:
        with opened.readable.get_reader() as reader, opened.writable.get_writer() as writer:
            dropped = reader.read()
            kept = reader.read()
            await writer.write("for whoever asks")
            del dropped
            gc.collect()
            assert (await kept).value == "for whoever asks"


@scenario()
async def after_the_end_every_read_is_done(env: Env) -> None:
    """Once the stream has ended, reads say so again and again."""
    stream = env.stream("/send?count=1")
    with (await stream.opened).readable.get_reader() as reader:
        assert not (await reader.read()).done
        for _ in range(3):
            assert await reader.read() == ReadResult(None, True)
        await reader.closed
    await stream.closed


@scenario()
async def reads_that_wait_are_done_at_the_end(env: Env) -> None:
    """Reads that are waiting when the server closes are told that there is no more."""
    stream = env.stream("/close-on-message?code=1000")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        reads = [asyncio.ensure_future(reader.read()) for _ in range(3)]
        opened.writable.get_writer().write("close")
        assert await asyncio.gather(*reads) == [(None, True)] * 3
    await stream.closed


@scenario(quick=True)
async def locked_readable_has_one_reader(env: Env) -> None:
    """While a reader or an iteration has the stream nobody else can take, cancel or iterate it."""
    async with env.stream("/echo") as opened:
        readable = opened.readable
        assert not readable.locked
        reader = readable.get_reader()
        assert readable.locked
        refusal(TypeError, readable.get_reader)
        refusal(TypeError, readable.__aiter__)
        refusal(TypeError, readable.cancel)
        reader.release_lock()
        assert not readable.locked
        iteration = readable.__aiter__()
        refusal(TypeError, readable.get_reader)
        del iteration
        assert not readable.locked
        await assert_echoes(opened)


@scenario()
async def two_readers_take_turns(env: Env) -> None:
    """A second reader goes on where the first has stopped."""
    stream = env.stream("/send?count=6")
    opened = await stream.opened
    messages = []
    for _ in range(3):
        with opened.readable.get_reader() as reader:
            for _ in range(2):
                messages.append((await reader.read()).value)
    assert await read_all(opened.readable) == []
    check([message for message in messages if message is not None], 6, 10, "text")
    await stream.closed


@scenario()
async def released_reader_can_do_nothing(env: Env) -> None:
    """After release_lock() a reader's methods raise TypeError, and its ``closed`` is rejected so."""
    async with env.stream("/echo") as opened:
        reader = opened.readable.get_reader()
        closed = reader.closed
        reader.release_lock()
        reader.release_lock()
        refusal(TypeError, reader.read)
        refusal(TypeError, reader.cancel)
        await failure(TypeError, closed)
        await failure(TypeError, reader.closed)
        await assert_echoes(opened)


@scenario()
async def releasing_turns_waiting_reads_away(env: Env) -> None:
    """Reads that wait when the lock is released raise TypeError; the messages go to the next reader."""
    async with env.stream("/echo") as opened:
        reader = opened.readable.get_reader()
        pending = [asyncio.ensure_future(failure(TypeError, reader.read())) for _ in range(2)]
        await asyncio.sleep(0)
        reader.release_lock()
        await asyncio.gather(*pending)
        await assert_echoes(opened)


@scenario()
async def read_whose_message_is_there_survives_release(env: Env) -> None:
    """A read that has its message already gets it, though the lock was released meanwhile."""
    async with env.stream("/echo") as opened:
        with opened.writable.get_writer() as writer:
            reader = opened.readable.get_reader()
            first, second = reader.read(), reader.read()
            for text in ("one", "two", "three"):
                await writer.write(text)
            assert (await second).value == "two"
            reader.release_lock()
            with opened.readable.get_reader() as next_reader:
                assert (await next_reader.read()).value == "three"
            assert (await first).value == "one"


@scenario()
async def readers_closed_settles_when_all_was_read(env: Env) -> None:
    """A reader's ``closed`` waits until the last message has been read."""
    stream = env.stream("/send?count=2")
    with (await stream.opened).readable.get_reader() as reader:
        closed = asyncio.ensure_future(reader.closed)
        await stream.closed
        await asyncio.sleep(0)
        assert not closed.done()
        await reader.read()
        assert not closed.done()
        await reader.read()
        await closed


@scenario()
async def cancelling_the_readable_closes_without_code(env: Env) -> None:
    """cancel() drops what was not read, ends the stream, and sends an empty Close frame."""
    id = env.new_id()
    stream = env.stream(f"/send?count=10&close=0&id={id}")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        assert not (await reader.read()).done
    await opened.readable.cancel()
    assert await read_all(opened.readable) == []
    assert await stream.closed == (1005, "")
    assert (await env.journal(id))["close_code"] == 1005


@scenario()
async def cancelling_ends_reads_that_wait(env: Env) -> None:
    """Reads that wait when the stream is cancelled are told that there is no more."""
    stream = env.stream("/echo")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        read = asyncio.ensure_future(reader.read())
        await asyncio.sleep(0)
        await reader.cancel("not interested")
        assert await read == (None, True)
        await reader.closed
    assert await stream.closed == (1005, "")


@scenario()
async def cancelling_a_closed_stream_changes_nothing(env: Env) -> None:
    """cancel() after a clean end is fine, and raises the error after an unclean one."""
    stream = env.stream("/close?code=4000")
    opened = await stream.opened
    await stream.closed
    await opened.readable.cancel(WebSocketError(close_code=3000))
    assert await stream.closed == (4000, "")

    stream = env.stream(settled("/reset"))
    opened = await stream.opened
    error = await failure(WebSocketError, stream.closed)
    assert await failure(WebSocketError, opened.readable.cancel()) is error
