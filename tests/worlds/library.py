"""The scenarios on CPython and a real network: the `websockets` library against the test server."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.scenarios.env import Env
from websocketstream._rules import Message
from websocketstream._transport import Events
from websocketstream.testing import FakeAbortController, FakeBackend, FakePeer


class LibraryEnv(Env):
    """The pure core over the `websockets` library's client."""

    kind = "library"
    receive_backpressure = True

    def __init__(self, server: str) -> None:
        self.server = server
        self.backend = LibraryBackend(server)

    def abort_controller(self) -> FakeAbortController:
        return FakeAbortController()


class LibraryBackend(FakeBackend):
    """Connects for real; URLs and signals are the fake's."""

    def __init__(self, base_url: str) -> None:
        super().__init__(_no_handler, base_url=base_url, name="library")

    def connect(
        self,
        url: str,
        protocols: Sequence[str],
        events: Events,
        headers: Sequence[tuple[str, str]] = (),
    ) -> "LibraryTransport":
        return LibraryTransport(url, protocols, events, **self.options(url))

    def options(self, url: str) -> dict[str, Any]:
        """Return what connections get besides, which browsers add themselves."""
        return {}


async def _no_handler(peer: FakePeer) -> None:
    raise NotImplementedError


class LibraryTransport:
    """A Transport over a `ClientConnection`: one task receives and reports, one sends."""

    receive_backpressure = True

    def __init__(self, url: str, protocols: Sequence[str], events: Events, **options: Any) -> None:
        self.buffered_amount = 0
        self._events = events
        self._watched = False
        self._outgoing: deque[tuple[Message, int]] = deque()
        self._close_with: tuple[int | None, str] | None = None
        self._reading = asyncio.Event()
        self._reading.set()
        self._writing = asyncio.Event()
        self._ws: ClientConnection | None = None
        running = self._run(url, protocols, options)
        self._receiver = asyncio.create_task(running, name=f"receiver of {url}")
        self._sender: asyncio.Task[None] | None = None

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        self.buffered_amount += size
        self._outgoing.append((message, size))
        self._writing.set()

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def call_soon(self, callback: Callable[[], object], context: Context) -> None:
        asyncio.get_running_loop().call_soon(callback, context=context)

    def discard(self) -> None:
        self.buffered_amount = 0
        self._outgoing.clear()

    def close(self, code: int | None, reason: str) -> None:
        self._close_with = code, reason
        self._writing.set()

    def abandon(self) -> None:
        self._receiver.cancel()
        if self._sender is not None:
            self._sender.cancel()
        if self._ws is not None:
            self._ws.transport.abort()

    async def _run(self, url: str, protocols: Sequence[str], options: dict[str, Any]) -> None:
        try:
            ws = await connect(
                url,
                subprotocols=[Subprotocol(name) for name in protocols] or None,
                proxy=None,
                max_size=None,
                open_timeout=None,
                close_timeout=None,
                ping_interval=None,
                **options,
            )
        except (OSError, EOFError, InvalidHandshake):
            self._events.disconnected(1006, "", clean=False)
            return
        self._ws = ws
        # What the kernel holds can't be counted, so it must not hold much.
        ws.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 64 * 1024)
        extensions = ", ".join(str(extension.name) for extension in ws.protocol.extensions)
        self._sender = asyncio.create_task(self._send(ws), name=f"sender to {url}")
        self._events.connected(ws.subprotocol or "", extensions)
        code, reason, clean = await self._receive(ws)
        self._sender.cancel()
        self._events.disconnected(code, reason, clean=clean)

    async def _receive(self, ws: ClientConnection) -> tuple[int, str, bool]:
        try:
            while True:
                await self._reading.wait()
                self._events.received((await ws.recv(),))
        except ConnectionClosed as end:
            # The library complains to the server and may have an answer; for a browser that's the end.
            complained = end.sent is not None and end.sent.code in (1002, 1007)
            if end.rcvd is None or complained:
                return 1006, "", False
            return int(end.rcvd.code), end.rcvd.reason, end.sent is not None

    async def _send(self, ws: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._writing.wait()
                self._writing.clear()
                while self._outgoing:
                    message, size = self._outgoing[0]
                    await ws.send(message)
                    self._sent(size)
                if self._close_with is not None:
                    code, reason = self._close_with
                    await ws.close(code, reason)  # type: ignore[arg-type]  # None: an empty frame

    def _sent(self, size: int) -> None:
        if self._outgoing:  # else it was discarded while it was being sent
            self._outgoing.popleft()
            self.buffered_amount -= size
        if self._watched:
            self._watched = False
            self._events.drained()
