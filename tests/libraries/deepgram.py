"""Deepgram's streaming APIs: a stand-in, which names the tone that it hears, and speaks in tones.

It speaks the messages of https://developers.deepgram.com/reference for speech to text (/v1/listen) and
for text to speech (/v1/speak). Servers send the key in `Authorization: Token …`, browsers as the
subprotocols `token, KEY`.
"""

import asyncio
import hashlib
import itertools
import json
import math
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ._serving import websockets_server

LIBRARY = "deepgram-sdk"
REQUIREMENTS = ("deepgram-sdk",)
GROUP = "websockets-15"
CHECKS = ("blocking", "a_wrong_key_is_refused")
EXPECTS = (
    "DeprecationWarning: websockets.exceptions.InvalidStatusCode is deprecated",
    "DeprecationWarning: websockets.legacy is deprecated",
)

KEY = "dg-example"
MODELS = {"/v1/listen": "nova-3", "/v1/speak": "aura-2-asteria-en"}
RESULT_SECONDS = 0.5
REQUEST = "8b6a8d2a-6f0b-4a3c-9c1f-2f1f6f0f9f10"


def check(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse a handshake as the service does."""
    url = urlsplit(request.path)
    if url.path not in MODELS:
        return connection.respond(HTTPStatus.NOT_FOUND, "unknown path\n")
    if _key(request) != KEY:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "invalid credentials\n")
    if _query(request.path).get("model") != MODELS[url.path]:
        return connection.respond(HTTPStatus.BAD_REQUEST, "no such model\n")
    return None


def _key(request: Request) -> str:
    offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
    if offered[0] in ("token", "bearer") and len(offered) == 2:
        return offered[1]
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key if scheme.lower() in ("token", "bearer") else ""


def _query(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def select(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Select the scheme, not the key."""
    return offered[0] if offered else None


async def handle(connection: ServerConnection) -> None:
    """Serve one connection."""
    assert connection.request is not None
    path = connection.request.path
    rate = int(_query(path).get("sample_rate", "24000"))
    api = Listening(connection, rate) if path.startswith("/v1/listen") else Speaking(connection, rate)
    async for message in connection:
        if isinstance(message, bytes):
            await api.take_audio(message)
        elif not await api.take(json.loads(message)):
            await connection.close()


class Listening:
    """Speech to text."""

    def __init__(self, connection: ServerConnection, rate: int) -> None:
        self._connection = connection
        self._rate = rate
        self._audio = b""
        self._start = 0.0
        self._sha = hashlib.sha256()

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def take_audio(self, audio: bytes) -> None:
        self._sha.update(audio)
        self._audio += audio
        size = int(RESULT_SECONDS * self._rate) * 2
        while len(self._audio) >= size:
            await self._result(self._audio[:size])
            self._audio = self._audio[size:]

    async def take(self, message: dict[str, Any]) -> bool:
        """Take a control message, and return whether to go on."""
        match message.get("type"):
            case "KeepAlive":
                return True
            case "Finalize":
                await self._finish(from_finalize=True)
                return True
            case "CloseStream":
                await self._finish()
                details = {"created": "2026-01-01T00:00:00.000Z", "channels": 1, "duration": self._start}
                digest = self._sha.hexdigest()
                await self._send(
                    "Metadata",
                    transaction_key="deprecated",
                    request_id=REQUEST,
                    sha256=digest,
                    **details,
                )
                return False
        await self._connection.close(1008, "DATA-0000")
        return True

    async def _finish(self, **fields: bool) -> None:
        if self._audio:
            await self._result(self._audio, **fields)
            self._audio = b""

    async def _result(self, audio: bytes, **fields: bool) -> None:
        seconds = len(audio) / 2 / self._rate
        word = f"{_tone(audio, self._rate)} hertz"
        words = [{"word": word, "start": self._start, "end": self._start + seconds, "confidence": 0.99}]
        alternative = {"transcript": word, "confidence": 0.99, "words": words}
        model = {"name": "2-general-nova", "version": "2026-01-01", "arch": "nova-3"}
        await self._send(
            "Results",
            channel_index=[0, 1],
            start=self._start,
            duration=seconds,
            is_final=True,
            speech_final=True,
            channel={"alternatives": [alternative]},
            metadata={"request_id": REQUEST, "model_info": model, "model_uuid": REQUEST},
            **fields,
        )
        self._start += seconds


def _tone(audio: bytes, rate: int) -> int:
    """Return the frequency of 16 bit samples, to 10 Hz, by the times that they cross zero upwards."""
    samples = [sample for (sample,) in struct.iter_unpack("<h", audio)]
    ups = sum(before < 0 <= after for before, after in itertools.pairwise(samples))
    return round(ups * rate / len(samples) / 10) * 10


class Speaking:
    """Text to speech: a tenth of a second of a tone for each word."""

    def __init__(self, connection: ServerConnection, rate: int) -> None:
        self._connection = connection
        self._rate = rate
        self._words: list[str] = []
        self._flushed = 0

    async def take_audio(self, audio: bytes) -> None:
        await self._connection.close(1008, "DATA-0000")

    async def take(self, message: dict[str, Any]) -> bool:
        """Take a message, and return whether to go on."""
        match message:
            case {"type": "Speak", "text": text}:
                self._words += text.split()
            case {"type": "Flush"}:
                await self._flush()
            case {"type": "Clear"}:
                self._words.clear()
                await self._connection.send(
                    json.dumps({"type": "Cleared", "sequence_id": self._flushed})
                )
            case {"type": "Close"}:
                return False
        return True

    async def _flush(self) -> None:
        for number, _ in enumerate(self._words, 1):
            samples = range(self._rate // 10)
            wave = (int(8000 * math.sin(math.tau * 100 * number * at / self._rate)) for at in samples)
            await self._connection.send(b"".join(struct.pack("<h", sample) for sample in wave))
            await asyncio.sleep(0)
        self._words.clear()
        await self._connection.send(json.dumps({"type": "Flushed", "sequence_id": self._flushed}))
        self._flushed += 1


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(handle, process_request=check, select_subprotocol=select) as url:
        yield url
