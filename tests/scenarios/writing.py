"""Writing: order, room, locks, what a writer's promises say, and writes at the wrong time."""

from __future__ import annotations

import asyncio

from websocketstream import InvalidStateError, WebSocketError

from .env import Env
from .registry import scenario
from .steps import assert_echoes, digest, failure, outcome, refusal, settled

MARK = 64 * 1024


@scenario(quick=True)
async def writes_act_when_they_are_called(env: Env) -> None:
    """Messages are sent in the order of the calls, whether the writes are awaited or not."""
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        sent: list[str | bytes] = [f"text {number}" for number in range(20)]
        sent[1::2] = [bytes([number]) * 3 for number in range(10)]
        for message in sent:
            writer.write(message)
        with opened.readable.get_reader() as reader:
            for message in sent:
                assert (await reader.read()).value == message


@scenario(quick=True)
async def write_copies_at_the_call(env: Env) -> None:
    """Changing a buffer after write() does not change what is sent."""
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        buffer = bytearray(b"before")
        writer.write(buffer)
        buffer[:] = b"after!"
        writer.write(memoryview(buffer))
        buffer.clear()
        with opened.readable.get_reader() as reader:
            assert (await reader.read()).value == b"before"
            assert (await reader.read()).value == b"after!"


@scenario()
async def tasks_that_write_keep_their_own_order(env: Env) -> None:
    """Several tasks can write through one writer: each one's messages stay in order, none is lost."""
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()

        async def write(task: int) -> None:
            for number in range(20):
                await writer.write(f"{task} {number:02}")
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for task in range(5):
                group.create_task(write(task))
        with opened.readable.get_reader() as reader:
            echoed = [str((await reader.read()).value) for _ in range(100)]
    assert sorted(echoed) == sorted(f"{task} {number:02}" for task in range(5) for number in range(20))
    for task in range(5):
        mine = [text for text in echoed if text.startswith(f"{task} ")]
        assert mine == sorted(mine)


@scenario()
async def there_is_room_to_begin_with(env: Env) -> None:
    """An open stream has room for the mark in bytes, ``ready`` says so, and writes don't wait."""
    async with env.stream("/sink", send_high_water_mark=MARK) as opened:
        writer = opened.writable.get_writer()
        assert writer.desired_size == MARK
        await writer.ready
        await writer.write("a" * 1000)
        assert MARK - 1000 <= writer.desired_size <= MARK
        await writer.ready


@scenario()
async def locked_writable_has_one_writer(env: Env) -> None:
    """While a writer has the stream nobody else can take, close or abort it."""
    async with env.stream("/echo") as opened:
        writable = opened.writable
        assert not writable.locked
        writer = writable.get_writer()
        assert writable.locked
        refusal(TypeError, writable.get_writer)
        refusal(TypeError, writable.close)
        refusal(TypeError, writable.abort)
        writer.release_lock()
        assert not writable.locked
        await assert_echoes(opened)


@scenario()
async def released_writer_can_do_nothing(env: Env) -> None:
    """After release_lock() a writer's methods raise TypeError, and its promises are rejected so."""
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        await writer.write("written before")
        writer.release_lock()
        writer.release_lock()
        refusal(TypeError, writer.write, "x")
        refusal(TypeError, writer.close)
        refusal(TypeError, writer.abort)
        refusal(TypeError, lambda: writer.desired_size)
        await failure(TypeError, writer.ready)
        await failure(TypeError, writer.closed)
        assert await anext(aiter(opened.readable)) == "written before"
        await assert_echoes(opened)


