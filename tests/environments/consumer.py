"""A program that mypy checks against the installed wheel: what users get from the package's types."""

from typing import assert_type

import websocketstream
from websocketstream import (
    ReadableStream,
    ReadableStreamDefaultReader,
    ReadResult,
    Support,
    WebSocketCloseInfo,
    WebSocketError,
    WebSocketOpenInfo,
    WebSocketStream,
    WritableStream,
    WritableStreamDefaultWriter,
)
from websocketstream.testing import FakeBackend, FakePeer


async def streams() -> None:
    stream = WebSocketStream("wss://example.com/", protocols=["v2"], backend="safe", overflow="error")
    assert_type(stream.url, str)
    opened = await stream.opened
    assert_type(opened, WebSocketOpenInfo)
    assert_type(opened.readable, ReadableStream)
    assert_type(opened.writable, WritableStream)
    assert_type(opened.protocol, str)
    with opened.readable.get_reader() as reader, opened.writable.get_writer() as writer:
        assert_type(reader, ReadableStreamDefaultReader)
        assert_type(writer, WritableStreamDefaultWriter)
        result = await reader.read()
        assert_type(result, ReadResult)
        assert_type(result.value, str | bytes | None)
        assert_type(await writer.write(memoryview(b"")), None)
        assert_type(writer.desired_size, int | None)
    async for message in opened.readable:
        assert_type(message, str | bytes)
    stream.close(4000, "reason")
    assert_type(await stream.closed, WebSocketCloseInfo)
    async with WebSocketStream("wss://example.com/", idle_timeout=30) as ws:
        assert_type(ws, WebSocketStream)
        assert_type(await ws.send("text"), None)
        assert_type(await ws.recv(), str | bytes)
        async for message in ws:
            assert_type(message, str | bytes)
        assert_type(ws.protocol, str)
    async for ws in websocketstream.reconnect("wss://example.com/", close_timeout=5):
        assert_type(ws, WebSocketStream)
    with websocketstream.sync.connect("wss://example.com/") as blocking:
        assert_type(blocking.recv(timeout=1), str | bytes)


async def serve(peer: FakePeer) -> None:
    assert_type(peer.protocols, tuple[str, ...])
    peer.send(b"")


def rest() -> None:
    assert_type(websocketstream.support(), Support)
    assert_type(websocketstream.support().auto, str | None)
    assert_type(WebSocketError("", close_code=1000).close_code, int | None)
    WebSocketStream("wss://example.com/", backend=FakeBackend(serve))
    websocketstream.install(backend="safe", fetch=False)
    websocketstream.uninstall()
