"""ElevenLabs' APIs: a stand-in for speech to text, text to speech, and an agent to write to.

It speaks the messages of https://elevenlabs.io/docs/api-reference. Servers send the key in the header
`xi-api-key`, browsers a single-use token in the query. An agent that is public needs neither. For text
to speech the library connects to `wss:` only.
"""

import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.server.tls import server_context

from ._serving import websockets_server

LIBRARY = "elevenlabs"
REQUIREMENTS = ("elevenlabs",)
GROUP = "websockets-15"
CHECKS = ("blocking",)
EXPECTS = (
    "DeprecationWarning: websockets.WebSocketClientProtocol is deprecated",
    "DeprecationWarning: websockets.legacy is deprecated",
    "DeprecationWarning: ConnectionClosed.code is deprecated",
)

KEY = "xi-example"
TOKEN = "sutkn_example"
AGENT = "agent_example"
SPEECH_TO_TEXT = "/v1/speech-to-text/realtime"
TEXT_TO_SPEECH = "/v1/text-to-speech/voice_example/stream-input"
CONVERSATION = "/v1/convai/conversation"
TOKENS = {SPEECH_TO_TEXT: "token", TEXT_TO_SPEECH: "single_use_token"}

_numbers = itertools.count(1)


def check(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse a handshake as the service does."""
    url = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    if url.path == CONVERSATION:
        if query.get("agent_id") != AGENT:
            return connection.respond(HTTPStatus.NOT_FOUND, "no such agent\n")
        return None
    if url.path not in TOKENS:
        return connection.respond(HTTPStatus.NOT_FOUND, "unknown path\n")
    if query.get(TOKENS[url.path]) != TOKEN and request.headers.get("xi-api-key") != KEY:
        return connection.respond(HTTPStatus.FORBIDDEN, "neither a key nor a token\n")
    return None


async def handle(connection: ServerConnection) -> None:
    """Serve one connection."""
    assert connection.request is not None
    url = urlsplit(connection.request.path)
    if url.path == SPEECH_TO_TEXT:
        await _transcribe(connection, parse_qs(url.query))
    elif url.path == TEXT_TO_SPEECH:
        await _speak(connection)
    else:
        await _converse(connection)


async def _transcribe(connection: ServerConnection, query: dict[str, list[str]]) -> None:
    rate = int(query["audio_format"][0].removeprefix("pcm_"))
    config = {"sample_rate": rate, "model_id": query["model_id"][0]}
    await _send(connection, "session_started", session_id=f"session-{next(_numbers)}", config=config)
    audio = b""
    async for message in connection:
        chunk = json.loads(message)
        if chunk.get("message_type") != "input_audio_chunk" or chunk["sample_rate"] != rate:
            await _send(connection, "input_error", error="Invalid message.")
            return
        audio += base64.b64decode(chunk["audio_base_64"])
        text = f"{len(audio) / 2 / rate} seconds"
        if chunk["commit"]:
            await _send(connection, "committed_transcript", text=text)
            audio = b""
        else:
            await _send(connection, "partial_transcript", text=text)


async def _speak(connection: ServerConnection) -> None:
    """Speak in silence: ten milliseconds at 16 kHz for each character."""
    if json.loads(await connection.recv())["text"] != " ":
        await connection.close(1008, "the first text must be a space")
        return
    text = ""
    async for message in connection:
        if chunk := json.loads(message)["text"]:
            text += chunk
            continue
        for word in text.split():
            audio = base64.b64encode(bytes(320 * len(word))).decode()
            await connection.send(json.dumps({"audio": audio, "isFinal": None}))
        await connection.send(json.dumps({"audio": None, "isFinal": True}))
        await connection.close()


async def _send(connection: ServerConnection, kind: str, **fields: Any) -> None:
    await connection.send(json.dumps({"message_type": kind, **fields}))


async def _converse(connection: ServerConnection) -> None:
    start = json.loads(await connection.recv())
    if start.get("type") != "conversation_initiation_client_data":
        await connection.close(1008, "the first message must start the conversation")
        return
    conversation = Conversation(connection, start)
    await conversation.begin()
    async for message in connection:
        await conversation.take(json.loads(message))


class Conversation:
    """A conversation with the agent, in text only, which answers with what it is told."""

    def __init__(self, connection: ServerConnection, start: dict[str, Any]) -> None:
        self._connection = connection
        self._name = start.get("dynamic_variables", {}).get("name", "you")
        self._pings = 0

    async def _send(self, kind: str, field: str, **values: Any) -> None:
        await self._connection.send(json.dumps({"type": kind, field: values}))

    async def begin(self) -> None:
        await self._send(
            "conversation_initiation_metadata",
            "conversation_initiation_metadata_event",
            conversation_id=f"conv_{next(_numbers)}",
            agent_output_audio_format="pcm_16000",
            user_input_audio_format="pcm_16000",
        )
        await self._say(f"Hello {self._name}!")

    async def _say(self, text: str) -> None:
        event = next(_numbers)
        await self._send("agent_response", "agent_response_event", agent_response=text, event_id=event)

    async def take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "user_message", "text": text}:
                name, _, argument = text.partition(" ")
                if name == "weather":
                    call = {"tool_name": name, "tool_call_id": f"call-{next(_numbers)}"}
                    parameters = {"city": argument}
                    await self._send(
                        "client_tool_call", "client_tool_call", **call, parameters=parameters
                    )
                else:
                    self._pings += 1
                    await self._send("ping", "ping_event", event_id=self._pings, ping_ms=None)
            case {"type": "pong", "event_id": number}:
                await self._say(f"That was ping {number}.")
            case {"type": "client_tool_result", "result": result, "is_error": False}:
                await self._say(result)
            case {"type": "user_activity"} | {"user_audio_chunk": _}:
                pass
            case _:
                await self._connection.close(1008, "invalid message")


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(handle, process_request=check, ssl=server_context()) as url:
        yield url.replace("ws:", "wss:")
