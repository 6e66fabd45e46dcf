"""Headers of the opening handshake: of a stream, and through the gateway with asyncio's own streams."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import websocketstream
from websocketstream import NotSupportedError

from .env import BrowserEnv, Env
from .registry import scenario
from .steps import refusal

BROWSERS = ("chromium", "firefox", "webkit")
SECRET = "s3cret-t0ken"


def _sends_headers(env: Env) -> bool:
    """Whether a program can send headers here. The fake network stands for a page."""
    if isinstance(env, BrowserEnv):
        # The native WebSocketStream, which Deno can have, takes none.
        return env.engine not in BROWSERS and not env.native
    return env.kind == "library"


@scenario(quick=True)
async def headers_of_a_stream_are_sent_or_refused(env: Env) -> None:
    """On CPython, Node, Deno and Bun a stream sends ``headers``; a page can't, and says what to do."""
    headers = {"Authorization": f"Bearer {SECRET}", "X-Count": "7"}
    if not _sends_headers(env):
        error = refusal(NotSupportedError, env.stream, "/headers", headers=headers)
        assert "Authorization, X-Count" in str(error)
        assert "query string" in str(error)
        assert SECRET not in str(error)
        return
    async with env.stream("/headers", headers=headers, protocols=["v2"]) as ws:
        received = json.loads(await ws.recv())["headers"]
        assert ws.protocol == "v2"
    assert (received["authorization"], received["x-count"]) == (f"Bearer {SECRET}", "7")


@scenario()
async def invalid_headers_are_refused_at_once(env: Env) -> None:
    """Headers that are no headers are refused everywhere, and the error does not show their values."""
    id = env.new_id()
    for headers, kind in (
        ({"a b": SECRET}, ValueError),
        ({"": SECRET}, ValueError),
        ({"Authorization": f"{SECRET}\r\nX-Other: 1"}, ValueError),
        ({"Authorization": f"{SECRET} →"}, ValueError),
        ([("Authorization", SECRET.encode())], TypeError),
    ):
        error = refusal(kind, env.stream, f"/headers?id={id}", headers=headers)
        assert SECRET not in str(error)
    async with env.stream("/echo", headers={}) as ws:
        await ws.send("no header is fine")
        await ws.recv()
    assert (await env.journal(id, wait="no"))["path"] is None


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
