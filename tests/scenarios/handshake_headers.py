"""Headers of a handshake that goes through the gateway, with no library but asyncio's streams."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import websocketstream
from websocketstream import NotSupportedError

from .env import BrowserEnv, Env
from .registry import scenario

BROWSERS = ("chromium", "firefox", "webkit")


@scenario(quick=True)
async def headers_are_sent_where_the_runtime_can(env: Env) -> None:
    """Node, Deno and Bun send the headers of a handshake; in a browser that is an error at the write."""
    env.require(isinstance(env, BrowserEnv), "only a JavaScript runtime has a gateway")
    assert isinstance(env, BrowserEnv)
    server = urlsplit(env.server)
    request = (
        f"GET /headers HTTP/1.1\r\nHost: {server.netloc}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Authorization: Bearer s3cret-t0ken\r\n\r\n"
    )
    # Headers can be sent over a classic WebSocket only.
    websocketstream.install(backend="polyfill")
    try:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)
        try:
            writer.write(request.encode())
        except NotSupportedError as error:
            assert env.engine in BROWSERS
            assert "Authorization" in str(error)
            assert "s3cret" not in str(error)
        else:
            assert env.engine not in BROWSERS
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert b"Bearer s3cret-t0ken" in await reader.readuntil(b"}")
        writer.close()
    finally:
        websocketstream.uninstall()
