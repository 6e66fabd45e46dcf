"""A Socket.IO server written with `python-socketio` itself, run by uvicorn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio

from ._serving import asgi_server

LIBRARY = "python-socketio"
REQUIREMENTS = ("python-socketio[asyncio-client]",)
GROUP = "websockets-17"


def chat() -> Any:
    """Return a server with the events that the examples use."""
    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        if auth != {"token": "secret"} and environ.get("HTTP_AUTHORIZATION") != "Bearer secret":
            raise socketio.exceptions.ConnectionRefusedError("authentication failed")

    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)
        await server.emit("my_message", {"joined": room}, to=room)

    async def my_response(sid: str, data: Any) -> None:
        await server.emit("heard", data, to=sid)

    async def add(sid: str, a: int, b: int) -> int:
        return a + b

    async def ask(sid: str, question: str) -> Any:
        """Call the client, and acknowledge with what it acknowledged."""
        return await server.call("question", question, to=sid)

    async def reversed_bytes(sid: str, data: bytes) -> bytes:
        return data[::-1]

    for handler in (connect, join, my_response, add, ask, reversed_bytes):
        server.on(handler.__name__, handler)
    return server


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with asgi_server(socketio.ASGIApp(chat())) as url:
        yield url
