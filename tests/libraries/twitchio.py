"""A stand-in for Twitch: sign-in, EventSub over WebSockets, and the chat that a bot answers in.

It checks what Twitch checks: tokens and client ID, and that nothing is ever sent over the WebSocket. In
the middle of the chat it moves the connection to another address, as Twitch does before a restart.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "twitchio"
REQUIREMENTS = ("twitchio",)
GROUP = "websockets-17"
EXPECTS = ("If you require the StarletteAdapter",)

CLIENT_ID = "client"
TOKEN = "secret"
BOT, OWNER, VIEWER = {"1": "calculator"}, {"2": "jane"}, {"3": "joe"}
ASKED = ("!add 2 3", "!add 20 22")


class Twitch:
    """The service, for one bot at a time. The chat begins when the bot subscribes to it."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.asked: Iterator[str] = iter(())

    def application(self) -> web.Application:
        app = web.Application(middlewares=[allowing("authorization", "client-id", "content-type")])
        app.add_routes(
            [
                web.get("/oauth2/validate", self.validate),
                web.get("/helix/users", self.users),
                web.post("/helix/eventsub/subscriptions", self.subscribe),
                web.post("/helix/chat/messages", self.post),
                web.get("/ws", self.eventsub),
            ]
        )
        return app

    async def validate(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"OAuth {TOKEN}":
            return web.json_response({"status": 401, "message": "invalid access token"}, status=401)
        user = {"client_id": CLIENT_ID, "login": "calculator", "user_id": "1"}
        return web.json_response(user | {"scopes": ["user:bot", "user:read:chat"], "expires_in": 14400})

    async def users(self, request: web.Request) -> web.Response:
        check(request)
        texts = ("broadcaster_type", "description", "profile_image_url", "offline_image_url", "type")
        user = {"id": "1", "login": "calculator", "display_name": "Calculator", "created_at": now()}
        return web.json_response({"data": [user | dict.fromkeys(texts, "")]})

    async def subscribe(self, request: web.Request) -> web.Response:
        check(request)
        wanted = await request.json()
        condition = {"broadcaster_user_id": "2", "user_id": "1"}
        assert (wanted["type"], wanted["condition"]) == ("channel.chat.message", condition)
        assert wanted["transport"]["session_id"] in self.sockets
        more = {"id": "subscription", "status": "enabled", "cost": 0, "created_at": now()}
        asyncio.get_running_loop().call_soon(asyncio.ensure_future, self.ask())
        answer = {"data": [wanted | more], "total": 1, "total_cost": 0, "max_total_cost": 10}
        return web.json_response(answer, status=202)

    async def post(self, request: web.Request) -> web.Response:
        check(request)
        wanted = await request.json()
        assert (wanted["broadcaster_id"], wanted["sender_id"]) == ("2", "1")
        await self.say(BOT, wanted["message"])
        if len(self.sockets) == 1:
            address = {"status": "reconnecting", "reconnect_url": f"ws://{request.host}/ws?moved=yes"}
            await self.send("session_reconnect", {"session": {"id": "1", **address}})
        sent = {"message_id": "1", "is_sent": True, "drop_reason": None}
        return web.json_response({"data": [sent]})

    async def eventsub(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if "moved" not in request.query:
            self.sockets.clear()
            self.asked = iter(ASKED)
        identifier = str(len(self.sockets) + 1)
        self.sockets[identifier] = socket
        session = {"id": identifier, "status": "connected", "keepalive_timeout_seconds": 10}
        welcome = {"session": session | {"connected_at": now(), "reconnect_url": None}}
        await self.send("session_welcome", welcome)
        if "moved" in request.query:
            await self.ask()
        async for _ in socket:
            await socket.close(code=4001, message=b"client sent inbound traffic")
        return socket

    async def ask(self) -> None:
        await self.say(VIEWER, next(self.asked))

    async def say(self, who: dict[str, str], text: str) -> None:
        """Show a message to everybody in the chat."""
        event: dict[str, Any] = {
            **user("broadcaster", OWNER),
            **user("chatter", who),
            **dict.fromkeys(("reply", "cheer", "channel_points_custom_reward_id")),
            **dict.fromkeys(("source_broadcaster_user_id", "channel_points_animation_id")),
            "message_id": str(next(self.numbers)),
            "message": {"text": text, "fragments": [{"type": "text", "text": text}]},
            "message_type": "text",
            "badges": [],
            "color": "#0000FF",
        }
        subscription = {"id": "subscription", "type": "channel.chat.message", "version": "1"}
        metadata = {"subscription_type": "channel.chat.message", "subscription_version": "1"}
        await self.send("notification", {"subscription": subscription, "event": event}, **metadata)

    async def send(self, message_type: str, payload: Any, **more: str) -> None:
        metadata = {"message_id": str(next(self.numbers)), "message_type": message_type}
        metadata |= {"message_timestamp": now(), **more}
        newest = list(self.sockets.values())[-1]
        await newest.send_str(json.dumps({"metadata": metadata, "payload": payload}))


def user(role: str, who: dict[str, str]) -> dict[str, str]:
    ((identifier, login),) = who.items()
    names = {"id": identifier, "login": login, "name": login.title()}
    return {f"{role}_user_{part}": value for part, value in names.items()}


def check(request: web.Request) -> None:
    given = request.headers.get("Client-ID"), request.headers.get("Authorization")
    if given != (CLIENT_ID, f"Bearer {TOKEN}"):
        raise web.HTTPUnauthorized


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with aiohttp_server(Twitch().application()) as url:
        yield url
