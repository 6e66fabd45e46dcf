"""Backpressure: who does not read holds the other side back, and memory stays within the mark."""

from __future__ import annotations

import asyncio
import warnings

from websocketstream import (
    BufferOverflowError,
    InvalidStateError,
    ReadableStreamDefaultReader,
    ReceiveBufferWarning,
    WebSocketError,
)

from .env import Env, Skip
from .payload import check, message
from .registry import scenario
from .steps import INSATIABLE, Message, failure, has_room, outcome, read_all, read_until_error

CLASSIC = "classic WebSocket can't hold the server back"
MIB = 1024 * 1024


async def stands_still(env: Env, id: str) -> int:
    """Wait until the server can send no more; return how many bytes have left it."""
    drained = [-3, -2, -1]
    while len(set(drained[-3:])) > 1:
        await asyncio.sleep(0.03)
        drained.append((await env.journal(id, wait="no"))["bytes_drained"])
    return drained[-1]


def _take_buffered(reader: ReadableStreamDefaultReader) -> list[Message]:
    """Return what can be read without waiting."""
    messages: list[Message] = []
    while True:
        read = reader.read()
        try:
            read.send(None)
        except StopIteration as stop:
            messages.append(stop.value.value)
        else:
            read.close()
            return messages


@scenario(timeout=30)
async def flood_is_held_back_at_the_mark(env: Env) -> None:
    """With nobody reading no more is buffered than the mark and a message; then all of it arrives."""
    env.require(env.receive_backpressure, CLASSIC)
    # The native transport gathers messages while the mark is far. With the first one it never is.
    for count, size, mark in ((1536, 16 * 1024, 256 * 1024), (20_000, 1000, 1024 * 1024)):
        await _flooded(env, count, size, mark)


async def _flooded(env: Env, count: int, size: int, mark: int) -> None:
    id = env.new_id()
    # The server stays open: what a close does to the last messages has a scenario of its own.
    path = f"/send?count={count}&size={size}&kind=binary&close=0&compress=0&id={id}"
    stream = env.stream(path, high_water_mark=mark)
    opened = await stream.opened
    drained = await stands_still(env, id)
    assert drained < count * size / 2, f"{drained} bytes have left the server"
    with opened.readable.get_reader() as reader:
        messages = _take_buffered(reader)
        held = len(messages) * size
        assert mark <= held <= mark + size, f"{held} bytes were buffered"
        while len(messages) < count:
            each = (await reader.read()).value
            assert each is not None
            messages.append(each)
    check(messages, count, size, "binary")
    stream.close()
    await stream.closed


@scenario(timeout=30)
async def slow_reader_gets_all_of_a_flood(env: Env) -> None:
    """A reader that is slower than the server gets everything, in order, with a small mark."""
    env.require(env.receive_backpressure, CLASSIC)
    path = "/send?count=500&size=4096&kind=binary&close=0&compress=0"
    stream = env.stream(path, high_water_mark=16 * 1024)
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        for number in range(500):
            assert (await reader.read()).value == message(number, 4096, "binary")
            if number % 8 == 0:
                await asyncio.sleep(0)
    stream.close()
    await stream.closed


@scenario(timeout=30)
async def close_lets_go_of_a_server_that_is_held_back(env: Env) -> None:
    """close() while the server is held back is answered, and what is delivered has no gap."""
    env.require(env.receive_backpressure, CLASSIC)
    id = env.new_id()
    stream = env.stream(f"/flood?size=10000&total=200000000&id={id}&compress=0", high_water_mark=100_000)
    opened = await stream.opened
    await stands_still(env, id)
    stream.close(4001)
    assert await stream.closed == (4001, "")
    messages = await read_all(opened.readable)
    check(messages, len(messages), 10000, "binary")
    assert len(messages) >= 10


@scenario(timeout=30)
async def cancelling_lets_go_of_a_server_that_is_held_back(env: Env) -> None:
    """cancel() while the server is held back closes too."""
    env.require(env.receive_backpressure, CLASSIC)
    id = env.new_id()
    stream = env.stream(f"/flood?size=10000&total=200000000&id={id}&compress=0", high_water_mark=100_000)
    opened = await stream.opened
    await stands_still(env, id)
    await opened.readable.cancel(WebSocketError(close_code=4002))
    assert await stream.closed == (4002, "")
    assert await read_all(opened.readable) == []


@scenario()
async def one_message_may_be_larger_than_the_mark(env: Env) -> None:
    """A message above the mark is delivered: the mark holds back what comes after it."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        stream = env.stream("/send?count=3&size=100000&close=0", high_water_mark=1000)
        opened = await stream.opened
        with opened.readable.get_reader() as reader:
            for number in range(3):
                assert (await reader.read()).value == message(number, 100000, "text")
        stream.close()
        await stream.closed


@scenario()
async def buffer_that_can_not_hold_back_warns_once(env: Env) -> None:
    """Where the server can't be held back the buffer grows beyond the mark, with one warning."""
    env.require(not env.receive_backpressure, "the server is held back, so nothing grows")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream = env.stream("/send?count=500&size=1000&code=4001", high_water_mark=10_000)
        opened = await stream.opened
        assert await stream.closed == (4001, "")
    assert [each.category for each in caught] == [ReceiveBufferWarning]
    assert "high_water_mark=10000" in str(caught[0].message)
    check(await read_all(opened.readable), 500, 1000, "text")


