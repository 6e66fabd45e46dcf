"""A stand-in for the speech service of Microsoft Edge: silence in MP3, and when which word is spoken.

It checks what the library has to send: the token that is made from the time, the configuration, and the
text as SSML.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from xml.etree import ElementTree

from aiohttp import web

from ._serving import aiohttp_server

LIBRARY = "edge-tts"
REQUIREMENTS = ("edge-tts",)
GROUP = "websockets-17"

TOKEN = "6A5AA1D4EAFF4E9FB37E23D68491D6F4"
SSML = "{http://www.w3.org/2001/10/synthesis}"
TICKS_PER_SECOND = 10_000_000
WORD_TICKS = TICKS_PER_SECOND // 2
FRAME = b"\xff\xf3\x64\xc4" + bytes(140)
"""24 ms of silence: MPEG 2 layer 3, 24 kHz, 48 kbit/s, mono."""
FRAMES_PER_WORD = 20


async def synthesize(request: web.Request) -> web.StreamResponse:
    query = request.query
    if query.get("TrustedClientToken") != TOKEN or not query.get("Sec-MS-GEC", "").strip():
        return web.Response(status=403)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    path, configuration = split(await socket.receive_str())
    audio = json.loads(configuration)["context"]["synthesis"]["audio"]
    assert (path, audio["outputFormat"]) == ("speech.config", "audio-24khz-48kbitrate-mono-mp3")
    words = audio["metadataoptions"]["wordBoundaryEnabled"] == "true"
    async for message in socket:
        path, ssml = split(message.data)
        assert path == "ssml"
        await speak(socket, ssml, words)
    return socket


async def speak(socket: web.WebSocketResponse, ssml: str, words: bool) -> None:
    voice = ElementTree.fromstring(ssml).find(f"{SSML}voice")
    assert voice is not None and voice.get("name"), "no voice"
    text = "".join(voice.itertext())
    await socket.send_str(headed("turn.start", {"context": {"serviceTag": "example"}}))
    await socket.send_str(headed("response", {"audio": {"type": "inline", "streamId": "1"}}))
    for number, word in enumerate(text.split()):
        header = b"X-RequestId:1\r\nContent-Type:audio/mpeg\r\nPath:audio\r\n"
        await socket.send_bytes(len(header).to_bytes(2) + header + FRAME * FRAMES_PER_WORD)
        if words:
            await socket.send_str(headed("audio.metadata", boundary(number, word)))
    header = b"X-RequestId:1\r\nPath:audio\r\n"
    await socket.send_bytes(len(header).to_bytes(2) + header)
    await socket.send_str(headed("turn.end", {}))


def boundary(number: int, word: str) -> object:
    data = {
        "Offset": number * WORD_TICKS,
        "Duration": WORD_TICKS,
        "text": {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"},
    }
    return {"Metadata": [{"Type": "WordBoundary", "Data": data}]}


def headed(path: str, content: object) -> str:
    head = "X-RequestId:1\r\nContent-Type:application/json; charset=utf-8\r\n"
    return f"{head}Path:{path}\r\n\r\n{json.dumps(content)}"


def split(message: str) -> tuple[str, str]:
    """Return the path of a message, and what follows its headers."""
    headers, _, content = message.partition("\r\n\r\n")
    path = re.search("^Path:(.*)$", headers, re.MULTILINE)
    assert path is not None
    return path[1].strip(), content


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([web.get("/edge/v1", synthesize)])
    async with aiohttp_server(app) as url:
        yield url
