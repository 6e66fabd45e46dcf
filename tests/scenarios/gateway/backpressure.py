"""Flow control: a library that stops reading, and a server that does."""

from __future__ import annotations

import asyncio
import time

from aiohttp import WSMsgType
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError

from ..payload import message
from ..steps import INSATIABLE, failure, takes_in_everything
from .env import LibrariesEnv
from .registry import scenario

MARK = 1 << 20
SIZE = 10_000
COUNT = 4000
FLOOD = f"count={COUNT}&size={SIZE}&kind=binary&compress=0"
QUIET = 0.3
"""Seconds in which nothing goes out of a server that is held back."""


async def _drained_until_quiet(env: LibrariesEnv, id: str) -> int:
    """Wait until nothing more goes out of the server; return how many bytes have."""
    drained, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET:
        entry = await env.journal(id, wait="no")
        if entry["bytes_drained"] != drained:
            drained, since = entry["bytes_drained"], time.monotonic()
        await asyncio.sleep(0.02)
    return drained


def _require_backpressure(env: LibrariesEnv) -> None:
    env.require(env.receive_backpressure, "classic WebSocket can't hold the server back")


@scenario(timeout=40)
async def flood_is_held_back_while_websockets_does_not_read(env: LibrariesEnv) -> None:
    """A server is held back while the queue of `websockets` is full; later all messages arrive."""
    _require_backpressure(env)
    env.install(high_water_mark=MARK)
    id = env.new_id()
    async with env.connect(f"/send?id={id}&{FLOOD}", max_queue=4) as ws:
        drained = await _drained_until_quiet(env, id)
        assert drained < COUNT * SIZE, "all went out, though nothing was read"
        assert len(ws.recv_messages.frames) * SIZE <= MARK
        index = 0
        async for received in ws:
            assert received == message(index, SIZE, "binary")
            index += 1
    assert (index, ws.close_code) == (COUNT, 1000)


@scenario(timeout=40)
async def flood_is_held_back_while_aiohttp_does_not_read(env: LibrariesEnv) -> None:
    """A server is held back while the queue of `aiohttp` is full; later all messages arrive."""
    _require_backpressure(env)
    env.install(high_water_mark=MARK)
    id = env.new_id()
    async with env.session() as session, env.ws_connect(session, f"/send?id={id}&{FLOOD}") as ws:
        assert await _drained_until_quiet(env, id) < COUNT * SIZE, "all went out, unread"
        index = 0
        async for received in ws:
            assert received.data == message(index, SIZE, "binary")
            index += 1
    assert (index, ws.close_code) == (COUNT, 1000)


@scenario(timeout=40, expects=("ReceiveBufferWarning",))
async def flood_that_can_not_be_held_back_loses_nothing(env: LibrariesEnv) -> None:
    """A flood that can't be held back leads to a warning, and the library still receives all of it."""
    env.require(not env.receive_backpressure, "the server is held back, so nothing is above the mark")
    env.install(high_water_mark=MARK)
    id = env.new_id()
    async with env.connect(f"/send?id={id}&{FLOOD}", max_queue=4) as ws:
        await env.journal(id)
        assert len(ws.recv_messages.frames) * SIZE <= MARK, "the library was given more than it reads"
        index = 0
        async for received in ws:
            assert received == message(index, SIZE, "binary")
            index += 1
    assert index == COUNT


@scenario(timeout=40)
async def flood_that_can_not_be_held_back_ends_where_asked(env: LibrariesEnv) -> None:
    """With overflow="error" a flood above the mark ends in an error, after the messages below it."""
    env.require(not env.receive_backpressure, "the server is held back, so nothing is above the mark")
    env.install(high_water_mark=MARK, overflow="error")
    id = env.new_id()
    async with env.connect(f"/flood?id={id}&size={SIZE}&compress=0", max_queue=4) as ws:
        await env.journal(id)
        index = 0

        async def read() -> None:
            nonlocal index
            async for received in ws:
                assert received == message(index, SIZE, "binary")
                index += 1

        error = await failure(ConnectionClosedError, read())
    assert 0 < index * SIZE < 100 * MARK
    assert error.rcvd is None or error.rcvd.code != 1000, error


@scenario(timeout=30)
async def library_waits_for_a_slow_server(env: LibrariesEnv) -> None:
    """A library that sends to a slow server has to wait, and all of its messages arrive."""
    id = env.new_id()
    async with env.connect(f"/sink?id={id}&chunk=131072&delay_ms=10&compress=0") as ws:
        sending = asyncio.ensure_future(ws.send(bytes(16 * MARK)))  # the server reads for a second
        await env.round_trip()
        waits = not sending.done()
        await sending
        for index in range(10):
            await ws.send(message(index, 100_000, "binary"))
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["close_code"]) == (11, 1000)
    # A browser that takes in everything needs a moment for it, so a library may wait there, too.
    env.require(not await takes_in_everything(env), INSATIABLE)
    assert waits


@scenario(timeout=30)
async def library_that_waits_to_write_is_let_go_by_a_loss(env: LibrariesEnv) -> None:
    """A library that waits to write to a server that never reads can close the connection in time."""
    async with env.connect("/never-reads", close_timeout=0.5, ping_interval=None) as ws:
        sending = asyncio.ensure_future(failure(ConnectionClosedError, _send_much(ws)))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        await ws.close()
        assert time.monotonic() - begun < 5
        await sending


async def _send_much(ws: ClientConnection) -> None:
    for _ in range(40):
        await ws.send(bytes(1_000_000))
    await ws.wait_closed()
    await ws.send("closed")


@scenario()
async def pausing_again_and_again_loses_nothing(env: LibrariesEnv) -> None:
    """A library that pauses and resumes reading for nearly each message receives all in order."""
    for queue in (0, 1, (2, 1)):
        path = "/send?count=200&size=2000&kind=mixed"
        async with env.connect(path, max_queue=queue) as ws:
            await env.round_trip()
            received = [each async for each in ws]
        assert received == [message(index, 2000, "mixed") for index in range(200)]
    async with (
        env.session(read_bufsize=1000) as session,
        env.ws_connect(session, "/send?count=200&size=2000&kind=text") as other,
    ):
        await env.round_trip()
        texts = [each.data async for each in other if each.type is WSMsgType.TEXT]
    assert texts == [message(index, 2000, "text") for index in range(200)]
