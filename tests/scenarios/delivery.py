"""Delivery: nothing that the server sent before its Close frame is lost, however it is read."""

from __future__ import annotations

import asyncio

from websocketstream import MessagesLostError, ReadableStream, WebSocketStream, support

from .env import Env
from .payload import check, message
from .registry import scenario
from .steps import Message, failure, read_all, settled

BURSTS = ((50, 10), (500, 1000))


async def _read_slowly(readable: ReadableStream, pause: float) -> list[Message]:
    messages: list[Message] = []
    with readable.get_reader() as reader:
        while True:
            value, done = await reader.read()
            if done:
                return messages
            assert value is not None
            messages.append(value)
            await asyncio.sleep(pause)


@scenario(quick=True)
async def burst_and_close_read_at_once(env: Env) -> None:
    """A burst with a Close right behind it is received whole by a reader that waits for it."""
    for count, size in BURSTS:
        stream = env.stream(f"/send?count={count}&size={size}&code=4001&reason=done")
        opened = await stream.opened
        check(await read_all(opened.readable), count, size, "text")
        assert await stream.closed == (4001, "done")


@scenario(quick=True)
async def burst_and_close_read_late(env: Env) -> None:
    """A burst is received whole by a reader that comes after the connection has closed."""
    for count, size in BURSTS:
        stream = env.stream(f"/send?count={count}&size={size}&code=4001")
        opened = await stream.opened
        assert await stream.closed == (4001, "")
        check(await read_all(opened.readable), count, size, "text")


@scenario()
async def burst_and_close_read_slowly(env: Env) -> None:
    """A burst is received whole by a reader that takes a turn of the event loop per message."""
    for count, size in BURSTS:
        stream = env.stream(f"/send?count={count}&size={size}")
        opened = await stream.opened
        check(await _read_slowly(opened.readable, 0), count, size, "text")
        assert await stream.closed == (1000, "")


@scenario()
async def burst_and_close_read_with_pauses(env: Env) -> None:
    """A burst is received whole by a reader that pauses for 5 ms after each message."""
    stream = env.stream("/send?count=50&size=1000&kind=binary")
    opened = await stream.opened
    check(await _read_slowly(opened.readable, 0.005), 50, 1000, "binary")
    assert await stream.closed == (1000, "")


@scenario(quick=True)
async def burst_behind_the_handshake_read_at_once(env: Env) -> None:
    """Messages and a Close in one write with the handshake's answer are received whole."""
    for count, size in BURSTS:
        stream = env.stream(f"/burst?count={count}&size={size}&code=4001&reason=done")
        async with stream as opened:
            check(await read_all(opened.readable), count, size, "text")
        assert await stream.closed == (4001, "done")


@scenario()
async def burst_behind_the_handshake_read_late(env: Env) -> None:
    """They are received whole by a reader that comes after the connection has closed."""
    for count, size in BURSTS:
        stream = env.stream(f"/burst?count={count}&size={size}&kind=mixed")
        await stream.closed
        check(await read_all((await stream.opened).readable), count, size, "mixed")


@scenario()
async def burst_behind_the_handshake_read_slowly(env: Env) -> None:
    """They are received whole by a reader that comes some turns later and takes its time."""
    for turns in (1, 2, 5):
        stream = env.stream("/burst?count=100&size=100")
        opened = await stream.opened
        for _ in range(turns):
            await asyncio.sleep(0)
        check(await _read_slowly(opened.readable, 0), 100, 100, "text")
        assert await stream.closed == (1000, "")


@scenario(timeout=30)
async def burst_is_read_while_it_comes(env: Env) -> None:
    """A reader goes on while a long burst comes, not only when it has ended."""
    env.require(env.kind == "browser", "the fake server sends a burst as one piece")
    bursts = [(50_000, 32, "text")]
    if not support().jspi:
        # With it the reader goes on a turn later, for which Firefox takes the time of this burst.
        bursts.append((1000, 64 * 1024, "binary"))
    for count, size, kind in bursts:
        url = env.url(f"/burst?count={count}&size={size}&kind={kind}&compress=0")
        stream = WebSocketStream(settled(url), backend=env.backend, high_water_mark=count * size)
        readable, writable, *_ = await stream.opened
        messages: list[Message] = []
        largest = 0
        # The burst comes when the loop waits for it.
        writable.get_writer().write("now")
        async for each in readable:
            messages.append(each)
            largest = max(largest, readable.buffered_amount)
        check(messages, count, size, kind)
        assert largest < count * size * 0.8, f"{largest} bytes waited for the reader"


@scenario()
async def many_bursts_at_once(env: Env) -> None:
    """Several connections that burst at the same time are all received whole."""

    async def receive() -> None:
        stream = env.stream("/burst?count=100&size=500")
        check(await read_all((await stream.opened).readable), 100, 500, "text")
        assert await stream.closed == (1000, "")

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(receive())


@scenario()
async def large_messages_and_close_are_received(env: Env) -> None:
    """8 messages of 1 MiB and a Close behind them are received whole."""
    stream = env.stream("/send?count=8&size=1048576&kind=mixed&compress=0&code=4001")
    check(await read_all((await stream.opened).readable), 8, 1048576, "mixed")
    assert await stream.closed == (4001, "")


@scenario(expects=("ReceiveBufferWarning",))
async def burst_above_the_mark_is_whole_or_an_error(env: Env) -> None:
    """A close while the server is held back ends in all messages or an error: never in fewer."""
    for count, size in BURSTS:
        stream = env.stream(f"/send?count={count}&size={size}&code=4001", high_water_mark=100)
        opened = await stream.opened
        await env.round_trip()
        messages: list[Message] = []
        try:
            async for each in opened.readable:
                messages.append(each)
        except MessagesLostError as error:
            assert env.receive_backpressure, "nothing was held back"
            assert (error.close_code, error.reason) == (4001, "")
            check(messages, len(messages), size, "text")
            assert await failure(MessagesLostError, stream.closed) is error
        else:
            check(messages, count, size, "text")
            assert await stream.closed == (4001, "")


@scenario()
async def echoed_burst_comes_back_whole(env: Env) -> None:
    """Hundreds of messages that are written at once come back in order."""
    async with env.stream("/echo") as opened:
        writer = opened.writable.get_writer()
        sent = [message(index, 20, "mixed") for index in range(300)]
        for each in sent:
            writer.write(each)
        with opened.readable.get_reader() as reader:
            assert [(await reader.read()).value for _ in sent] == sent
