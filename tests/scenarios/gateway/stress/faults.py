"""Network faults with `websockets`: each ends in the library's own error, in time, and messages that
had arrived before are delivered. The faults are those of the package's own stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidHandshake

from ...payload import check
from ...steps import Message, failure, settled
from ...stress.env import within
from ...stress.faults import COUNT, FAULTS, LIMIT, SIZE
from .env import GatewayStressEnv
from .registry import stress

Way = Callable[[GatewayStressEnv, str], Coroutine[Any, Any, None]]
OPTIONS = {"ping_interval": None, "close_timeout": LIMIT, "open_timeout": 10}


async def _assert_lost(ws: ClientConnection) -> ConnectionClosedError:
    """Check that each call fails, and that the server has sent no Close frame."""
    error = await within(LIMIT, failure(ConnectionClosedError, ws.recv()))
    assert error.rcvd is None, error.rcvd
    await within(LIMIT, failure(ConnectionClosed, ws.send("late")))
    await within(LIMIT, ws.close())
    return error


async def _read_on(ws: ClientConnection, received: list[Message]) -> None:
    async for message in ws:
        received.append(message)


async def after_all_was_read(env: GatewayStressEnv, url: str) -> None:
    """Read everything; the write after that brings the fault."""
    async with env.connect(url, **OPTIONS) as ws:
        check([await ws.recv() for _ in range(COUNT)], COUNT, SIZE, "text")
        await ws.send("now")
        await _assert_lost(ws)


async def while_reading(env: GatewayStressEnv, url: str) -> None:
    """Receive ten messages and a half."""
    async with env.connect(url, **OPTIONS) as ws:
        await ws.send("settled")
        received: list[Message] = []
        await within(LIMIT, failure(ConnectionClosedError, _read_on(ws, received)))
        # TCP itself drops what has arrived and was not read when a reset comes.
        count = len(received) if "reset" in url else COUNT // 2
        assert count <= COUNT // 2
        check(received, count, SIZE, "text")
        await _assert_lost(ws)


async def in_the_handshake(env: GatewayStressEnv, url: str) -> None:
    """Receive twenty bytes of the response to the handshake."""

    async def connect() -> None:
        await env.connect(url, **OPTIONS | {"open_timeout": LIMIT})

    try:
        await within(LIMIT, connect())
    except (OSError, InvalidHandshake):
        return
    raise AssertionError("it has connected")


async def unnoticed(env: GatewayStressEnv, url: str) -> None:
    """Receive ten messages and a half, and then nothing, not even an answer to the Close."""
    async with env.connect(url, **OPTIONS) as ws:
        check([await ws.recv() for _ in range(COUNT // 2)], COUNT // 2, SIZE, "text")
        reading = asyncio.ensure_future(failure(ConnectionClosedError, ws.recv()))
        await asyncio.sleep(0)
        begun = time.monotonic()
        await within(LIMIT, ws.close())
        assert time.monotonic() - begun >= LIMIT * 0.9
        assert (await reading).rcvd is None


async def slowly(env: GatewayStressEnv, url: str) -> None:
    """Receive everything, late."""
    async with env.connect(url, **OPTIONS) as ws:
        received: list[Message] = []
        error = await within(10, failure(ConnectionClosedError, _read_on(ws, received)))
        check(received, 5, 10, "text")
        assert error.rcvd is not None and (error.rcvd.code, error.rcvd.reason) == (4000, "late")


async def while_answering(env: GatewayStressEnv, url: str) -> None:
    """Send a message, and answer each one that comes back."""
    async with env.connect(url, **OPTIONS) as ws:
        answered = 0
        with suppress(ConnectionClosedError):
            await ws.send("0".ljust(SIZE))
            while message := await within(20, ws.recv()):
                assert message == str(answered).ljust(SIZE)
                answered += 1
                await ws.send(str(answered).ljust(SIZE))
        await _assert_lost(ws)


async def with_a_burst(env: GatewayStressEnv, url: str) -> None:
    """Send many small messages at once."""
    async with env.connect(url, **OPTIONS) as ws:
        with suppress(ConnectionClosedError):
            for _ in range(50):
                await ws.send(b"x" * 1000)
        await _assert_lost(ws)


async def while_sending(env: GatewayStressEnv, url: str) -> None:
    """Send without a pause, up to 16 MiB, and then close."""
    async with env.connect(url, **OPTIONS) as ws:
        sent = 0
        with suppress(ConnectionClosedError, TimeoutError):
            while sent < 16 << 20:
                async with asyncio.timeout(LIMIT):
                    await ws.send(bytes(16 * 1024))
                sent += 16 * 1024
        # The library waits for room before it waits for the server, and has no limit for that.
        await within(10 * LIMIT, ws.close())
        await _assert_lost(ws)


async def server_comes_back(env: GatewayStressEnv, url: str) -> None:
    """Lose the connection to a server that restarts, and connect again as soon as it is back."""
    async with env.connect("/restart", **OPTIONS) as ws:
        await ws.send("restart")
        await _assert_lost(ws)
    async with asyncio.timeout(20):
        async for again in env.connect("/echo"):
            await again.send("back?")
            assert await again.recv() == "back?"
            break
        await again.close()


PATHS: dict[Way, str] = {
    after_all_was_read: f"/send?count={COUNT}&size={SIZE}&close=0",
    while_reading: settled(f"/send?count={COUNT}&size={SIZE}&close=0&compress=0"),
    in_the_handshake: "/echo",
    unnoticed: f"/send?count={COUNT}&size={SIZE}&close=0&compress=0",
    slowly: "/send?count=5&size=10&compress=0&code=4000&reason=late",
    server_comes_back: "",
    while_answering: "/echo?compress=0",
    with_a_burst: "/sink?compress=0",
    while_sending: "/sink?compress=0",
}
"""The function and the path of each kind of fault, named as for the package's own stream."""

WAYS = {way.__name__: way for way in PATHS}


@stress
async def live_through(env: GatewayStressEnv) -> None:
    """Live through the faults of the option `faults`, and report the seconds that each took."""
    for name in env.asked["faults"]:
        fault = FAULTS[name]
        way = WAYS[fault.way.__name__]
        begun = time.monotonic()
        try:
            await way(env, env.faulty(fault.spec, PATHS[way]))
        except Exception as error:
            error.add_note(f"The fault: {name}")
            raise
        env.figures[name] = round(time.monotonic() - begun, 2)
