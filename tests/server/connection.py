"""The server's side of one connection: the library's class, with a journal and ways to misbehave.

Unlike the library's own it batches what it sends, so that small messages go out as fast as large
ones and a corked route's frames leave in one write; and it never gives up on a client that is slow
to close.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, Event, State
from websockets.server import ServerProtocol

from .hangup import when_gone
from .journal import Journal, Record
from .table import Query, Route
from .tls import limit_reads, tcp, write_eof
from .wire import BINARY, TEXT, header

BATCH = 64 * 1024
"""Bytes that are gathered before they are written within one turn of the event loop."""


@dataclass
class Hub:
    """What the connections of one server share."""

    journal: Journal = field(default_factory=Journal)
    connections: set["Connection"] = field(default_factory=set)
    stopping: bool = False
    restart: Callable[[float], object] = lambda seconds: None
    """Restarts the server, which is down for so many seconds."""
    wrong_urls: Callable[[], Awaitable[dict[str, str]]] | None = None
    """Returns URLs of the server with certificates that browsers refuse, by what is wrong with them."""


class Connection(ServerConnection):
    """One client. `begin` is called with the request, before the handshake is answered."""

    route: Route
    query: Query
    record: Record

    def __init__(self, hub: Hub, protocol: ServerProtocol, server: Any, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        self.journal = hub.journal
        self.record = Record()
        self.corked = False
        self.muted = False
        self.cut = False
        self.stopped_reading = False
        self.on_close: Callable[[], None] = lambda: None
        self.hub = hub
        self._queued = 0
        self._flush_due = False
        self._written = 0
        self._message: list[bytes] = []
        self._text = False
        self._pace: float | None = None
        self._read_at = self._reading_since = 0.0

    def begin(self, route: Route, query: Query) -> None:
        """Take up a request: which route it is for, and what its query asks of the connection."""
        self.route, self.query = route, query
        self.corked = route.corked and not query.settled
        self.record = self.journal.start(query.id if route.recorded else "", route.path)
        self.record.bytes_drained = lambda: self._written - self._unsent()
        if not query.compress:
            self.protocol.available_extensions = []
        if query.chunk:
            self.set_pace(query.chunk, query.delay_ms / 1000)

    # What handlers call: the library's methods, batched

    async def send(self, message: Any, *, text: bool | None = None) -> None:
        """Send a message. Many small ones share one write."""
        if self.protocol.state is not OPEN:
            await super().send(message, text=text)  # raises
        is_text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        if not self.protocol.extensions:  # three times as fast as the library's way
            self.protocol.writes.append(header(TEXT if is_text else BINARY, len(data)))
            if data:  # an empty write would mean the end of TCP
                self.protocol.writes.append(data)
        elif is_text:
            self.protocol.send_text(data)
        else:
            self.protocol.send_binary(data)
        self.record.sent(len(data))
        self._queued += len(data) + 2
        if self.corked:
            pass  # until the Close frame is there
        elif self._queued >= BATCH:
            self.send_data()
            await self.drain()
            await asyncio.sleep(0)  # a client that keeps up must not starve the others
        elif not self._flush_due:
            self._flush_due = True
            self.loop.call_soon(self._flush)

    def broadcast(self, message: str | bytes) -> None:
        """Send to everyone in the room, this client included, and wait for nobody."""
        room = (self.route, self.query.room)
        members = [each for each in self.hub.connections if each.state is OPEN]
        members = [each for each in members if (each.route, each.query.room) == room]
        broadcast(members, message)
        for member in members:
            member.record.sent(len(message.encode() if isinstance(message, str) else message))

    async def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close with a code, or with an empty Close frame, and read on until the client is gone."""
        self.read_freely()
        await super().close(cast(int, code), reason)

    async def __aiter__(self) -> AsyncIterator[Any]:
        # As in the library, but any end of the connection is an end of the iteration: here the
        # journal tells how it ended.
        with suppress(ConnectionClosed):
            while True:
                yield await self.recv()

    # What misbehaving handlers call besides

    def write(self, data: bytes) -> None:
        """Write raw bytes, behind everything sent so far."""
        self.protocol.writes.append(data)
        self.send_data()

    def write_eof(self) -> None:
        """End the TCP stream behind everything written so far, with no Close frame."""
        self.send_data()
        self.muted = True
        if not self.transport.is_closing():
            write_eof(self.transport)
        self.cut = True

    def reset(self) -> None:
        """Drop the connection with a TCP RST."""
        self.send_data()
        self.cut = True
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def abort(self) -> None:
        """Drop the connection with whatever TCP does about it."""
        self.cut = True
        self.transport.abort()

    def close_was_written(self) -> None:
        """Tell the library that a handler wrote a Close frame itself, so that it answers none."""
        self.protocol.close_sent = Close(1000, "")
        self.protocol.state = State.CLOSING

    async def until_gone(self) -> None:
        """Read and forget until the client has gone away."""
        self.read_freely()
        async for _ in self:
            pass

    def read_freely(self) -> None:
        """Stop pushing back: from now on nobody reads the messages, but their end must be seen."""
        self.recv_messages.high = self.recv_messages.low = None
        if self._pace is None:
            self.transport.resume_reading()

    def stop_reading(self) -> None:
        """Read nothing any more. A client that goes away is noticed all the same (on Linux)."""
        self.stopped_reading = True
        self._shrink_receive_buffer()
        tcp(self.transport).pause_reading()
        forget = when_gone(self.transport.get_extra_info("socket"), self.transport.abort)
        self.connection_lost_waiter.add_done_callback(lambda _: forget())

    def resume_reading(self) -> None:
        """Read again, all that comes."""
        self.recv_messages.high = self.recv_messages.low = None
        tcp(self.transport).resume_reading()

    def set_pace(self, chunk: int, delay: float) -> None:
        """Take at most `chunk` bytes per `delay` seconds, while TCP holds back the rest."""
        self._pace = delay
        self._read_at = self._reading_since = self.loop.time()
        self.recv_messages.high = self.recv_messages.low = None
        self._shrink_receive_buffer()
        limit_reads(self.transport, chunk)

    # What the event loop and the library call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.hub.connections.add(self)
        if self.hub.stopping:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.hub.connections.discard(self)
        if self.protocol.close_rcvd is not None:
            self.record.end("close")
        elif self.cut:
            self.record.end("server")
        else:
            self.record.end("reset" if isinstance(exc, OSError) else "eof")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._pace is not None:
            tcp(self.transport).pause_reading()
            # A busy machine calls late. That is made up for; time in which no data came is not.
            self._read_at += self.loop.time() - self._reading_since + self._pace
            self.loop.call_at(self._read_at, self._read_on)

    def _read_on(self) -> None:
        self._reading_since = self.loop.time()
        tcp(self.transport).resume_reading()

    def process_event(self, event: Event) -> None:
        super().process_event(event)
        if not isinstance(event, Frame):
            return
        if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if event.opcode is not Opcode.CONT:
                self._text = event.opcode is Opcode.TEXT
            self._message.append(bytes(event.data))
            if event.fin:
                self.record.received(b"".join(self._message), text=self._text)
                self._message.clear()
        elif event.opcode is Opcode.CLOSE:
            close = self.protocol.close_rcvd
            assert close is not None
            self.record.close(int(close.code), close.reason)
            self.on_close()

    def send_data(self) -> None:
        """Write all that is due at once. Nothing, as long as the connection is corked or muted."""
        if self.corked and self.protocol.state is OPEN:
            return
        writes = self.protocol.data_to_send()
        self._queued = 0
        if self.muted or self.transport.is_closing():
            return
        if data := b"".join(writes):
            self._written += len(data)
            self.transport.write(data)
        if b"" in writes:
            write_eof(self.transport)

    def _unsent(self) -> int:
        """Return how many bytes wait for room in TCP."""
        transport = self.transport
        layers = {transport, tcp(transport)}
        return sum(layer.get_write_buffer_size() for layer in layers)

    def _shrink_receive_buffer(self) -> None:
        # Left alone it grows to megabytes. Much smaller than a segment of loopback, TCP would stall.
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)

    def _flush(self) -> None:
        self._flush_due = False
        self.send_data()
