"""The samples, each on connections of its own. Those of page/loops.js do the same."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

from js import performance, wasmHeapBytes

from .clients import Client

type Open = Callable[[str], Awaitable[Client]]
type Sample = dict[str, Any]

ECHO = "abcdefghijklmnopqrstuvwxyz012345"


async def receive(open: Open, url: str, count: int, **_: Any) -> Sample:
    """How long it takes until so many messages have been received."""
    connection = await _open(open, url)
    begun = performance.now()
    await connection.write("go")
    tally = await connection.receive(count)
    ms = performance.now() - begun
    await connection.close()
    return {"ms": ms, "messages": tally.messages, "bytes": tally.size}


async def send(open: Open, url: str, kind: str, size: int, count: int, **_: Any) -> Sample:
    """How long it takes until the server says that it has so many messages."""
    connection = await _open(open, url)
    message = (ECHO * (size // len(ECHO) + 1))[:size] if kind == "text" else bytes(size)
    begun = performance.now()
    await connection.send(message, count)
    await connection.read()
    ms = performance.now() - begun
    await connection.close()
    return {"ms": ms}


async def round_trips(open: Open, url: str, count: int) -> Sample:
    """How long each of so many echoes takes, one after the other."""
    connection = await _open(open, url)
    times = []
    for _ in range(count):
        begun = performance.now()
        await _echo(connection)
        times.append(performance.now() - begun)
    await connection.close()
    return {"times": times}


async def connects(open: Open, url: str, count: int) -> Sample:
    """How long each of so many connections takes to open, one after the other."""
    times = []
    for _ in range(count):
        begun = performance.now()
        connection = await open(url)
        times.append(performance.now() - begun)
        await connection.close()
    return {"times": times}


async def many(open: Open, url: str, connections: int, echoes: int) -> Sample:
    """How long it takes to open so many connections at once, and to have echoes on all of them."""
    begun = performance.now()
    opened = await asyncio.gather(*(open(url) for _ in range(connections)))
    between = performance.now()

    async def talk(connection: Client) -> None:
        for _ in range(echoes):
            await _echo(connection)

    await asyncio.gather(*map(talk, opened))
    end = performance.now()
    await asyncio.gather(*(connection.close() for connection in opened))
    return {"open_ms": between - begun, "echo_ms": end - between}


async def slow(open: Open, url: str, seconds: float, pause_ms: float) -> Sample:
    """How much memory is taken while a reader lingers in a flood."""
    before = wasmHeapBytes()
    connection = await _open(open, url)
    await connection.write("go")
    until = performance.now() + seconds * 1000
    messages = 0
    while performance.now() < until:
        await connection.read()
        messages += 1
        await asyncio.sleep(pause_ms / 1000)
    grown = wasmHeapBytes() - before
    while await connection.read() != "end":
        messages += 1
    await connection.close()
    return {"grown": grown, "messages": messages}


async def _open(open: Open, url: str) -> Client:
    # What an earlier sample left is not this one's to clear away.
    gc.collect()
    return await open(url)


async def _echo(connection: Client) -> None:
    await connection.write(ECHO)
    await connection.read()
