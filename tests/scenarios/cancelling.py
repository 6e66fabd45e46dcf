"""Cancelling: tasks and timeouts give up waiting, and neither messages nor connections are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websocketstream import WebSocketError

from .env import Env, Skip
from .payload import check
from .registry import scenario
from .steps import (
    INSATIABLE,
    Message,
    assert_echoes,
    cancel_at_every_moment,
    cancel_inside,
    failure,
    gone_before_it_was_open,
    has_room,
    read_all,
)

SOON = 0.03


async def _cancelled(
    awaitable: Awaitable[object], meanwhile: Callable[[], object] | None = None
) -> None:
    """Start to await, call ``meanwhile``, cancel it while it waits, and see it cancelled."""

    async def wait() -> None:
        await awaitable

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    assert not task.done(), "there is nothing to wait for"
    if meanwhile is not None:
        meanwhile()
    task.cancel()
    await failure(asyncio.CancelledError, task)


@scenario(quick=True)
async def read_that_times_out_loses_nothing(env: Env) -> None:
    """After a timeout on a read, the message goes to the next read."""
    async with env.stream("/echo") as opened:
        with opened.readable.get_reader() as reader, opened.writable.get_writer() as writer:
            await failure(TimeoutError, asyncio.wait_for(reader.read(), SOON))
            await writer.write("after the timeout")
            assert (await reader.read()).value == "after the timeout"
            async with asyncio.timeout(5):
                await writer.write("in time")
                assert (await asyncio.wait_for(reader.read(), 5)).value == "in time"


@scenario()
async def read_that_is_cancelled_loses_nothing(env: Env) -> None:
    """A read whose task is cancelled gives its place in line to the next."""
    async with env.stream("/echo") as opened:
        with opened.readable.get_reader() as reader, opened.writable.get_writer() as writer:
            first, second, third = reader.read(), reader.read(), reader.read()
            await _cancelled(second)
            for text in ("one", "two"):
                await writer.write(text)
            assert (await third).value == "two"
            assert (await first).value == "one"


@scenario()
async def reads_cancelled_at_every_moment_lose_nothing(env: Env) -> None:
    """Whenever reads are cancelled, also when their message has just come, all are delivered once."""
    stream = env.stream("/send?count=200&kind=mixed")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        messages, end = await cancel_at_every_moment(lambda: _next(reader.read()))
    assert end is None
    check(messages, 200, 10, "mixed")
    await stream.closed


async def _next(read: Awaitable[tuple[Message | None, bool]]) -> Message | None:
    return (await read)[0]


@scenario()
async def tiny_timeouts_lose_nothing(env: Env) -> None:
    """A reader that gives up again and again after a moment gets every message, once, in order."""
    stream = env.stream("/send?count=30&delay_ms=2")
    opened = await stream.opened
    messages: list[Message] = []
    with opened.readable.get_reader() as reader:
        done = False
        while not done:
            task = asyncio.ensure_future(_next(reader.read()))
            await asyncio.wait([task], timeout=0.001)
            task.cancel()
            with suppress(asyncio.CancelledError):
                message = await task
                done = message is None
                messages += [] if message is None else [message]
    check(messages, 30, 10, "text")
    await stream.closed


@scenario()
async def cancelled_iteration_loses_nothing(env: Env) -> None:
    """An ``async for`` that is cancelled unlocks the stream, and the next one goes on behind it."""
    async with env.stream("/echo") as opened:
        got: list[Message] = []

        async def iterate() -> None:
            async for message in opened.readable:
                got.append(message)

        with opened.writable.get_writer() as writer:
            for number in range(4):
                task = asyncio.ensure_future(iterate())
                await writer.write(f"message {number}")
                while len(got) <= number:
                    await asyncio.sleep(0)
                task.cancel()
                await failure(asyncio.CancelledError, task)
                assert not opened.readable.locked
        assert got == [f"message {number}" for number in range(4)]
        await assert_echoes(opened)


@scenario()
async def cancelled_opened_leaves_the_socket_alone(env: Env) -> None:
    """A timeout on ``opened`` gives up waiting, not connecting."""
    stream = env.stream("/slow-handshake?delay_ms=100")
    await failure(TimeoutError, asyncio.wait_for(stream.opened, SOON))
    await _cancelled(stream.opened)
    opened = await stream.opened
    await assert_echoes(opened)
    stream.close()
    assert await stream.closed == (1005, "")


@scenario(quick=True)
async def cancelled_closed_leaves_the_socket_alone(env: Env) -> None:
    """A timeout on ``closed`` gives up waiting, and closes nothing."""
    stream = env.stream("/echo")
    opened = await stream.opened
    await failure(TimeoutError, asyncio.wait_for(stream.closed, SOON))
    await _cancelled(stream.closed)
    await assert_echoes(opened)
    await _cancelled(stream.closed, meanwhile=lambda: stream.close(4000))
    assert await stream.closed == (4000, "")


@scenario()
async def one_of_many_that_wait_can_be_cancelled(env: Env) -> None:
    """Tasks that wait for the same promise don't depend on each other."""
    stream = env.stream("/slow-handshake?delay_ms=50")

    async def wait(promise: Awaitable[object]) -> object:
        return await promise

    for promise in (stream.opened, stream.closed):
        tasks = [asyncio.ensure_future(wait(promise)) for _ in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        if promise is stream.closed:
            stream.close(3000)
        await failure(asyncio.CancelledError, tasks[1])
        others = [await tasks[number] for number in (0, 2, 3)]
        assert all(other == others[0] for other in others)
    assert others[0] == (3000, "")


@scenario()
async def cancelled_write_is_sent_all_the_same(env: Env) -> None:
    """Giving up on a write that waits for room does not take its message back."""
    id = env.new_id()
    stream = env.stream(
        f"/sink?chunk=262144&delay_ms=5&compress=0&id={id}", send_high_water_mark=64 * 1024
    )
    opened = await stream.opened
    writer = opened.writable.get_writer()
    size = 4 * 1024 * 1024
    writer.write(bytes(size))
    write = asyncio.ensure_future(writer.write(bytes(size)))
    await env.round_trip()
    if has_room(writer):
        await writer.close()
        raise Skip(INSATIABLE)
    write.cancel()
    await failure(asyncio.CancelledError, write)
    writer.write("behind it")
    await _cancelled(writer.ready)
    await _cancelled(writer.close())
    assert await stream.closed == (1005, "")
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["bytes_received"]) == (3, 2 * size + 9)


