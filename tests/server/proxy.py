"""A TCP proxy in front of the server that does to a connection what networks do.

The first part of the path names the fault, and the rest is the server's::

    ws://127.0.0.1:PORT/~kind=reset,at=frames,after=300/send?count=20

`kind` is `reset` (TCP RST), `end` (TCP FIN), `vanish` (nothing gets through any more, and nobody is
told for ten seconds) or `garble` (a malformed frame, and TCP FIN). `at` says whose bytes `after` counts:
those of the response to the `handshake`, the server's `frames` behind it, or what the client has `sent`
behind its request. `chunk` and `delay_ms` slow down what the server sends: so many bytes at a time, each
so much later.
"""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

from .hangup import when_gone
from .tls import tcp, write_eof
from .wire import frame

HEAD_END = b"\r\n\r\n"
PIECE = 64 * 1024
GARBAGE = frame(3, b"garbage")
VANISHED_SECONDS = 10
"""Firefox makes no new connections while it has six with a handshake that was not answered."""

KINDS = ("", "reset", "end", "vanish", "garble")
PLACES = ("handshake", "frames", "sent")


@dataclass(frozen=True)
class Fault:
    """What is to go wrong with one connection, and when. Without a kind, nothing does."""

    kind: str = ""
    at: str = "frames"
    after: int = 0
    chunk: int = PIECE
    delay_ms: int = 0

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read the first part of a path, without its tilde."""
        types = {field.name: field.type for field in fields(cls)}
        given = dict(parse_qsl(text.replace(",", "&"), strict_parsing=bool(text)))
        if unknown := given.keys() - types.keys():
            raise ValueError(f"the proxy knows {', '.join(types)}, not {', '.join(sorted(unknown))}")
        fault = cls(**{name: types[name](value) for name, value in given.items()})  # type: ignore
        if fault.kind not in KINDS or fault.at not in PLACES:
            raise ValueError(f"{text!r}: kind is one of {KINDS}, at one of {PLACES}")
        return fault


class Proxy:
    """Listens on a port of its own, and passes connections on to the server."""

    def __init__(self, host: str, server_port: int, context: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._context = context
        self._server_port = server_port
        self._listener: asyncio.Server
        self._links: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        port = self._listener.sockets[0].getsockname()[1]
        return f"{'wss' if self._context else 'ws'}://{self._host}:{port}"

    async def start(self) -> None:
        self._listener = await asyncio.start_server(
            self._take, self._host, 0, backlog=512, ssl=self._context
        )

    async def stop(self) -> None:
        """Stop listening, and drop every connection."""
        self._listener.close()
        for link in list(self._links):
            link.cancel()
        if self._links:
            await asyncio.wait(self._links)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        task.add_done_callback(self._links.discard)
        # To be cancelled is how a link ends when the proxy stops; the listener would log it.
        # TimeoutError is an OSError, and the end of one that had vanished.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._link(reader, writer)
        writer.transport.abort()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, rest = (await reader.readuntil(HEAD_END)).split(b" ", 2)
        fault = Fault()
        if target.startswith(b"/~"):
            text, _, path = target[2:].partition(b"/")
            fault, target = Fault.parse(text.decode()), b"/" + path
        server_reader, server_writer = await asyncio.open_connection(self._host, self._server_port)
        server_writer.write(b" ".join((method, target, rest)))
        link = _Link(fault, reader, writer, server_reader, server_writer)
        try:
            await link.run()
        finally:
            server_writer.transport.abort()


class _Link:
    """One connection on its way through."""

    def __init__(
        self,
        fault: Fault,
        client_reader: asyncio.StreamReader,
        client_writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        self._fault = fault
        self._left = fault.after if fault.kind else -1
        self._client_reader, self._client_writer = client_reader, client_writer
        self._server_reader, self._server_writer = server_reader, server_writer

    async def run(self) -> None:
        """Pass bytes on in both directions until both end or the fault strikes."""
        pending = {asyncio.ensure_future(self._down()), asyncio.ensure_future(self._up())}
        struck = False
        try:
            while pending and not struck:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                struck = True in {task.result() for task in done}
        finally:
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)
        if struck:
            await self._strike()

    async def _down(self) -> bool:
        """From server to client; returns whether the fault is to strike."""
        fault = self._fault
        head = await self._server_reader.readuntil(HEAD_END)
        if await self._pass_on(head, self._client_writer, counts=fault.at == "handshake"):
            return True
        while data := await self._server_reader.read(fault.chunk):
            await asyncio.sleep(fault.delay_ms / 1000)
            if await self._pass_on(data, self._client_writer, counts=fault.at == "frames"):
                return True
        write_eof(self._client_writer.transport)
        return False

    async def _up(self) -> bool:
        """From client to server; returns whether the fault is to strike."""
        while data := await self._client_reader.read(PIECE):
            if await self._pass_on(data, self._server_writer, counts=self._fault.at == "sent"):
                return True
        self._server_writer.write_eof()
        return False

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter, *, counts: bool) -> bool:
        strikes = counts and 0 <= self._left <= len(data)
        if counts and self._left >= 0:
            data = data[: self._left]
            self._left -= len(data)
        if strikes and self._fault.kind == "garble" and writer is self._client_writer:
            data += GARBAGE  # in one piece with what is before it
        writer.write(data)
        await writer.drain()
        return strikes

    async def _strike(self) -> None:
        transport = self._client_writer.transport
        sock = transport.get_extra_info("socket")
        match self._fault.kind:
            case "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                transport.abort()
            case "vanish":
                tcp(transport).pause_reading()
                gone = asyncio.Event()
                forget = when_gone(sock, gone.set)
                try:
                    await asyncio.wait_for(gone.wait(), VANISHED_SECONDS)
                finally:
                    forget()
            case kind:
                if kind == "garble" and self._fault.at == "sent":
                    self._client_writer.write(GARBAGE)
                write_eof(transport)
                await self._client_reader.read()