@scenario()
async def no_warning_below_the_mark(env: Env) -> None:
    """A reader that keeps up never sees the warning, and neither does one that stays below the mark."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream = env.stream("/send?count=50&size=1000", high_water_mark=50_001)
        opened = await stream.opened
        if not env.receive_backpressure:
            await stream.closed
        check(await read_all(opened.readable), 50, 1000, "text")
        await stream.closed
    assert caught == []


@scenario()
async def overflow_can_be_an_error(env: Env) -> None:
    """With ``overflow="error"`` the mark closes the connection; what came before it is delivered."""
    env.require(not env.receive_backpressure, "the server is held back, so nothing overflows")
    id = env.new_id()
    stream = env.stream(
        f"/flood?size=1000&total=50000000&id={id}", high_water_mark=10_000, overflow="error"
    )
    opened = await stream.opened
    error = await failure(BufferOverflowError, stream.closed)
    assert "high_water_mark=10000" in str(error)
    messages, read_error = await read_until_error(BufferOverflowError, opened.readable)
    assert read_error is error
    assert len(messages) >= 10
    check(messages, len(messages), 1000, "binary")
    with opened.writable.get_writer() as writer:
        await failure(InvalidStateError, writer.ready)
    assert (await env.journal(id))["close_code"] == 4009


@scenario(timeout=30)
async def write_waits_for_a_slow_server(env: Env) -> None:
    """A write that finds the buffer full waits for room; ``ready`` and ``desired_size`` tell so too."""
    id = env.new_id()
    stream = env.stream(f"/sink?chunk=131072&delay_ms=10&compress=0&id={id}", send_high_water_mark=MIB)
    opened = await stream.opened
    writer = opened.writable.get_writer()
    assert writer.desired_size == MIB
    writer.write(bytes(4 * MIB))
    write = asyncio.ensure_future(writer.write(bytes(4 * MIB)))
    ready = asyncio.ensure_future(writer.ready)
    await env.round_trip()
    if has_room(writer):
        await write
        await ready
        await writer.close()
        raise Skip(INSATIABLE)
    assert not write.done()
    assert not ready.done()
    await write
    await ready
    assert writer.desired_size > 0
    stream.close(4001)
    assert await stream.closed == (4001, "")
    assert (await env.journal(id))["bytes_received"] == 8 * MIB


@scenario(timeout=30)
async def peer_that_never_reads_is_given_up_on(env: Env) -> None:
    """When the peer does not read, close() gives up after ``close_timeout``, as do writes that wait."""
    stream = env.stream("/never-reads?compress=0", send_high_water_mark=64 * 1024, close_timeout=0.3)
    opened = await stream.opened
    writer = opened.writable.get_writer()
    writer.write(bytes(8 * MIB))
    write = asyncio.ensure_future(outcome(writer.write(bytes(8 * MIB))))
    await env.round_trip()
    waits = not write.done()  # not where the browser counts as gone what it has taken in
    stream.close(4001)
    error = await failure(WebSocketError, stream.closed)
    assert (error.close_code, error.reason) == (1006, "")
    assert "close_timeout=0.3" in str(error)
    result = await write
    assert result is None or (waits and result is error)  # what waited may have gone out after all
    assert await failure(WebSocketError, writer.ready) is error


@scenario(timeout=30)
async def close_waits_as_long_as_data_moves(env: Env) -> None:
    """``close_timeout`` counts from the last byte that moved: a slow server gets everything."""
    id = env.new_id()
    # The server takes 1.6 s or more for 20 MiB, and 0.3 s for the 4 MiB in the sockets' buffers, when
    # the page sees nothing move. Both may take three times as long on a busy machine, but no longer:
    # WebKit drops a connection 5 s after close().
    stream = env.stream(f"/sink?chunk=131072&delay_ms=10&compress=0&id={id}", close_timeout=1.5)
    opened = await stream.opened
    writer = opened.writable.get_writer()
    for _ in range(20):
        writer.write(bytes(MIB))
    stream.close(4001)
    assert await stream.closed == (4001, "")
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["close_code"]) == (20, 4001)


@scenario(timeout=30, expects=("ReceiveBufferWarning",))
async def both_directions_flow_at_once(env: Env) -> None:
    """Reading and writing side by side, with small marks, never block each other."""
    count, size = 60, 64 * 1024
    async with env.stream("/echo?compress=0", high_water_mark=size, send_high_water_mark=size) as opened:
        writer = opened.writable.get_writer()

        async def write() -> None:
            for number in range(count):
                await writer.write(message(number, size, "mixed"))

        writing = asyncio.ensure_future(write())
        with opened.readable.get_reader() as reader:
            for number in range(count):
                assert (await reader.read()).value == message(number, size, "mixed")
        await writing
