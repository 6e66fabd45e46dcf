"""``idle_timeout``: a connection on which nothing comes any more is given up."""

from __future__ import annotations

import asyncio
import time

from websocketstream import WebSocketError

from .env import Env
from .payload import check
from .registry import scenario
from .steps import Message, failure, refusal

IDLE = 0.6


@scenario(quick=True)
async def silent_server_is_given_up_after_idle_timeout(env: Env) -> None:
    """When nothing comes for ``idle_timeout`` the connection is lost, and the error says why."""
    id = env.new_id()
    stream = env.stream(f"/send?count=3&close=0&id={id}", idle_timeout=IDLE)
    async with asyncio.timeout(10):
        await stream.opened
        messages: list[Message] = [await stream.recv() for _ in range(3)]
        check(messages, 3, 10, "text")
        error = await failure(WebSocketError, stream.recv())
    assert (error.close_code, error.reason) == (1006, "")
    assert f"idle_timeout={IDLE}" in str(error)
    assert await failure(WebSocketError, stream.closed) is error
    assert refusal(WebSocketError, stream.send, "too late") is error
    await env.journal(id)  # the server sees the connection gone


@scenario()
async def connection_on_which_messages_come_is_not_idle(env: Env) -> None:
    """While messages come, though more slowly than they could, the connection stays open."""
    begun = time.monotonic()
    async with env.stream("/samples?count=20&delay_ms=50", idle_timeout=IDLE) as ws:
        count = 0
        async for _ in ws:
            count += 1
        assert count == 20
        assert await ws.closed == (1000, "")
    assert env.kind == "fake" or time.monotonic() - begun > IDLE


@scenario()
async def unread_messages_are_a_sign_of_life(env: Env) -> None:
    """A connection is not idle because its messages are not read: it counts when they come."""
    async with env.stream("/samples?count=20&delay_ms=50", idle_timeout=IDLE) as ws:
        assert await ws.closed == (1000, "")
        count = 0
        async for _ in ws:
            count += 1
        assert count == 20


@scenario(timeout=30)
async def server_that_is_held_back_is_not_idle(env: Env) -> None:
    """A server that the reader holds back can't send anything, and is not given up for that."""
    env.require(env.receive_backpressure, "classic WebSocket can't hold the server back")
    size, count = 16 * 1024, 1000
    path = f"/send?count={count}&size={size}&kind=binary&close=0&compress=0"
    stream = env.stream(path, high_water_mark=8 * size, idle_timeout=IDLE)
    await stream.opened
    await asyncio.sleep(2.5 * IDLE)
    check([await stream.recv() for _ in range(count)], count, size, "binary")
    error = await failure(WebSocketError, stream.closed)
    assert f"idle_timeout={IDLE}" in str(error)


@scenario()
async def idle_timeout_ends_with_the_connection(env: Env) -> None:
    """From close() on only ``close_timeout`` counts, and neither before the connection is open."""
    stream = env.stream("/never-answers-close", idle_timeout=0.1, close_timeout=0.5)
    await stream.opened
    stream.close()
    assert "close_timeout=0.5" in str(await failure(WebSocketError, stream.closed))

    stream = env.stream("/never-handshakes", idle_timeout=0.1, open_timeout=0.3)
    assert "open_timeout=0.3" in str(await failure(WebSocketError, stream.opened))

    async with env.stream("/slow-handshake?delay_ms=300", idle_timeout=0.2) as ws:
        await ws.send("still there?")
        assert await ws.recv() == "still there?"


@scenario()
async def busy_program_does_not_take_its_server_for_dead(env: Env) -> None:
    """What came while the program has blocked everything for longer than that still counts."""
    async with env.stream("/samples?delay_ms=50", idle_timeout=IDLE) as ws:
        for _ in range(3):
            await ws.recv()
            time.sleep(2 * IDLE)
        await ws.recv()
