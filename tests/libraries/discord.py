"""A stand-in for Discord: the part of its REST API and of its gateway that a bot with one command needs.

It checks what Discord checks: the token, the parameters of the gateway's URL, and that heartbeats keep
coming. A user writes a command when a few of them have come.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import zstandard
from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "discord.py"
REQUIREMENTS = ("discord.py",)
# Needed for voice only, and not available for Pyodide.
MOCKED = (("audioop-lts", "0.2.2", "audioop"),)
GROUP = "websockets-17"
EXPECTS = ("DeprecationWarning: 'asyncio.iscoroutinefunction' is deprecated",)

TOKEN = "secret"
HEARTBEAT_INTERVAL = 300
"""In milliseconds."""
GRACE = 5.0
"""Seconds that a heartbeat may be late."""
HEARTBEATS = 3
MESSAGE_CONTENT = 1 << 15
TIME = "2026-01-01T00:00:00.000000+00:00"
BOT = {"id": "1", "username": "calculator", "discriminator": "0", "avatar": None, "bot": True}
USER = {"id": "2", "username": "joe", "discriminator": "0", "avatar": None, "global_name": "Joe"}
CHANNEL = {"id": "20", "type": 0, "name": "general", "position": 0, "permission_overwrites": []}
APPLICATION = {
    "id": "1",
    "name": "calculator",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "owner": USER,
    "flags": 0,
}


def message(identifier: int, author: dict[str, Any], content: str) -> dict[str, Any]:
    return {
        "id": str(identifier),
        "type": 0,
        "channel_id": CHANNEL["id"],
        "guild_id": "10",
        "author": author,
        "content": content,
        "timestamp": TIME,
        "edited_timestamp": None,
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        **{key: [] for key in ("mentions", "mention_roles", "attachments", "embeds", "components")},
    }


def guild() -> dict[str, Any]:
    everyone = {"id": "10", "name": "@everyone", "permissions": str(1 << 11), "position": 0}
    return {
        "id": "10",
        "name": "example",
        "owner_id": USER["id"],
        "member_count": 2,
        "roles": [everyone],
        "channels": [CHANNEL],
        "members": [
            {"user": BOT, "flags": 0, "roles": [], "joined_at": TIME, "deaf": False, "mute": False}
        ],
        **{key: [] for key in ("emojis", "features", "threads", "presences", "voice_states")},
    }


Compress = Callable[[bytes], bytes]


def zlib_stream() -> Compress:
    stream = zlib.compressobj()
    return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)


def zstd_stream() -> Compress:
    stream = zstandard.ZstdCompressor().compressobj()
    return lambda data: stream.compress(data) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


COMPRESSIONS = {"zlib-stream": zlib_stream, "zstd-stream": zstd_stream}


class Discord:
    """The service: its REST API, and the connections to its gateway."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.identifier = 100

    def application(self) -> web.Application:
        app = web.Application(middlewares=[allowing("authorization", "content-type")])
        app.add_routes(
            [
                web.get("/api/v10/users/@me", self.me),
                web.get("/api/v10/oauth2/applications/@me", self.about),
                web.post("/api/v10/channels/20/messages", self.post),
                web.get("/gateway/", self.gateway),
            ]
        )
        return app

    async def me(self, request: web.Request) -> web.Response:
        return self.answer(request, BOT)

    async def about(self, request: web.Request) -> web.Response:
        return self.answer(request, APPLICATION)

    async def post(self, request: web.Request) -> web.Response:
        """Create a message, which everybody in the channel then receives."""
        self.identifier += 1
        posted = message(self.identifier, BOT, (await request.json())["content"])
        for connection in self.connections:
            await connection.dispatch("MESSAGE_CREATE", posted)
        return self.answer(request, posted)

    def answer(self, request: web.Request, data: dict[str, Any]) -> web.Response:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
        text = json.dumps(data)
        return web.Response(body=text.encode(), headers={"Content-Type": "application/json"})

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        compression = COMPRESSIONS.get(request.query.get("compress", ""))
        asked_for = (request.query.get("v"), request.query.get("encoding"))
        if compression is None or asked_for != ("10", "json"):
            await socket.close(code=4012, message=b"Invalid API version")
            return socket
        connection = Connection(socket, compression(), f"ws://{request.host}/gateway/")
        self.connections.append(connection)
        with suppress(ConnectionError):
            await connection.run()
        self.connections.remove(connection)
        return socket


class Connection:
    """A connection to the gateway, whose messages are one compressed stream."""

    def __init__(self, socket: web.WebSocketResponse, compress: Compress, url: str) -> None:
        self.socket = socket
        self.compress = compress
        self.url = url
        self.sequence = 0
        self.heartbeats = 0

    async def run(self) -> None:
        await self.send(10, {"heartbeat_interval": HEARTBEAT_INTERVAL})
        try:
            while True:
                async with asyncio.timeout(HEARTBEAT_INTERVAL / 1000 + GRACE):
                    received = await self.socket.receive()
                if received.type is not web.WSMsgType.TEXT:
                    return
                request = json.loads(received.data)
                await self.answer(request["op"], request["d"])
        except TimeoutError:
            await self.socket.close(code=4009, message=b"Session timed out")

    async def answer(self, op: int, data: Any) -> None:
        if op == 1:
            await self.send(11, None)
            self.heartbeats += 1
            if self.heartbeats == HEARTBEATS:
                await self.dispatch("MESSAGE_CREATE", message(1, USER, ">add 2 3"))
        elif op == 2:
            if data["token"] != TOKEN:
                await self.socket.close(code=4004, message=b"Authentication failed")
            elif not data["intents"] & MESSAGE_CONTENT:
                await self.socket.close(code=4014, message=b"Disallowed intents")
            else:
                await self.ready()
        else:
            await self.socket.close(code=4001, message=b"Unknown opcode")

    async def ready(self) -> None:
        application = {"id": BOT["id"], "flags": 0}
        await self.dispatch(
            "READY",
            {
                "v": 10,
                "user": BOT,
                "guilds": [{"id": "10", "unavailable": True}],
                "session_id": "session",
                "resume_gateway_url": self.url,
                "application": application,
            },
        )
        await self.dispatch("GUILD_CREATE", guild())

    async def dispatch(self, event: str, data: Any) -> None:
        self.sequence += 1
        await self.send(0, data, t=event, s=self.sequence)

    async def send(self, op: int, data: Any, **more: Any) -> None:
        payload = json.dumps({"op": op, "d": data, "t": None, "s": None} | more).encode()
        await self.socket.send_bytes(self.compress(payload))


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with aiohttp_server(Discord().application()) as url:
        yield url
