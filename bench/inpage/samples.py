"""The samples, each on connections of its own. Those of page/loops.js do the same."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from js import wasmHeapBytes

from .client import Client
from .tally import ECHO, Tally

type Open = Callable[[str], Awaitable[Client]]
type Sample = dict[str, Any]


async def receive(open: Open, url: str, count: int, **_: Any) -> Sample:
    """How long it takes until so many messages have been received."""
    connection = await _open(open, url)
    begun = perf_counter()
    await connection.write("go")
    tally = await connection.receive(count)
    ms = _ms_since(begun)
    await connection.close()
    return {"ms": ms, "messages": tally.messages, "bytes": tally.size}


async def send(open: Open, url: str, kind: str, size: int, count: int, **_: Any) -> Sample:
    """How long it takes until the server says that it has so many messages."""
    connection = await _open(open, url)
    message = (ECHO * (size // len(ECHO) + 1))[:size] if kind == "text" else bytes(size)
    begun = perf_counter()
    await connection.send(message, count)
    await connection.read()
    ms = _ms_since(begun)
    await connection.close()
    return {"ms": ms}


async def round_trips(open: Open, url: str, count: int) -> Sample:
    """How long each of so many echoes takes, one after the other."""
    connection = await _open(open, url)
    times = await connection.echoes(count)
    await connection.close()
    return {"times": times}


async def connects(open: Open, url: str, count: int) -> Sample:
    """How long each of so many connections takes to open, one after the other."""
    times = []
    for _ in range(count):
        begun = perf_counter()
        connection = await open(url)
        times.append(_ms_since(begun))
        await connection.close()
    return {"times": times}


async def many(open: Open, url: str, steps: list[tuple[int, int]], together: int) -> Sample:
    """How long it takes to open many connections, and to have echoes on all of them at once.

    A step opens more, up to a number of connections, and has so many echoes on each of all.
    """
    opened: list[Client] = []
    open_ms, echo_ms = 0.0, []

    async def talk(connection: Client, echoes: int) -> None:
        for _ in range(echoes):
            await connection.echo()

    for connections, echoes in steps:
        begun = perf_counter()
        while missing := connections - len(opened):
            opened += await asyncio.gather(*(open(url) for _ in range(min(together, missing))))
        open_ms += _ms_since(begun)
        begun = perf_counter()
        await asyncio.gather(*(talk(connection, echoes) for connection in opened))
        echo_ms.append(_ms_since(begun))
    await asyncio.gather(*(connection.close() for connection in opened))
    return {"open_ms": open_ms, "echo_ms": echo_ms}


async def slow(open: Open, url: str, seconds: float, pause_ms: float) -> Sample:
    """How much memory is taken while a reader lingers in a flood."""
    before = wasmHeapBytes()
    connection = await _open(open, url)
    await connection.write("go")
    until = perf_counter() + seconds
    messages = 0
    while perf_counter() < until:
        await connection.read()
        messages += 1
        await asyncio.sleep(pause_ms / 1000)
    taken = {"grown": wasmHeapBytes() - before, "read": messages}
    while await connection.read() != "end":
        messages += 1
    await connection.close()
    return {**taken, "messages": messages}


async def sustain(open: Open, url: str, count: int) -> Sample:
    """How much memory is taken after the first fifth of so many messages, each of which goes back."""
    connection = await _open(open, url)
    await connection.write("go")
    tally = Tally()
    before = 0
    while tally.messages < count:
        message = await connection.read()
        tally.add(message)
        await connection.write(message)
        if tally.messages == count // 5:
            before = wasmHeapBytes()
    grown = wasmHeapBytes() - before
    await connection.read()
    await connection.close()
    return {"messages": tally.messages, "bytes": tally.size, "grown": grown}


def _ms_since(begun: float) -> float:
    return (perf_counter() - begun) * 1000


async def _open(open: Open, url: str) -> Client:
    # What an earlier sample left is not this one's to clear away.
    gc.collect()
    return await open(url)
