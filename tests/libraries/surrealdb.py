"""SurrealDB: the database engine itself, in memory, behind a WebSocket.

PyPI has the engine as a module, not the server. So this is the server's part: the subprotocol, a root
user, and live queries, which the engine as a module does not have. Each connection has its own database.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import cbor2
from surrealdb_embedded import AsyncEmbeddedDB
from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from ._serving import websockets_server

LIBRARY = "surrealdb"
REQUIREMENTS = ("surrealdb",)
GROUP = "websockets-17"

ROOT = "DEFINE USER root ON ROOT PASSWORD 'secret' ROLES OWNER"
ACTIONS = {
    "create": "CREATE",
    "insert": "CREATE",
    "update": "UPDATE",
    "merge": "UPDATE",
    "delete": "DELETE",
}


async def session(websocket: ServerConnection) -> None:
    """Answer the requests of a connection, and send the notifications of its live queries."""
    if websocket.subprotocol != "cbor":
        await websocket.close(1003, "this server speaks CBOR only")
        return
    engine = AsyncEmbeddedDB("mem://")
    await engine.connect()
    try:
        await engine.execute(cbor2.dumps({"id": "root", "method": "query", "params": [ROOT, {}]}))
        await answer_requests(websocket, engine)
    finally:
        await engine.close()


async def answer_requests(websocket: ServerConnection, engine: AsyncEmbeddedDB) -> None:
    tables: dict[str, uuid.UUID] = {}
    async for message in websocket:
        assert isinstance(message, bytes)
        request = cbor2.loads(message)
        live = live_query(request, tables)
        answer = await engine.execute(message) if live is None else cbor2.dumps(live)
        await websocket.send(answer)
        for notification in notifications(request, cbor2.loads(answer), tables):
            await websocket.send(cbor2.dumps(notification))


def live_query(request: Any, tables: dict[str, uuid.UUID]) -> Any:
    """Return the answer if the request begins or ends a live query."""
    match request:
        case {"method": "live", "params": [table, *_]}:
            query = tables[name_of(table)] = uuid.uuid4()
            return {"id": request["id"], "result": query}
        case {"method": "kill", "params": [query]}:
            for table in [table for table, known in tables.items() if str(known) == str(query)]:
                del tables[table]
            return {"id": request["id"], "result": None}
    return None


def notifications(request: Any, answer: Any, tables: dict[str, uuid.UUID]) -> list[Any]:
    """Return what the live queries see of a request."""
    action = ACTIONS.get(request["method"])
    records = answer.get("result") if action else None
    if isinstance(records, dict):
        records = [records]
    return [
        {"result": {"id": query, "action": action, "record": record["id"], "result": record}}
        for record in records or []
        if (query := tables.get(name_of(record["id"])))
    ]


def name_of(value: Any) -> str:
    """Return the table of a table or a record, which are tags of CBOR, or a string."""
    inner = value.value if isinstance(value, cbor2.CBORTag) else value
    return str(inner[0] if isinstance(inner, list | tuple) else inner)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(session, subprotocols=[Subprotocol("cbor")]) as url:
        yield url
