"""OpenAI's realtime API: a stand-in for the service, with a model that repeats what it hears.

It speaks the events of the API's reference: https://platform.openai.com/docs/api-reference/realtime.
Servers send the key in `Authorization`, browsers as a subprotocol. The model answers a text with the
same text, and calls the first tool of the session when a user asks for it by its name.
"""

import base64
import itertools
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

KEY = "sk-example"
IN_SUBPROTOCOL = "openai-insecure-api-key."
MODELS = {"gpt-realtime", "gpt-realtime-mini"}

_numbers = itertools.count(1)


def check(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse a handshake as the service does: unknown paths and models, and wrong keys."""
    url = urlsplit(request.path)
    if url.path != "/v1/realtime":
        return connection.respond(HTTPStatus.NOT_FOUND, "unknown path\n")
    if _key(request) != KEY:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "incorrect API key provided\n")
    if parse_qs(url.query).get("model", [""])[0] not in MODELS:
        return connection.respond(HTTPStatus.BAD_REQUEST, "you must provide a model parameter\n")
    return None


def _key(request: Request) -> str:
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(IN_SUBPROTOCOL):
            return offered.strip().removeprefix(IN_SUBPROTOCOL)
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def select(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Select the only real one of the subprotocols that a browser offers."""
    return next((name for name in offered if name == "realtime"), None)


async def handle(connection: ServerConnection) -> None:
    """Hold a session with a client."""
    assert connection.request is not None
    model = parse_qs(urlsplit(connection.request.path).query)["model"][0]
    session = Session(connection, model)
    await session.send("session.created", session=session.settings)
    async for message in connection:
        await session.take(json.loads(message))


def _new(kind: str) -> str:
    return f"{kind}_{next(_numbers):06}"


class Session:
    """A conversation and its settings."""

    def __init__(self, connection: ServerConnection, model: str) -> None:
        self._connection = connection
        self.settings: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": _new("sess"),
            "model": model,
            "output_modalities": ["audio"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
        }
        self._items: list[dict[str, Any]] = []
        self._audio = b""

    async def send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": _new("event"), **fields}
        await self._connection.send(json.dumps(event))

    async def take(self, event: dict[str, Any]) -> None:
        """Take an event of the client, or answer with an error."""
        match event:
            case {"type": "session.update", "session": {"type": "realtime"} as changes}:
                self.settings |= changes
                await self.send("session.updated", session=self.settings)
            case {"type": "session.update"}:
                await self._refuse(event, "missing_required_parameter", "session.type")
            case {"type": "conversation.item.create", "item": item}:
                await self._add(item)
            case {"type": "input_audio_buffer.append", "audio": audio}:
                self._audio += base64.b64decode(audio)
            case {"type": "input_audio_buffer.commit"}:
                await self._commit()
            case {"type": "response.create"}:
                await self._respond(event.get("response") or {})
            case _:
                await self._refuse(event, "invalid_value", "type")

    async def _refuse(self, event: dict[str, Any], code: str, parameter: str) -> None:
        error = {
            "type": "invalid_request_error",
            "code": code,
            "message": f"Invalid value: {event.get('type')!r}.",
            "param": parameter,
            "event_id": event.get("event_id"),
        }
        await self.send("error", error=error)

    async def _add(self, item: dict[str, Any]) -> None:
        previous = self._items[-1]["id"] if self._items else None
        item = {"id": _new("item"), "object": "realtime.item", "status": "completed", **item}
        self._items.append(item)
        await self.send("conversation.item.added", previous_item_id=previous, item=item)
        await self.send("conversation.item.done", previous_item_id=previous, item=item)

    async def _commit(self) -> None:
        if not self._audio:
            await self._refuse(
                {"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", ""
            )
            return
        audio, self._audio = self._audio, b""
        item = {"id": _new("item"), "type": "message", "role": "user"}
        await self.send("input_audio_buffer.committed", item_id=item["id"], previous_item_id=None)
        await self._add(
            {**item, "content": [{"type": "input_audio", "audio": base64.b64encode(audio).decode()}]}
        )

    async def _respond(self, options: dict[str, Any]) -> None:
        settings = self.settings | options
        identifier = _new("resp")
        response = {
            "object": "realtime.response",
            "id": identifier,
            "status": "in_progress",
            "output": [],
        }
        await self.send("response.created", response=response)
        if call := self._call(settings):
            item = await self._send_call(identifier, call)
        else:
            item = await self._send_message(identifier, settings["output_modalities"])
        self._items.append(item)
        usage = {"total_tokens": 2, "input_tokens": 1, "output_tokens": 1}
        done = {**response, "status": "completed", "output": [item], "usage": usage}
        await self.send("response.done", response=done)

    def _call(self, settings: dict[str, Any]) -> dict[str, Any] | None:
        """Return the call of a tool that the user has asked for."""
        last = self._items[-1]
        if last["type"] != "message" or settings["tool_choice"] == "none":
            return None
        text = _text(last)
        for tool in settings["tools"]:
            name, _, argument = text.partition(" ")
            if tool["name"] == name:
                parameter = next(iter(tool["parameters"]["properties"]))
                return {"name": name, "arguments": json.dumps({parameter: argument})}
        return None

    async def _send_call(self, response: str, call: dict[str, Any]) -> dict[str, Any]:
        item = {"id": _new("item"), "object": "realtime.item", "type": "function_call", **call}
        item |= {"call_id": _new("call"), "status": "completed"}
        where = {"response_id": response, "output_index": 0}
        started = {**item, "arguments": "", "status": "in_progress"}
        await self.send("response.output_item.added", **where, item=started)
        where |= {"item_id": item["id"], "call_id": item["call_id"]}
        await self.send("response.function_call_arguments.delta", **where, delta=item["arguments"])
        where |= {"name": item["name"], "arguments": item["arguments"]}
        await self.send("response.function_call_arguments.done", **where)
        await self.send("response.output_item.done", response_id=response, output_index=0, item=item)
        return item

    async def _send_message(self, response: str, modalities: list[str]) -> dict[str, Any]:
        item: dict[str, Any] = {"id": _new("item"), "object": "realtime.item", "type": "message"}
        item |= {"role": "assistant", "status": "in_progress", "content": []}
        where = {"response_id": response, "output_index": 0}
        await self.send("response.output_item.added", **where, item=item)
        await self.send("conversation.item.added", item=item)
        where |= {"item_id": item["id"], "content_index": 0}
        if modalities == ["text"]:
            part = await self._send_text(where, _text(self._items[-1]))
        else:
            part = await self._send_audio(where)
        item = {**item, "status": "completed", "content": [part]}
        await self.send("conversation.item.done", item=item)
        await self.send("response.output_item.done", response_id=response, output_index=0, item=item)
        return item

    async def _send_text(self, where: dict[str, Any], text: str) -> dict[str, Any]:
        await self.send("response.content_part.added", **where, part={"type": "text", "text": ""})
        for word in text.split(" "):
            await self.send("response.output_text.delta", **where, delta=f"{word} ")
        await self.send("response.output_text.done", **where, text=f"{text} ")
        part = {"type": "text", "text": f"{text} "}
        await self.send("response.content_part.done", **where, part=part)
        return {**part, "type": "output_text"}

    async def _send_audio(self, where: dict[str, Any]) -> dict[str, Any]:
        spoken = base64.b64decode(self._items[-1]["content"][0].get("audio", ""))
        await self.send("response.content_part.added", **where, part={"type": "audio", "transcript": ""})
        transcript = f"{len(spoken)} bytes"
        await self.send("response.output_audio_transcript.delta", **where, delta=transcript)
        for start in range(0, len(spoken), 4800):
            delta = base64.b64encode(spoken[start : start + 4800]).decode()
            await self.send("response.output_audio.delta", **where, delta=delta)
        await self.send("response.output_audio.done", **where)
        await self.send("response.output_audio_transcript.done", **where, transcript=transcript)
        part = {"type": "audio", "transcript": transcript}
        await self.send("response.content_part.done", **where, part=part)
        return {**part, "type": "output_audio"}


def _text(item: dict[str, Any]) -> str:
    """Return what an item of the conversation says."""
    if item["type"] == "function_call_output":
        return str(item["output"])
    return "".join(part.get("text", "") for part in item["content"])
