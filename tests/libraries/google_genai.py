"""Gemini's live API: a stand-in for the service, with a model that repeats what it is told.

It speaks the messages of https://ai.google.dev/api/live, in binary frames of JSON like the service. The
key comes in the header `x-goog-api-key` or in the query as `key`, an ephemeral token in
`Authorization: Token …` or in the query as `access_token`. The library connects to `wss:` only.
"""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from tests.server.tls import server_context

from ._serving import websockets_server

LIBRARY = "google-genai"
REQUIREMENTS = ("google-genai",)
BARE = ("google-auth",)
GROUP = "websockets-15"
CHECKS = ("a_wrong_key_is_refused",)
EXPECTS = ("The following transport option(s) are not supported on Emscripten",)

KEY = "AIza-example"
TOKEN = "auth_tokens/example"
MODELS = {"models/gemini-live-2.5-flash-preview"}
SERVICE = "/ws/google.ai.generativelanguage."
METHOD = ".GenerativeService.BidiGenerateContent"


def _admitted(request: Request) -> bool:
    """Return True if the request has a valid key, or a token where that is needed."""
    url = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    if url.path == f"{SERVICE}v1alpha{METHOD}Constrained":
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return TOKEN in (query.get("access_token"), given if scheme == "Token" else None)
    return KEY in (query.get("key"), request.headers.get("x-goog-api-key"))


async def handle(connection: ServerConnection) -> None:
    """Hold a session with a client."""
    assert connection.request is not None
    path = urlsplit(connection.request.path).path
    setup = json.loads(await connection.recv()).get("setup")
    if not path.startswith(SERVICE) or METHOD not in path:
        await connection.close(1008, "unknown method")
    elif not _admitted(connection.request):
        await connection.close(1007, "API key not valid. Please pass a valid API key.")
    elif setup is None:
        await connection.close(1007, "setup must be the first message and only the first")
    elif setup["model"] not in MODELS:
        await connection.close(1008, f"{setup['model']} is not found for API version v1beta")
    else:
        await Session(connection, setup).run()


class Session:
    """A session after its setup."""

    def __init__(self, connection: ServerConnection, setup: dict[str, Any]) -> None:
        self._connection = connection
        self._modalities = setup.get("generationConfig", {}).get("responseModalities", ["AUDIO"])
        self._tools = {
            function["name"]: function
            for tool in setup.get("tools", ())
            for function in tool["functionDeclarations"]
        }
        self._calls = 0

    async def run(self) -> None:
        await self._send(setupComplete={})
        async for message in self._connection:
            await self._take(json.loads(message))

    async def _send(self, **fields: Any) -> None:
        await self._connection.send(json.dumps(fields).encode())

    async def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"client_content": {"turns": turns, "turnComplete": True}}:
                await self._answer("".join(part["text"] for part in turns[-1]["parts"]))
            case {"tool_response": {"functionResponses": [{"id": _, "response": response}]}}:
                await self._say(str(response["output"]))
            case {"realtime_input": {"audio": {"data": data}}}:
                await self._repeat(base64.b64decode(data))
            case {"setup": _}:
                await self._connection.close(1007, "setup must be the first message and only the first")
            case _:
                await self._connection.close(1007, "Request contains an invalid argument.")

    async def _answer(self, text: str) -> None:
        name, _, argument = text.partition(" ")
        if name not in self._tools:
            await self._say(text)
            return
        self._calls += 1
        parameter = next(iter(self._tools[name]["parameters"]["properties"]))
        call = {"id": f"function-call-{self._calls}", "name": name, "args": {parameter: argument}}
        await self._send(toolCall={"functionCalls": [call]})

    async def _say(self, text: str) -> None:
        for word in text.split(" "):
            await self._model_turn({"text": f"{word} "})
        await self._complete()

    async def _repeat(self, audio: bytes) -> None:
        data = base64.b64encode(audio).decode()
        await self._model_turn({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}})
        await self._complete()

    async def _model_turn(self, part: dict[str, Any]) -> None:
        await self._send(serverContent={"modelTurn": {"role": "model", "parts": [part]}})

    async def _complete(self) -> None:
        await self._send(serverContent={"generationComplete": True})
        usage = {"promptTokenCount": 1, "responseTokenCount": 1, "totalTokenCount": 2}
        await self._send(serverContent={"turnComplete": True}, usageMetadata=usage)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(handle, ssl=server_context()) as url:
        yield url.replace("ws:", "wss:")