@scenario()
async def nothing_can_be_written_after_close(env: Env) -> None:
    """From close() on a write raises InvalidStateError at the call, before and after the end."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    await writer.write("in time")
    stream.close(4000)
    error = refusal(InvalidStateError, writer.write, "too late")
    assert error.name == "InvalidStateError"
    assert isinstance(error, RuntimeError)
    await stream.closed
    refusal(InvalidStateError, writer.write, "much too late")
    await failure(InvalidStateError, writer.ready)
    assert (await env.journal(id))["messages_received"] == 1


@scenario()
async def type_errors_come_before_state_errors(env: Env) -> None:
    """A chunk that can't be a message is a TypeError on a closed stream too."""
    stream = env.stream("/close")
    opened = await stream.opened
    await stream.closed
    writer = opened.writable.get_writer()
    refusal(TypeError, writer.write, None)
    refusal(InvalidStateError, writer.write, "text")


@scenario()
async def writer_closed_is_rejected_by_other_ends(env: Env) -> None:
    """A writer's ``closed`` resolves after its own close() only; any other end rejects it."""
    stream = env.stream("/echo")
    writer = (await stream.opened).writable.get_writer()
    waiting = asyncio.ensure_future(failure(InvalidStateError, writer.closed))
    stream.close(4000)
    await waiting
    await stream.closed

    stream = env.stream(settled("/reset"))
    writer = (await stream.opened).writable.get_writer()
    error = await failure(WebSocketError, writer.closed)
    assert await failure(WebSocketError, stream.closed) is error


@scenario()
async def writes_before_writer_close_are_sent(env: Env) -> None:
    """writer.close() closes behind everything that was written, awaited or not."""
    id = env.new_id()
    stream = env.stream(f"/sink?id={id}")
    writer = (await stream.opened).writable.get_writer()
    sent = [f"message {number}" for number in range(50)]
    for text in sent:
        writer.write(text)
    await writer.close()
    entry = await env.journal(id)
    assert entry["messages_received"] == 50
    assert entry["sha256"] == digest(sent)
    assert entry["close_code"] == 1005


@scenario(quick=True)
async def unawaited_writes_then_close_are_sent(env: Env) -> None:
    """50 small writes that nobody awaits, then close(): the server gets all, and the close code."""
    id = env.new_id()
    stream = env.stream(f"/sink?id={id}")
    writer = (await stream.opened).writable.get_writer()
    sent: list[str | bytes] = [f"message {number}" for number in range(25)]
    sent += [bytes([number]) * 10 for number in range(25)]
    for message in sent:
        writer.write(message)
    stream.close(4001, "done")
    assert await stream.closed == (4001, "done")
    entry = await env.journal(id)
    assert entry["messages_received"] == 50
    assert entry["sha256"] == digest(sent)
    assert (entry["close_code"], entry["close_reason"]) == (4001, "done")


@scenario()
async def thousands_of_unawaited_writes_then_close_are_sent(env: Env) -> None:
    """5,000 small writes in one go, then close(): all arrive, in order."""
    id = env.new_id()
    stream = env.stream(f"/sink?id={id}")
    writer = (await stream.opened).writable.get_writer()
    sent = [f"{number:010}" for number in range(5000)]
    for text in sent:
        writer.write(text)
    stream.close(4001)
    assert await stream.closed == (4001, "")
    entry = await env.journal(id)
    assert entry["messages_received"] == 5000
    assert entry["sha256"] == digest(sent)


@scenario(timeout=60)
async def large_writes_then_close_are_sent(env: Env) -> None:
    """4 × 8 MB that nobody awaits, then close(4001, "done"): all received, the code kept."""
    id = env.new_id()
    stream = env.stream(f"/sink?id={id}&compress=0")
    writer = (await stream.opened).writable.get_writer()
    sent = [bytes([number]) * 8_000_000 for number in range(4)]
    writes = [asyncio.ensure_future(outcome(writer.write(message))) for message in sent]
    await asyncio.sleep(0)
    stream.close(4001, "done")
    assert await stream.closed == (4001, "done")
    assert await asyncio.gather(*writes) == [None] * 4
    entry = await env.journal(id)
    assert entry["messages_received"] == 4
    assert entry["sha256"] == digest(sent)
    assert (entry["close_code"], entry["close_reason"]) == (4001, "done")