@scenario(quick=True)
async def cancelled_block_closes(env: Env) -> None:
    """When the task in an ``async with`` is cancelled, the connection is closed in good order."""
    id = env.new_id()

    async def use(inside: asyncio.Event) -> None:
        async with env.stream(f"/echo?id={id}"):
            inside.set()
            await asyncio.Event().wait()

    await cancel_inside(env, id, use)


@scenario()
async def cancelled_while_connecting_gives_up(env: Env) -> None:
    """When the task is cancelled while ``async with`` still connects, connecting is given up."""
    id = env.new_id()
    stream = env.stream(f"/never-handshakes?id={id}")

    async def use() -> None:
        async with stream:
            raise AssertionError("there is no connection to be used")

    task = asyncio.ensure_future(use())
    await env.requested(id)
    task.cancel()
    await failure(asyncio.CancelledError, task)
    await failure(WebSocketError, stream.opened)
    await failure(WebSocketError, stream.closed)
    await gone_before_it_was_open(env, id)


@scenario()
async def cancelled_while_closing_still_closes(env: Env) -> None:
    """When the wait for the close at the end of a block is cancelled, the close goes on."""
    stream = env.stream("/never-answers-close", close_timeout=0.2)
    await stream.opened

    async def use() -> None:
        async with stream:
            pass

    await failure(TimeoutError, asyncio.wait_for(use(), 0.1))
    assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def failing_task_group_closes_every_stream(env: Env) -> None:
    """A task group in which one task fails cancels the others, and their connections close."""
    ids = [env.new_id() for _ in range(3)]
    ready = asyncio.Barrier(4)

    async def use(id: str) -> None:
        async with env.stream(f"/echo?id={id}") as opened:
            await ready.wait()
            await read_all(opened.readable)

    async def fail() -> None:
        await ready.wait()
        raise ValueError("on purpose")

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for id in ids:
                group.create_task(use(id))
            group.create_task(fail())

    group_error = await failure(ExceptionGroup, run())
    assert [type(error) for error in group_error.exceptions] == [ValueError]
    for id in ids:
        assert (await env.journal(id))["ended"] == "close"
