"""Supabase's realtime server: a stand-in, whose table gets a row for each subscription to its changes.

It speaks Phoenix channels in JSON, version 1.0.0, as described at
https://supabase.com/docs/guides/realtime/protocol. The key comes in the query string, from servers and
browsers alike.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ._serving import websockets_server

LIBRARY = "realtime"
REQUIREMENTS = ("realtime",)
GROUP = "websockets-15"

KEY = "anon-example"
COLUMNS = [{"name": "id", "type": "int8"}, {"name": "text", "type": "text"}]

_numbers = itertools.count(1)


def check(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse a handshake as the service does."""
    url = urlsplit(request.path)
    query = parse_qs(url.query)
    if url.path != "/realtime/v1/websocket" or query.get("vsn") != ["1.0.0"]:
        return connection.respond(HTTPStatus.NOT_FOUND, "unknown path\n")
    if query.get("apikey") != [KEY]:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "invalid key\n")
    return None


class Channels:
    """The topics, and the clients that have joined them."""

    def __init__(self) -> None:
        self._members: dict[str, dict[ServerConnection, dict[str, Any]]] = defaultdict(dict)
        self._present: dict[str, dict[ServerConnection, dict[str, Any]]] = defaultdict(dict)

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one client."""
        try:
            with suppress(ConnectionClosed):
                async for message in connection:
                    await self._take(connection, json.loads(message))
        finally:
            for topic in list(self._members):
                await self._leave(connection, topic)

    async def _take(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        topic, payload, ref = message["topic"], message["payload"], message["ref"]
        match message["event"]:
            case "heartbeat":
                await _reply(connection, topic, ref)
            case "phx_join":
                await self._join(connection, topic, payload, ref)
            case _ if connection not in self._members[topic]:
                await _reply(connection, topic, ref, {"reason": "unmatched topic"}, status="error")
            case "phx_leave":
                await self._leave(connection, topic)
                await _reply(connection, topic, ref)
                await _send(connection, topic, "phx_close", {}, ref)
            case "broadcast":
                await self._broadcast(connection, topic, payload, ref)
            case "presence":
                await self._track(connection, topic, payload)
                await _reply(connection, topic, ref)

    async def _join(
        self, connection: ServerConnection, topic: str, payload: dict[str, Any], ref: str
    ) -> None:
        config = payload["config"]
        if config.get("private") or payload.get("access_token") != KEY:
            reason = "Unauthorized: You do not have permissions to read from this Channel topic"
            await _reply(connection, topic, ref, {"reason": reason}, status="error")
            return
        self._members[topic][connection] = config
        changes = [{"id": next(_numbers), **change} for change in config["postgres_changes"]]
        await _reply(connection, topic, ref, {"postgres_changes": changes})
        if config["presence"]["enabled"]:
            await _send(connection, topic, "presence_state", _presences(self._present[topic].values()))
        for change in changes:
            await _insert(connection, topic, change)

    async def _leave(self, connection: ServerConnection, topic: str) -> None:
        self._members[topic].pop(connection, None)
        if presence := self._present[topic].pop(connection, None):
            self._tell(topic, "presence_diff", {"joins": {}, "leaves": _presences([presence])})

    async def _broadcast(
        self, connection: ServerConnection, topic: str, payload: dict[str, Any], ref: str
    ) -> None:
        config = self._members[topic][connection].get("broadcast") or {}
        others = None if config.get("self") else connection
        self._tell(topic, "broadcast", payload, but=others)
        if config.get("ack"):
            await _reply(connection, topic, ref)

    async def _track(self, connection: ServerConnection, topic: str, payload: dict[str, Any]) -> None:
        key = self._members[topic][connection]["presence"]["key"] or f"key-{next(_numbers)}"
        presence = {"key": key, "phx_ref": f"F{next(_numbers)}", **payload["payload"]}
        self._present[topic][connection] = presence
        self._tell(topic, "presence_diff", {"joins": _presences([presence]), "leaves": {}})

    def _tell(
        self, topic: str, event: str, payload: dict[str, Any], *, but: ServerConnection | None = None
    ) -> None:
        receivers = [member for member in self._members[topic] if member is not but]
        broadcast(receivers, _message(topic, event, payload))


def _presences(found: Any) -> dict[str, Any]:
    return {
        presence["key"]: {"metas": [{name: presence[name] for name in presence if name != "key"}]}
        for presence in found
    }


def _message(topic: str, event: str, payload: dict[str, Any], ref: str | None = None) -> str:
    return json.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref})


async def _send(
    connection: ServerConnection, topic: str, event: str, payload: dict[str, Any], ref: str | None = None
) -> None:
    await connection.send(_message(topic, event, payload, ref))


async def _reply(
    connection: ServerConnection, topic: str, ref: str, response: Any = None, status: str = "ok"
) -> None:
    await _send(connection, topic, "phx_reply", {"status": status, "response": response or {}}, ref)


async def _insert(connection: ServerConnection, topic: str, change: dict[str, Any]) -> None:
    """Tell of a row, as if somebody had inserted it into the table."""
    data = {
        "schema": change["schema"],
        "table": change["table"],
        "commit_timestamp": "2026-01-01T00:00:00.000Z",
        "type": "INSERT",
        "errors": None,
        "columns": COLUMNS,
        "record": {"id": 1, "text": "a new row"},
    }
    what = f"Subscribed to PostgreSQL for {topic}"
    system = {"channel": topic, "extension": "postgres_changes", "message": what, "status": "ok"}
    await _send(connection, topic, "system", system)
    await _send(connection, topic, "postgres_changes", {"ids": [change["id"]], "data": data})


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(Channels().handle, process_request=check) as url:
        yield url
