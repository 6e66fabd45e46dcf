"""A front that takes WebSockets on HTTP/2 (RFC 8441), and passes them on to the server.

It speaks nothing but HTTP/2, so whatever comes through has come that way. Browsers open a WebSocket on
HTTP/2 only where they have a connection already: a page has to fetch something from the front first.
"""

import asyncio
import secrets
import ssl
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from .tls import server_context

HEAD_END = b"\r\n\r\n"
PIECE = 16 * 1024
WINDOW = 2**30
"""For all streams of a connection together, so that one that nobody reads does not stop the others."""

LOST = (OSError, ProtocolError, asyncio.IncompleteReadError)
"""What is raised where one of the two connections is gone."""

OF_HTTP_1 = (b"connection", b"upgrade", b"sec-websocket-accept", b"content-length", b"transfer-encoding")
"""Fields that a response on HTTP/2 does not have, or not with the same value."""

Headers = list[tuple[bytes, bytes]]


class Front:
    """Listens on a port of its own."""

    def __init__(self, host: str, server_port: int) -> None:
        self._server = (host, server_port)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server

    @property
    def url(self) -> str:
        return f"wss://{self._server[0]}:{self._listener.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._listener = await asyncio.start_server(
            self._take, self._server[0], 0, ssl=server_context("h2"), backlog=512
        )

    async def stop(self) -> None:
        """Stop listening, and drop every connection."""
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        if tls.selected_alpn_protocol() == "h2":
            with suppress(OSError, ProtocolError, asyncio.CancelledError):
                await _Link(reader, writer, self._server).run()
        writer.transport.abort()


@dataclass
class _Stream:
    """A WebSocket."""

    received: asyncio.Queue[tuple[bytes, int]] = field(default_factory=asyncio.Queue)
    """What the client has sent, each with its size in flow control. An empty one is the end."""
    window_opened: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class _Link:
    """One connection of a client."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: tuple[str, int]
    ) -> None:
        self._reader, self._writer, self._server = reader, writer, server
        self._streams: dict[int, _Stream] = {}
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=False))
        self._h2.local_settings = Settings(
            client=False, initial_values={SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}
        )

    async def run(self) -> None:
        """Serve until the client goes."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(WINDOW)
        await self._flush()
        try:
            while data := await self._reader.read(PIECE):
                for event in self._h2.receive_data(data):
                    self._handle(event)
                await self._flush()
        finally:
            tasks = [stream.task for stream in self._streams.values() if stream.task]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)

    async def _flush(self) -> None:
        self._writer.write(self._h2.data_to_send())
        await self._writer.drain()

    def _handle(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(id), headers=headers):
                self._request(id, dict(headers or ()))
            case DataReceived(stream_id=int(id), data=bytes(data), flow_controlled_length=int(size)):
                if id in self._streams:
                    self._streams[id].received.put_nowait((data, size))
            case StreamEnded(stream_id=int(id)) if id in self._streams:
                self._streams[id].received.put_nowait((b"", 0))
            case StreamReset(stream_id=int(id)) if id in self._streams:
                if task := self._streams[id].task:
                    task.cancel()
            case WindowUpdated():
                for stream in self._streams.values():
                    stream.window_opened.set()

    def _request(self, id: int, headers: dict[bytes, bytes]) -> None:
        if headers.get(b":protocol") != b"websocket":
            self._h2.send_headers(id, [(b":status", b"204")], end_stream=True)
            return
        stream = self._streams[id] = _Stream()
        stream.task = asyncio.ensure_future(self._pass_on(id, stream, headers))

    async def _pass_on(self, id: int, stream: _Stream, headers: dict[bytes, bytes]) -> None:
        writer = None
        try:
            reader, writer = await asyncio.open_connection(*self._server)
            writer.write(_handshake(headers))
            status, answer = _parse(await reader.readuntil(HEAD_END))
            connected = status == b"101"
            self._h2.send_headers(
                id,
                [(b":status", b"200" if connected else status), *answer],
                end_stream=not connected,
            )
            await self._flush()
            if connected:
                up = asyncio.ensure_future(self._up(id, stream, writer))
                try:
                    await self._down(id, stream, reader)
                finally:
                    up.cancel()
                # The client may have more to say, and Firefox does not end the stream by itself.
                await self._reset(id, ErrorCodes.NO_ERROR)
        except LOST:
            await self._reset(id, ErrorCodes.CONNECT_ERROR)
        finally:
            del self._streams[id]
            if writer is not None:
                writer.transport.abort()

    async def _down(self, id: int, stream: _Stream, reader: asyncio.StreamReader) -> None:
        """From server to client."""
        while data := await reader.read(PIECE):
            while data:
                stream.window_opened.clear()
                room = min(self._h2.local_flow_control_window(id), self._h2.max_outbound_frame_size)
                if not room:
                    await stream.window_opened.wait()
                    continue
                self._h2.send_data(id, data[:room])
                data = data[room:]
                await self._flush()
        self._h2.end_stream(id)
        await self._flush()

    async def _up(self, id: int, stream: _Stream, writer: asyncio.StreamWriter) -> None:
        """From client to server."""
        with suppress(*LOST):
            while (received := await stream.received.get())[0]:
                data, size = received
                writer.write(data)
                await writer.drain()
                self._h2.acknowledge_received_data(size, id)
                await self._flush()
            writer.write_eof()

    async def _reset(self, id: int, code: ErrorCodes) -> None:
        with suppress(*LOST):
            self._h2.reset_stream(id, code)
            await self._flush()


def _handshake(headers: dict[bytes, bytes]) -> bytes:
    """Return the handshake in HTTP/1.1 for one that came on HTTP/2. Its field Via says so."""
    fields = {
        b"host": headers[b":authority"],
        b"connection": b"Upgrade",
        b"upgrade": b"websocket",
        b"sec-websocket-key": b64encode(secrets.token_bytes(16)),
        b"via": b"2.0 tests",
        **{name: value for name, value in headers.items() if not name.startswith(b":")},
    }
    lines = (b"%b: %b" % item for item in fields.items())
    return b"\r\n".join((b"GET %b HTTP/1.1" % headers[b":path"], *lines)) + HEAD_END


def _parse(head: bytes) -> tuple[bytes, Headers]:
    """Return the status of a response, and the fields that HTTP/2 has, too."""
    first, *lines = head.removesuffix(HEAD_END).split(b"\r\n")
    fields = [(line.partition(b":")[0].lower(), line.partition(b":")[2].strip()) for line in lines]
    return first.split(b" ")[1], [each for each in fields if each[0] not in OF_HTTP_1]
