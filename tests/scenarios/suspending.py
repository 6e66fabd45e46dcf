"""The option ``run_sync``: what code that a message resumes may do, and that nothing else differs."""

from __future__ import annotations

import asyncio
from typing import Any

from websocketstream import WebSocketStream, support

from .env import Env
from .payload import check
from .registry import scenario
from .steps import Message, refusal


async def _echo(ws: WebSocketStream, message: str) -> Message:
    """Send a message and wait for its echo, which resumes this code."""
    await ws.send(message)
    return await ws.recv()


def _run_sync(env: Env) -> Any:
    """Return Pyodide's function; skip where it can't work."""
    env.require(env.kind == "browser", "only Pyodide has run_sync()")
    env.require(support().jspi, "this browser can't suspend Python")
    from pyodide.ffi import run_sync

    return run_sync


@scenario()
async def code_that_a_message_resumes_may_call_run_sync(env: Env) -> None:
    """By default ``run_sync()`` works in code that has waited for a message."""
    run_sync = _run_sync(env)
    async with env.stream("/echo") as ws:
        for number in range(3):
            assert await _echo(ws, f"{number}") == f"{number}"
            assert run_sync(_echo(ws, "while suspended")) == "while suspended"


@scenario()
async def without_run_sync_only_code_that_the_event_loop_resumes_may_call_it(env: Env) -> None:
    """With ``run_sync=False`` Pyodide refuses it right after a message, and not later."""
    run_sync = _run_sync(env)
    async with env.stream("/echo", run_sync=False) as ws:
        for number in range(3):
            assert await _echo(ws, f"{number}") == f"{number}"
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            refusal(RuntimeError, run_sync, done)
            await asyncio.sleep(0)
            # The steps of this task are entered from JavaScript while Python is suspended here.
            assert run_sync(_echo(ws, "while suspended")) == "while suspended"


@scenario()
async def nothing_is_lost_or_late_without_run_sync(env: Env) -> None:
    """With ``run_sync=False`` echoes come one by one, and bursts whole and in order, to their end."""
    async with env.stream("/echo", run_sync=False) as ws:
        for number in range(30):
            assert await _echo(ws, f"{number}") == f"{number}"
        reads = [asyncio.ensure_future(ws.recv()) for _ in range(30)]
        await asyncio.sleep(0)
        for number in range(30):
            await ws.send(f"{number}")
        assert await asyncio.gather(*reads) == [f"{number}" for number in range(30)]
    ws = env.stream("/send?count=500&size=1000&code=4001&reason=done", run_sync=False)
    await ws.opened
    check([message async for message in ws], 500, 1000, "text")
    assert await ws.closed == (4001, "done")


@scenario()
async def small_mark_stops_no_reader_without_run_sync(env: Env) -> None:
    """With ``run_sync=False`` a reader whose buffer is full again and again gets every message."""
    env.require(env.receive_backpressure, "classic WebSocket can't hold the server back")
    async with env.stream("/send?count=500&close=0", run_sync=False, high_water_mark=100) as ws:
        check([await ws.recv() for _ in range(500)], 500, 10, "text")


@scenario()
async def leaving_a_burst_closes_without_run_sync(env: Env) -> None:
    """With ``run_sync=False`` a reader may close in the middle of a burst, from where it reads."""
    for stop in (1, 7, 8, 9, 40):
        async with env.stream("/send?count=200&size=100", run_sync=False) as ws:
            left = stop
            async for _ in ws:
                left -= 1
                if not left:
                    break
        assert ws.closed.settled
