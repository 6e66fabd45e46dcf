"""Servers that several libraries need: context managers that give the server's URL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.server import Server, ServerConnection, serve

HOST = "127.0.0.1"


@asynccontextmanager
async def serving(server: Awaitable[Server]) -> AsyncIterator[str]:
    """Run a server of `websockets` that was not started yet."""
    async with await server as running:
        (socket,) = running.sockets
        yield f"ws://{HOST}:{socket.getsockname()[1]}"


@asynccontextmanager
async def websockets_server(
    handler: Callable[[ServerConnection], Awaitable[None]], **options: Any
) -> AsyncIterator[str]:
    """Serve connections with a handler and the `websockets` library."""
    async with serving(serve(handler, HOST, 0, **options)) as url:
        yield url


@asynccontextmanager
async def asgi_server(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application with uvicorn."""
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, lifespan="off", log_level="error"))
    # Not its own signal handlers, which only the main thread may have.
    running = asyncio.ensure_future(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"ws://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


@asynccontextmanager
async def aiohttp_server(app: Any) -> AsyncIterator[str]:
    """Serve an application of `aiohttp.web`."""
    from aiohttp import web

    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        yield f"ws://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
