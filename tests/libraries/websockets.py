"""The WebSocket server of the tests, written with `websockets`: a route for each behaviour."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.server import serve as serve_routes

LIBRARY = "websockets"
REQUIREMENTS = ("websockets",)
GROUP = "websockets-17"
CHECKS = ("a_server_is_down", "a_header_is_refused", "no_extension_is_negotiated")


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with serve_routes() as server:
        yield server.url
