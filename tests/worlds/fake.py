"""A world without a network: the scenarios on a `FakeBackend` whose peers have the server's routes.

The well-behaved routes run the server's own handlers. The misbehaving ones, which spoil bytes that
do not exist here, are written again with what a client can see of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Self

from tests.scenarios.env import Env
from tests.server import Query, find
from tests.server.journal import Journal, Record
from tests.server.payload import message
from tests.server.routes import echo
from websocketstream._core.rules import size_of
from websocketstream.testing import FakeAbortController, FakeBackend, FakePeer


class FakeEnv(Env):
    """The pure core over a fake network."""

    kind = "fake"
    server = "ws://fake.test"

    def __init__(self, *, receive_backpressure: bool = True) -> None:
        self.receive_backpressure = receive_backpressure
        self.backend = FakeBackend(self._serve, receive_backpressure=receive_backpressure)
        self._journal = Journal()
        self._sockets: set[Socket] = set()

    def abort_controller(self) -> FakeAbortController:
        return FakeAbortController()

    async def _serve(self, peer: FakePeer) -> None:
        try:
            route, query = find(peer.path)
        except (LookupError, ValueError):
            peer.refuse()
            return
        socket = Socket(peer, query, self._journal.start(query.id if route.recorded else "", route.path))
        socket.journal = self._journal
        socket.corked = route.corked
        socket.others = self._sockets
        self._sockets.add(socket)
        try:
            if route.group == "plain":
                socket.accept()
                await route.handler(socket, query)
            else:
                await MISBEHAVING[route.path](socket, query)
            await socket.close()
        except Exception:
            peer.drop()
            raise
        finally:
            self._sockets.discard(socket)
            await socket.end()


class Request:
    """What handlers read of the handshake request."""

    def __init__(self, peer: FakePeer) -> None:
        self.path = peer.path
        self.headers = {"Host": "fake.test", "User-Agent": "websocketstream.testing"}
        if peer.protocols:
            self.headers["Sec-WebSocket-Protocol"] = ", ".join(peer.protocols)


class Socket:
    """A `tests.server.table.Socket` over a fake peer; what it carries goes into the journal."""

    journal: Journal
    others: "set[Socket]"
    """Whoever else is connected, and this one."""

    def __init__(self, peer: FakePeer, query: Query, record: Record) -> None:
        self.peer = peer
        self.request = Request(peer)
        self.subprotocol = peer.protocols[0] if peer.protocols else None
        self.corked = False
        self._query = query
        self._held: list[str | bytes] = []
        self._cut = False
        self._drained = 0
        self._record = record
        self._record.bytes_drained = lambda: self._drained

    def accept(self, subprotocol: str | None = None) -> None:
        extensions = ["permessage-deflate"] if self._query.compress else []
        if self._query.chunk:
            self.peer.pause()
        if not self.corked:
            self.peer.accept(subprotocol, "; ".join(extensions))
        self._record.open(self.subprotocol if subprotocol is None else subprotocol, extensions)

    async def recv(self) -> str | bytes:
        try:
            received = await self.peer.recv()
        except ConnectionError:
            self._log_close()
            raise
        self._log(received)
        if self._query.chunk:
            pauses = max(1, len(received) / self._query.chunk)
            await asyncio.sleep(pauses * self._query.delay_ms / 1000)
        return received

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.recv()
        except ConnectionError:
            raise StopAsyncIteration from None

    async def send(self, message: str | bytes) -> None:
        if self.corked:
            self._held.append(message)
        else:
            await self._send(message)
            self._drained += size_of(message)

    def broadcast(self, message: str | bytes) -> None:
        """Send to everyone who has asked for the same, and wait for nobody."""
        for socket in self.others:
            if socket.peer.path == self.peer.path:
                socket.send_at_once([message])

    async def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Close, and read on until the client is gone."""
        if self.corked:
            self.corked = False
            self.accept()
            self.send_at_once(self._held)
        closed = self.peer.close(code, reason)
        await self.until_gone()
        await closed

    def send_at_once(self, messages: Iterable[str | bytes]) -> None:
        """Send without waiting for the client to take it."""
        for each in messages:
            self._send(each)
            self._drained += size_of(each)

    async def until_gone(self) -> None:
        """Read and forget until the client's Close frame has come, or the client is gone."""
        async for _ in self:
            pass

    def drop(self) -> None:
        """End TCP without a Close frame, by whatever means."""
        self._cut = True
        self.peer.drop()

    async def end(self) -> None:
        """Enter the end into the journal."""
        with suppress(ConnectionError):
            while self.peer.closed:  # then this does not wait
                self._log(await self.peer.recv())
        self._log_close()
        clean = self.peer.close_code is not None
        self._record.end("close" if clean else "server" if self._cut else "eof")

    def _send(self, message: str | bytes) -> Awaitable[None]:
        taken = self.peer.send(message)
        self._record.sent(size_of(message))
        return taken

    def _log(self, received: str | bytes) -> None:
        data = received.encode() if isinstance(received, str) else received
        self._record.received(data, text=isinstance(received, str))

    def _log_close(self) -> None:
        if self.peer.close_code is not None:
            self._record.close(self.peer.close_code, self.peer.close_reason)


