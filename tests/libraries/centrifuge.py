"""A stand-in for Centrifugo: its client protocol, in JSON and in Protobuf, with history and presence.

It checks what Centrifugo checks: the signature of the JSON Web Token, that the first command is a
connect and no other is, and that the client has answered a ping when the next one is due.
"""

import asyncio
import base64
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from centrifuge.codecs import _varint_decode, _varint_encode
from centrifuge.protocol import client_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ._serving import websockets_server

LIBRARY = "centrifuge-python"
REQUIREMENTS = ("centrifuge-python",)
GROUP = "websockets-17"

KEY = b"secret"
PROTOBUF = Subprotocol("centrifuge-protobuf")
PING_SECONDS = 1
EPOCH = "epoch"


class ProtocolError(Exception):
    """Something that Centrifugo ends a connection for: the code and the reason of its Close frame."""


class JsonCodec:
    """Commands and replies as lines of JSON."""

    @staticmethod
    def decode(message: str | bytes) -> list[dict[str, Any]]:
        return [json.loads(line) for line in message.splitlines()]

    @staticmethod
    def encode(reply: dict[str, Any]) -> str:
        return json.dumps(reply)


class ProtobufCodec:
    """Commands and replies as messages of Protobuf, each behind its length."""

    @staticmethod
    def decode(message: str | bytes) -> list[dict[str, Any]]:
        assert isinstance(message, bytes)
        commands = []
        position = 0
        while position < len(message):
            length, position = _varint_decode(message, position)
            command = client_pb2.Command.FromString(message[position : position + length])
            commands.append(MessageToDict(command, preserving_proto_field_name=True))
            position += length
        return commands

    @staticmethod
    def encode(reply: dict[str, Any]) -> bytes:
        data = ParseDict(reply, client_pb2.Reply()).SerializeToString()
        return bytes(_varint_encode(len(data)) + data)


class Centrifugo:
    """The channels: what was published in each while somebody was there, and who is there."""

    def __init__(self) -> None:
        self.history: dict[str, list[dict[str, Any]]] = {}
        self.present: dict[str, list[Session]] = {}

    async def serve(self, websocket: ServerConnection) -> None:
        session = Session(self, websocket)
        try:
            await session.run()
        except ProtocolError as error:
            await websocket.close(*error.args)
        finally:
            for sessions in self.present.values():
                if session in sessions:
                    sessions.remove(session)
            if not any(self.present.values()):
                self.history.clear()

    async def push(self, channel: str, event: dict[str, Any]) -> None:
        for session in self.present.get(channel, ()):
            await session.send({"push": {"channel": channel} | event})


class Session:
    """A client's connection."""

    def __init__(self, server: Centrifugo, websocket: ServerConnection) -> None:
        self.server = server
        self.websocket = websocket
        self.codec = ProtobufCodec if websocket.subprotocol == PROTOBUF else JsonCodec
        self.info: dict[str, Any] = {}
        self.ponged = True

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            pings = tasks.create_task(self.ping())
            async for message in self.websocket:
                for command in self.codec.decode(message):
                    await self.execute(command)
            pings.cancel()

    async def ping(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(PING_SECONDS)
                if not self.ponged:
                    raise ProtocolError(3012, "no pong")
                self.ponged = False
                await self.send({})

    async def send(self, reply: dict[str, Any]) -> None:
        await self.websocket.send(self.codec.encode(reply))

    async def execute(self, command: dict[str, Any]) -> None:
        identifier = command.pop("id", None)
        if identifier is None:
            self.ponged = True
            return
        ((method, request),) = command.items()
        if (method == "connect") == bool(self.info):
            raise ProtocolError(3501, "bad request")
        answer: Callable[..., Any] = getattr(self, f"do_{method}")
        await self.send({"id": identifier, method: await answer(**request)})

    async def do_connect(self, token: str = "", **_more: Any) -> dict[str, Any]:
        self.info = {"client": str(uuid.uuid4()), "user": user_of(token)}
        return {"client": self.info["client"], "version": "6.0.0", "ping": PING_SECONDS, "pong": True}

    async def do_subscribe(self, channel: str, join_leave: bool = False, **_more: Any) -> dict[str, Any]:
        self.server.present.setdefault(channel, []).append(self)
        if join_leave:
            await self.server.push(channel, {"join": {"info": self.info}})
        return {"epoch": EPOCH, "offset": len(self.server.history.get(channel, ())), "positioned": True}

    async def do_unsubscribe(self, channel: str) -> dict[str, Any]:
        self.server.present[channel].remove(self)
        return {}

    async def do_publish(self, channel: str, data: Any) -> dict[str, Any]:
        publications = self.server.history.setdefault(channel, [])
        publication = {"data": data, "info": self.info, "offset": len(publications) + 1}
        publications.append(publication)
        await self.server.push(channel, {"pub": publication})
        return {}

    async def do_presence(self, channel: str) -> dict[str, Any]:
        infos = [session.info for session in self.server.present[channel]]
        return {"presence": {info["client"]: info for info in infos}}

    async def do_history(
        self, channel: str, limit: int = 0, reverse: bool = False, **_more: Any
    ) -> dict[str, Any]:
        publications = self.server.history.get(channel, [])
        found = (publications[::-1] if reverse else publications)[:limit]
        return {"publications": found, "epoch": EPOCH, "offset": len(publications)}


def user_of(token: str) -> str:
    """Return the user whom a JSON Web Token is made for."""
    head, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, signature_of(head)):
        raise ProtocolError(3500, "invalid token")
    claims = head.partition(".")[2]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])


def signature_of(head: str) -> str:
    digest = hmac.digest(KEY, head.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def select_subprotocol(
    _websocket: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Accept clients that offer none, too: they speak JSON."""
    return PROTOBUF if PROTOBUF in offered else None


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(Centrifugo().serve, select_subprotocol=select_subprotocol) as url:
        yield url
