"""Very many messages and bytes through one connection, and very many connections."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256

from aiohttp import WSMsgType

from ...payload import framed
from ...stress.load import WINDOW, Memory, report
from .env import GatewayStressEnv
from .registry import stress


@stress
async def warm_up(env: GatewayStressEnv) -> None:
    """Send a message there and back with each library, on a page that has just been started."""
    await _use_both(env)


async def _use_both(env: GatewayStressEnv) -> None:
    async with env.connect("/echo") as ws:
        await ws.send("there and back")
        assert await ws.recv() == "there and back"
    async with env.session() as session, env.ws_connect(session, "/echo") as other:
        await other.send_str("there and back")
        assert await other.receive_str() == "there and back"


@stress
async def connections_in_turn(env: GatewayStressEnv) -> None:
    """Open, use and close connections of each library, one after the other."""
    count = env.asked["count"]
    begun = time.monotonic()
    for _ in range(count):
        await _use_both(env)
    seconds = time.monotonic() - begun
    env.figures |= {
        "connections in turn, of each library": count,
        "two of them (ms)": round(seconds / count * 1000, 1),
    }


@stress
async def receive(env: GatewayStressEnv) -> None:
    """Receive `count` messages of `size` with each library, in order and whole, in flat memory."""
    count, size = env.asked["count"], env.asked["size"]
    # The server waits for an answer to each window: it can't be held back on every back end.
    window = max(1, WINDOW // size)
    path = f"/blast?count={count}&size={size}&window={WINDOW}&compress=0"
    body = bytes(size - 4)
    memory = Memory()
    begun = time.monotonic()
    async with env.connect(path, max_size=None) as ws:
        for index in range(count):
            assert await ws.recv() == index.to_bytes(4, "big") + body, index
            if (index + 1) % window == 0:
                await ws.send("go on")
            if (index + 1) % (count // 10) == 0:
                memory.read()
    report(env, "websockets receives", time.monotonic() - begun, memory)
    memory = Memory()
    begun = time.monotonic()
    async with env.session() as session, env.ws_connect(session, path, max_msg_size=0) as other:
        for index in range(count):
            message = await other.receive()
            assert message.type is WSMsgType.BINARY, message
            assert message.data == index.to_bytes(4, "big") + body, index
            if (index + 1) % window == 0:
                await other.send_str("go on")
            if (index + 1) % (count // 10) == 0:
                memory.read()
    report(env, "aiohttp receives", time.monotonic() - begun, memory)


@stress
async def send(env: GatewayStressEnv) -> None:
    """Send `count` messages of `size`; the server gets them all, in order and whole, in flat memory."""
    count, size = env.asked["count"], env.asked["size"]
    id = env.new_id()
    body = bytes(size - 4)
    digest = sha256()
    memory = Memory()
    begun = time.monotonic()
    async with env.connect(f"/sink?id={id}&compress=0", ping_interval=None) as ws:
        for number in range(1, count + 1):
            message = number.to_bytes(4, "big") + body
            digest.update(framed(message))
            await ws.send(message)
            if number * size % WINDOW < size:
                # Some browsers take in whatever is sent: then the server has to say that it has it.
                await env.journal(id, wait="no", messages=number)
            if number % 1000 == 0:
                await asyncio.sleep(0)
            if number % (count // 10) == 0:
                memory.read()
    seconds = time.monotonic() - begun
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["sha256"]) == (count, digest.hexdigest())
    report(env, "websockets sends", seconds, memory)
