"""A stand-in for Slack: two methods of its Web API, and Socket Mode.

It checks what Slack checks: the kind of token, a ticket that is good for one connection, and that each
event is acknowledged. What the app does in the channel it reports as Slack does, by another event.
"""

import itertools
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "slack-sdk"
REQUIREMENTS = ("slack-sdk", "aiohttp", "websockets")
GROUP = "websockets-17"
CHECKS = ("connections_are_renewed",)

APP_TOKEN = "xapp-1-A123-456-secret"
BOT_TOKEN = "xoxb-123-456-secret"


class Workspace:
    """A workspace with one app, whose connections are numbered."""

    def __init__(self) -> None:
        self.tickets: set[str] = set()
        self.apps: list[App] = []
        self.numbers = itertools.count(1)

    async def open(self, request: web.Request) -> web.Response:
        """The method apps.connections.open."""
        if request.headers.get("Authorization") != f"Bearer {APP_TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        ticket = str(uuid.uuid4())
        self.tickets.add(ticket)
        url = f"ws://{request.host}/link/?ticket={ticket}&app_id=A123"
        return web.json_response({"ok": True, "url": url})

    async def add_reaction(self, request: web.Request) -> web.Response:
        """The method reactions.add."""
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.json_response({"ok": False, "error": "not_authed"})
        form = {**request.query, **await request.post()}
        app = next((app for app in self.apps if app.message["ts"] == form.get("timestamp")), None)
        if app is None or form.get("channel") != app.message["channel"]:
            return web.json_response({"ok": False, "error": "message_not_found"})
        item = {"type": "message", "channel": form["channel"], "ts": form["timestamp"]}
        await app.send_event({"type": "reaction_added", "reaction": form["name"], "item": item})
        return web.json_response({"ok": True})

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve a connection in Socket Mode."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=403)
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        app = App(socket, next(self.numbers), refreshing="debug_reconnects" in request.query)
        self.apps.append(app)
        try:
            await app.run()
        finally:
            self.apps.remove(app)
        return socket


class App:
    """A connection of the app, which receives the events of one message and of the reaction to it."""

    def __init__(self, socket: web.WebSocketResponse, number: int, refreshing: bool) -> None:
        self.socket = socket
        self.message = {
            "type": "message",
            "channel": "C123",
            "user": "U123",
            "text": "hello",
            "ts": f"1700000000.{number:06}",
        }
        self.refreshing = refreshing
        self.unacknowledged: set[str] = set()

    async def run(self) -> None:
        await self.socket.send_json(
            {
                "type": "hello",
                "num_connections": 1,
                "connection_info": {"app_id": "A123"},
                "debug_info": {"host": "applink-1", "approximate_connection_time": 18060},
            }
        )
        await self.send_event(self.message)
        async for message in self.socket:
            envelope = json.loads(message.data)["envelope_id"]
            if envelope not in self.unacknowledged:
                await self.socket.close(code=1008, message=b"unknown envelope")
                return
            self.unacknowledged.remove(envelope)
            if self.refreshing and not self.unacknowledged:
                self.refreshing = False
                await self.socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def send_event(self, event: dict[str, Any]) -> None:
        envelope = str(uuid.uuid4())
        self.unacknowledged.add(envelope)
        await self.socket.send_json(
            {
                "type": "events_api",
                "envelope_id": envelope,
                "payload": {"type": "event_callback", "team_id": "T123", "event": event},
                "accepts_response_payload": False,
                "retry_attempt": 0,
                "retry_reason": "",
            }
        )


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    workspace = Workspace()
    app = web.Application(middlewares=[allowing("authorization", "content-type")])
    app.add_routes(
        [
            web.post("/api/apps.connections.open", workspace.open),
            web.post("/api/reactions.add", workspace.add_reaction),
            web.get("/link/", workspace.link),
        ]
    )
    async with aiohttp_server(app) as url:
        yield url