MISBEHAVING: dict[str, Callable[[Socket, Query], Awaitable[None]]] = {}
"""What stands here for the server's routes that misbehave in bytes."""


def fake[H: Callable[[Socket, Query], Awaitable[None]]](*paths: str) -> Callable[[H], H]:
    def enter(handler: H) -> H:
        MISBEHAVING.update(dict.fromkeys(paths, handler))
        return handler

    return enter


async def send_numbered(socket: Socket, count: int, query: Query) -> None:
    for index in range(count):
        await socket.send(message(index, query.size, "text"))


@fake("/reset", "/eof", "/truncated-frame")
async def lose(socket: Socket, query: Query) -> None:
    """Loses the connection after `after` messages."""
    socket.accept()
    await send_numbered(socket, query.after, query)
    socket.drop()


@fake("/reset-on-message", "/restart")
async def lose_on_message(socket: Socket, query: Query) -> None:
    """Loses the connection when the first message arrives."""
    socket.accept()
    await socket.recv()
    socket.drop()


@fake(
    "/invalid-utf8",
    "/reserved-bits",
    "/bad-opcode",
    "/masked-frame",
    "/oversized-control",
    "/continuation-first",
    "/close-1-byte",
    "/close-bad-code",
    "/message-then-garbage",
    "/bytes",
)
async def garble(socket: Socket, query: Query) -> None:
    """Sends what makes a browser fail the connection, right behind `after` messages."""
    socket.accept()
    socket.send_at_once(message(index, query.size, "text") for index in range(query.after))
    socket.drop()


@fake("/obey")
async def obey(socket: Socket, query: Query) -> None:
    """Does what text messages say that begin with "!"."""
    socket.accept()
    socket.peer.pause()  # the Close frame is not read before all that came earlier was obeyed
    sent = 0
    async for received in socket:
        words = received.split(" ", 2) if isinstance(received, str) else []
        match words:
            case ["!send", count]:
                numbers = range(sent, sent + int(count))
                socket.send_at_once(message(index, query.size, "text") for index in numbers)
                sent += int(count)
            case ["!close", code, *reason]:
                await socket.close(int(code), *reason)
            case ["!eof"] | ["!reset"]:
                socket.drop()


@fake("/wrong-certificates")
async def wrong_certificates(socket: Socket, query: Query) -> None:
    """Sends no URL: there is no TLS here."""
    await socket.send("{}")


@fake("/close-after-partial")
async def close_after_partial(socket: Socket, query: Query) -> None:
    """Closes after `after` messages; half a message is none."""
    socket.accept()
    await send_numbered(socket, query.after, query)
    await socket.close(query.code, query.reason)


@fake("/blast")
async def blast(socket: Socket, query: Query) -> None:
    """Sends `count` numbered messages of `size`."""
    socket.accept()
    for index in range(query.count):
        await socket.send(message(index, query.size, "binary"))


@fake("/never-answers-close")
async def never_answers_close(socket: Socket, query: Query) -> None:
    """Sends `count` messages, reads everything, and never answers the client's Close frame."""
    socket.accept()
    socket.peer.answers_close = False
    await send_numbered(socket, query.count, query)
    await socket.until_gone()
    await socket.peer.wait_closed()


@fake("/never-reads")
async def never_reads(socket: Socket, query: Query) -> None:
    """Reads nothing."""
    socket.accept()
    socket.peer.pause()
    await socket.peer.wait_closed()


@fake("/simultaneous-close")
async def simultaneous_close(socket: Socket, query: Query) -> None:
    """Meets the client's Close frame with its own."""
    socket.accept()
    socket.peer.answers_close = False
    await socket.until_gone()
    await socket.close(query.code, query.reason)


@fake("/pingpong")
async def pingpong(socket: Socket, query: Query) -> None:
    """Tells how many pings were answered, and closes."""
    socket.accept()
    await socket.send(str(query.count))
    await socket.close()


@fake(
    "/refuse",
    "/drop-handshake",
    "/wrong-subprotocol",
    "/wrong-accept",
    "/unasked-extension",
    "/respond",
)
async def refuse(socket: Socket, query: Query) -> None:
    """Lets the handshake fail."""
    socket.peer.refuse()


@fake("/never-handshakes")
async def never_handshakes(socket: Socket, query: Query) -> None:
    """Never answers the handshake."""
    await socket.peer.wait_closed()


@fake("/slow-handshake")
async def slow_handshake(socket: Socket, query: Query) -> None:
    """Answers the handshake `delay_ms` late, then echoes."""
    await asyncio.sleep(query.delay_ms / 1000)
    socket.accept()
    await echo(socket, query)


@fake("/no-subprotocol")
async def no_subprotocol(socket: Socket, query: Query) -> None:
    """Selects no subprotocol, whatever is offered."""
    socket.accept("")
    await echo(socket, query)
