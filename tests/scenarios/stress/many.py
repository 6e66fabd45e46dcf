"""As many connections at once as the browser allows, and very many one after the other."""

from __future__ import annotations

import asyncio
import time

from websocketstream import WebSocketError, WebSocketOpenInfo, WebSocketStream

from ..steps import assert_echoes, failure, outcome
from .env import StressEnv, within
from .registry import stress

ENOUGH = 600
"""No browser has shown that it allows so many."""


@stress
async def warm_up(env: StressEnv) -> None:
    """Send a message there and back, on a page that has just been started."""
    await env.round_trip()


@stress
async def connections_at_once(env: StressEnv) -> None:
    """Open connections until the browser refuses one; every other echoes, and all close."""
    streams: list[WebSocketStream] = []
    opened: list[WebSocketOpenInfo] = []
    refused: WebSocketError | None = None
    begun = time.monotonic()
    while refused is None and len(opened) < ENOUGH:
        # One by one: WebKit neither makes nor refuses what comes at once with one too many.
        stream = env.stream("/echo", open_timeout=20)
        end = await within(20, outcome(stream.opened))
        if isinstance(end, WebSocketOpenInfo):
            streams.append(stream)
            opened.append(end)
        else:
            assert isinstance(end, WebSocketError), repr(end)
            refused = end
            assert (await failure(WebSocketError, stream.closed)).close_code == 1006
    opening = time.monotonic() - begun
    assert refused is not None, f"{len(opened)} connections and no limit: it has to be looked for higher"
    assert "one too many for this browser" in str(refused), str(refused)
    await within(60, asyncio.gather(*(assert_echoes(each) for each in opened)))
    for stream in streams:
        stream.close()
    await within(60, asyncio.gather(*(stream.closed for stream in streams)))
    # With room again, the next one is made.
    await within(10, env.round_trip())
    env.figures |= {"connections at once": len(opened), "seconds to open them": round(opening, 1)}


@stress
async def connections_in_turn(env: StressEnv) -> None:
    """Open, use and close connections one after the other."""
    count = env.asked["count"]
    begun = time.monotonic()
    for number in range(count):
        async with env.stream("/echo") as opened:
            if number % 10 == 0:
                await assert_echoes(opened)
    seconds = time.monotonic() - begun
    env.figures |= {"connections in turn": count, "each (ms)": round(seconds / count * 1000, 1)}
