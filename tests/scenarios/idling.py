"""``idle_timeout``: a connection on which nothing comes any more is given up."""

from __future__ import annotations

import asyncio
import time

from websocketstream import WebSocketError

from .env import Env
from .payload import check
from .registry import scenario
from .steps import failure, read_until_error, refusal

IDLE = 0.6
LONG_IDLE = 1.2
"""Longer than a machine may stall while messages come."""


@scenario(quick=True)
async def silent_server_is_given_up_after_idle_timeout(env: Env) -> None:
    """When nothing comes for ``idle_timeout`` the connection is lost, and the error says why."""
    id = env.new_id()
    stream = env.stream(f"/send?count=3&close=0&id={id}", idle_timeout=LONG_IDLE)
    opened = await stream.opened
    messages, error = await read_until_error(WebSocketError, opened.readable)
    check(messages, 3, 10, "text")
    assert (error.close_code, error.reason) == (1006, "")
    assert f"idle_timeout={LONG_IDLE}" in str(error)
    assert await failure(WebSocketError, stream.closed) is error
    assert refusal(WebSocketError, stream.send, "too late") is error
    await env.journal(id)  # the server sees the connection gone


@scenario()
async def messages_are_a_sign_of_life(env: Env) -> None:
    """While messages come the connection stays open, whether they are read or not."""
    async with env.stream("/samples?count=40&delay_ms=50", idle_timeout=LONG_IDLE) as ws:
        await asyncio.sleep(1.2 * LONG_IDLE)
        assert len([message async for message in ws]) == 40
        assert await ws.closed == (1000, "")


@scenario(timeout=30)
async def server_that_is_held_back_is_not_idle(env: Env) -> None:
    """A server that the reader holds back can't send anything, and is not given up for that."""
    env.require(env.receive_backpressure, "classic WebSocket can't hold the server back")
    size, count = 16 * 1024, 1000
    path = f"/send?count={count}&size={size}&kind=binary&close=0&compress=0"
    stream = env.stream(path, high_water_mark=8 * size, idle_timeout=LONG_IDLE)
    await stream.opened
    await asyncio.sleep(1.2 * LONG_IDLE)
    check([await stream.recv() for _ in range(count)], count, size, "binary")
    error = await failure(WebSocketError, stream.closed)
    assert f"idle_timeout={LONG_IDLE}" in str(error)


@scenario()
async def idle_timeout_ends_with_the_connection(env: Env) -> None:
    """From close() on only ``close_timeout`` counts, and neither before the connection is open."""
    stream = env.stream("/never-answers-close", idle_timeout=0.3, close_timeout=0.5)
    await stream.opened
    stream.close()
    assert "close_timeout=0.5" in str(await failure(WebSocketError, stream.closed))

    stream = env.stream("/never-handshakes", idle_timeout=0.1, open_timeout=0.3)
    assert "open_timeout=0.3" in str(await failure(WebSocketError, stream.opened))

    async with env.stream("/slow-handshake?delay_ms=300", idle_timeout=0.2):
        pass


@scenario()
async def busy_program_does_not_take_its_server_for_dead(env: Env) -> None:
    """What came while the program has blocked everything for longer than that still counts."""
    async with env.stream("/samples?delay_ms=50", idle_timeout=IDLE) as ws:
        for _ in range(3):
            await ws.recv()
            time.sleep(2 * IDLE)
        await ws.recv()
