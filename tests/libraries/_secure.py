"""A server that echoes over TLS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websockets

from ._serving import serving
from ._tls import server_context


async def _echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    server = serve_websockets(_echo, "127.0.0.1", 0, ssl=await server_context())
    async with serving(server) as url:
        yield url.replace("ws:", "wss:")
