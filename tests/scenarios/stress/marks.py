"""The mark for sending: how long a message waits behind a slow server, and the rate to a fast one."""

from __future__ import annotations

import time
from statistics import median

from websocketstream import WebSocketStream

from .env import StressEnv
from .registry import stress

MIB = 1 << 20
PIECE = 64 * 1024
MARKS = (16 * MIB, 1 * MIB)
FILLING = 4.0
"""Seconds of sending, after which the network's buffers are full as well."""

LIMIT = 32 * MIB
"""Bytes that are sent at most: WebKit never lets a write wait."""

CHUNK, DELAY_MS = 20_000, 10
"""Bytes that the slow server takes at a time, and the time in between: 2 MB/s."""

TOTAL = 32 * MIB
ROUNDS = 25


@stress
async def wait_behind_a_slow_server(env: StressEnv) -> None:
    """Send without a pause, and find out how long one more message takes to the server and back."""
    for mark in MARKS:
        stream = env.stream(
            f"/digest?compress=0&chunk={CHUNK}&delay_ms={DELAY_MS}",
            send_high_water_mark=mark,
            close_timeout=60,
        )
        await stream.opened
        begun = time.monotonic()
        sent = PIECE
        room = stream.send(bytes(PIECE))
        # Up to a write that would have to wait: the buffer is full then.
        while sent < LIMIT and (room.settled or time.monotonic() - begun < FILLING):
            await room
            room = stream.send(bytes(PIECE))
            sent += PIECE
        begun = time.monotonic()
        stream.send("?")
        await stream.recv()
        name = f"mark {mark // MIB} MiB: a message waits (s)"
        env.figures[name] = round(time.monotonic() - begun, 1)
        stream.close()
        assert await stream.closed == (1005, "")


@stress
async def rate_to_a_fast_server(env: StressEnv) -> None:
    """Send at both marks, in turn, and compare the rates of each pair."""
    for size in (PIECE, MIB):
        rates: dict[int, list[float]] = {mark: [] for mark in MARKS}
        for number in range(2 * ROUNDS):
            # a b, b a, a b, …: what drifts is shared by both.
            mark = MARKS[(number + number // 2) % 2]
            rates[mark].append(await _rate(env, size, mark))
        name = f"{size // 1024:,} KiB messages"
        high, low = (rates[mark] for mark in MARKS)
        env.figures[f"{name}: MB/s at 16 MiB"] = round(median(high))
        env.figures[f"{name}: MB/s at 1 MiB"] = round(median(low))
        ratios = [one / other for one, other in zip(low, high, strict=True)]
        env.figures[f"{name}: ratio, median of {ROUNDS}"] = round(median(ratios), 2)


async def _rate(env: StressEnv, size: int, mark: int) -> float:
    id = env.new_id()
    stream: WebSocketStream = env.stream(f"/sink?id={id}&compress=0", send_high_water_mark=mark)
    await stream.opened
    message = bytes(size)
    begun = time.monotonic()
    for _ in range(TOTAL // size):
        await stream.send(message)
    await env.journal(id, wait="no", messages=TOTAL // size)
    seconds = time.monotonic() - begun
    stream.close()
    assert await stream.closed == (1005, "")
    return TOTAL / seconds / 1e6
