"""Cancelling, many connections in turn, and install() and uninstall() around them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from aiohttp import ClientSession

import websocketstream

from ..payload import message
from ..steps import failure
from .env import LibrariesEnv
from .registry import scenario


@scenario(quick=True)
async def cancelled_recv_loses_nothing(env: LibrariesEnv) -> None:
    """A message that arrives while `recv()` is cancelled is returned by the next one."""
    received: list[str | bytes] = []
    async with env.connect("/send?count=60&delay_ms=2") as ws:
        while len(received) < 60:
            task = asyncio.ensure_future(ws.recv())
            await asyncio.wait([task], timeout=0.001)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                received.append(task.result())
    assert received == [message(index, 10, "text") for index in range(60)]


@scenario()
async def cancelled_connect_leaves_nothing(env: LibrariesEnv) -> None:
    """Connecting can be cancelled at any moment: no connection is left, and the next one works."""
    for turns in (0, 1, 2, 3, 5, 10, 20):
        connecting = asyncio.ensure_future(_connect(env, "/slow-handshake?delay_ms=100"))
        for _ in range(turns):
            await asyncio.sleep(0)
        connecting.cancel()
        await failure(asyncio.CancelledError, connecting)
    async with env.session() as session:
        for pause in (0, 0.01, 0.03):
            waiting = asyncio.ensure_future(_ws_connect(env, session))
            await asyncio.sleep(pause)
            waiting.cancel()
            await failure(asyncio.CancelledError, waiting)
    await _echo(env)


async def _connect(env: LibrariesEnv, path: str) -> None:
    await env.connect(path)


async def _ws_connect(env: LibrariesEnv, session: ClientSession) -> None:
    await env.ws_connect(session, "/slow-handshake?delay_ms=100")


async def _echo(env: LibrariesEnv) -> None:
    async with env.connect("/echo") as ws:
        await ws.send("works")
        assert await ws.recv() == "works"


@scenario()
async def cancelled_send_and_close_end_in_time(env: LibrariesEnv) -> None:
    """Tasks that wait to send or to close can be cancelled, and the connection still ends."""
    async with env.connect("/never-answers-close", close_timeout=0.2) as ws:
        closing = asyncio.ensure_future(ws.close())
        await asyncio.sleep(0.01)
        closing.cancel()
        await failure(asyncio.CancelledError, closing)
        async with asyncio.timeout(8):
            await ws.close()


@scenario(timeout=30, quick=True)
async def connections_in_turn_leave_nothing(env: LibrariesEnv) -> None:
    """Connections that are used one after the other leave no proxy, task or timer behind."""
    for _ in range(20):
        await _echo(env)
    async with env.session() as session:
        for _ in range(20):
            async with env.ws_connect(session, "/echo") as ws:
                await ws.send_str("works")
                assert await ws.receive_str() == "works"


@scenario()
async def connections_at_once_are_apart(env: LibrariesEnv) -> None:
    """Connections that are open at the same time receive only their own messages."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(env.connect("/echo")) for _ in range(15)]
        session = await stack.enter_async_context(env.session())
        others = [await stack.enter_async_context(env.ws_connect(session, "/echo")) for _ in range(15)]
        for number, (ws, other) in enumerate(zip(opened, others, strict=True)):
            await ws.send(f"{number}")
            await other.send_bytes(bytes([number]))
        for number, (ws, other) in enumerate(zip(opened, others, strict=True)):
            assert await ws.recv() == f"{number}"
            assert await other.receive_bytes() == bytes([number])


@scenario()
async def connection_that_is_forgotten_leaves_nothing(env: LibrariesEnv) -> None:
    """A program that aborts its transports, in whatever state, leaves nothing behind."""
    for path in ("/echo", "/send?count=1000&size=1000&close=0", "/never-answers-close"):
        ws = await env.connect(path)
        await ws.send("on its way")
        ws.transport.abort()
        await ws.wait_closed()
    async with env.session() as session:
        await env.ws_connect(session, "/echo")


@scenario(quick=True)
async def installing_twice_is_installing_once(env: LibrariesEnv) -> None:
    """After two calls of install() one uninstall() undoes both, and open connections go on."""
    loop = asyncio.get_running_loop()
    env.install()
    async with (
        env.connect("/echo") as ws,
        env.session() as session,
        env.ws_connect(session, "/echo") as other,
    ):
        websocketstream.uninstall()
        websocketstream.uninstall()
        method = loop.create_connection
        assert not method.__module__.startswith("websocketstream"), method
        await ws.send("goes on")
        await other.send_str("goes on")
        assert await ws.recv() == "goes on"
        assert await other.receive_str() == "goes on"
        env.install()
        await _echo(env)
        await ws.send("still")
        assert await ws.recv() == "still"
