"""The streams and protocols of asyncio itself, and bytes that are neither HTTP nor WebSocket."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from websocketstream import NotSupportedError

from ..steps import failure
from .env import LibrariesEnv
from .registry import scenario

OTHERS = {
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": "TLS",
    b"*1\r\n$4\r\nPING\r\n": "Redis",
    b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00": "MQTT",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "HTTP/2",
    b"USER s3cret\r\n": "USER",
    b"\x00\x01\x02\x03": "binary",
}


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


@scenario(quick=True)
async def bytes_of_other_protocols_are_an_error(env: LibrariesEnv) -> None:
    """Bytes of other protocols raise an error at once, which says that a page has no TCP."""
    env.require_page("there is TCP")
    for data, name in OTHERS.items():
        _, writer = await asyncio.open_connection(*_address(env.server))
        try:
            writer.write(data)
        except NotSupportedError as error:
            text = str(error)
        else:
            raise AssertionError(f"{data!r} was taken")
        finally:
            writer.close()
        assert "a page has no TCP" in text and name in text, text
        assert "s3cret" not in text


@scenario()
async def connect_through_a_proxy_is_an_error(env: LibrariesEnv) -> None:
    """A request to a proxy raises an error that says so."""
    env.require_page("there may be proxies")
    async with env.session() as session:
        for url in ("ws://example.com/", "wss://example.com/"):
            proxy = env.server.replace("ws:", "http:")
            error = await failure(NotSupportedError, session.ws_connect(url, proxy=proxy))
            assert "proxy" in str(error)


@scenario(quick=True)
async def streams_of_asyncio_carry_http(env: LibrariesEnv) -> None:
    """A stream of `asyncio.open_connection()` carries a request, even byte by byte, and its response."""
    target = urlsplit(env.rest)
    reader, writer = await asyncio.open_connection(*_address(env.rest))
    assert writer.get_extra_info("peername")[1] == target.port
    head = f"POST /echo?by=hand HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Length: 5\r\n\r\n"
    for each in f"{head}hello".encode():
        writer.write(bytes([each]))
    await writer.drain()
    status = await reader.readline()
    assert status == b"HTTP/1.1 200 OK\r\n", status
    headers = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    body = await _body(reader, headers)
    assert b'"target": "/echo?by=hand"' in body and b'"size": 5' in body, body
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers["content-length"]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


class _Recorder(asyncio.Protocol):
    """Notes which loop and task its callbacks run in, and starts a task in one."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.loops: set[Any] = set()
        self.received = b""
        self.tasks: list[asyncio.Task[int]] = []
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def _note(self, name: str) -> None:
        self.calls.append(name)
        self.loops.add(asyncio.get_running_loop())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._note("made")

    def data_received(self, data: bytes) -> None:
        self._note("data")
        self.received += data
        self.tasks.append(asyncio.create_task(_later(len(data))))
        asyncio.get_running_loop().call_later(0, self._note, "later")

    def eof_received(self) -> None:
        self._note("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self._note("lost")
        self.lost.set_result(exc)


async def _later(size: int) -> int:
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
    return size


@scenario(quick=True)
async def callbacks_run_in_the_event_loop(env: LibrariesEnv) -> None:
    """The callbacks of a protocol run in the event loop and can start tasks and timers."""
    target = urlsplit(env.rest)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(_Recorder, *_address(env.rest))
    request = f"GET /echo HTTP/1.1\r\nHost: {target.netloc}\r\nConnection: close\r\n\r\n"
    transport.write(request.encode())
    assert await protocol.lost is None
    assert protocol.loops == {loop}
    assert protocol.calls[0] == "made" and protocol.calls.count("made") == 1
    assert protocol.calls.count("lost") == 1 and protocol.calls.count("eof") == 1
    assert protocol.received.startswith(b"HTTP/1.1 200 OK\r\n")
    sizes = await asyncio.gather(*protocol.tasks)
    assert sum(sizes) == len(protocol.received)


@scenario()
async def transport_that_is_closed_is_lost_once(env: LibrariesEnv) -> None:
    """Any sequence of close() and abort() leads to a single connection_lost(None)."""
    loop = asyncio.get_running_loop()
    for ways in (("close",), ("abort",), ("close", "close", "abort"), ("abort", "close")):
        transport, protocol = await loop.create_connection(_Recorder, *_address(env.rest))
        for way in ways:
            getattr(transport, way)()
        assert transport.is_closing()
        assert "lost" not in protocol.calls, "called from within close()"
        assert await protocol.lost is None
        transport.abort()
        await asyncio.sleep(0)
        assert protocol.calls == ["made", "lost"]
