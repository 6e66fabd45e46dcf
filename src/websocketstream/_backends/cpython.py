"""The transport on CPython: the ``websockets`` library, so that one program runs there and in a page.

One task connects, receives and reports; another one sends. The library holds the server back while
nobody receives. Its limits, timeouts and pings are off: the connection has its own, the same on every
back end. The extra ``websocketstream[cpython]`` installs the library.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from .._core.failures import ABNORMAL
from .._core.rules import Message, resolve_url
from .._core.transport import Backend, Events, HeaderFields, call_soon_in, start_timer
from ..errors import NotSupportedError

PROTOCOL_VIOLATIONS = (1002, 1007)
"""The codes with which the library closes after the server has violated the protocol."""


class CPythonBackend(Backend):
    """A back end that opens connections of the ``websockets`` library."""

    name = "cpython"
    sends_headers = True
    call_later = staticmethod(start_timer)

    def parse_url(self, url: str) -> str | None:
        return resolve_url(url, None)

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields = ()
    ) -> CPythonTransport:
        return CPythonTransport(url, protocols, events, additional_headers=headers)

    def as_bytes(self, chunk: object) -> bytes | None:
        return None

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        raise _no_signals()

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        raise _no_signals()


def _no_signals() -> NotSupportedError:
    return NotSupportedError(
        "an AbortSignal is JavaScript's: outside a browser use asyncio.timeout(), or cancel the task"
    )


class CPythonTransport:
    """A :class:`~websocketstream._core.transport.Transport` over a ``ClientConnection``.

    ``options`` are for the library's ``connect()``.
    """

    receive_backpressure = True
    call_soon = staticmethod(call_soon_in)

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
        self._receiver = self._start(self._run(url, protocols, options))
        self._sender: asyncio.Task[None] | None = None

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        size = size or 1  # Not 0 while an empty message is on its way.
        self.buffered_amount += size
        self._outgoing.append((message, size))
        self._writing.set()

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

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

    def _start(self, steps: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and isinstance(error := task.exception(), Exception):
                self._events.failed(error)

        task = asyncio.create_task(steps)
        task.add_done_callback(ended)
        return task

    async def _run(self, url: str, protocols: Sequence[str], options: dict[str, Any]) -> None:
        try:
            ws = await connect(
                url,
                subprotocols=[Subprotocol(name) for name in protocols] or None,
                max_size=None,
                open_timeout=None,
                close_timeout=None,
                ping_interval=None,
                **options,
            )
        except Exception as error:
            # The library raises others as well, for a host name that can't be one, a redirect or a
            # proxy; their messages may show the whole URL. Whatever it is, the connection has ended.
            known = isinstance(error, (OSError, InvalidHandshake))
            reason = str(error) if known else type(error).__name__
            self._events.disconnected(ABNORMAL, reason, clean=False)
            return
        self._ws = ws
        extensions = ", ".join(str(extension.name) for extension in ws.protocol.extensions)
        self._sender = self._start(self._send(ws))
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
            # After a violation the library waits for an answer to its Close frame; a browser does not.
            violated = end.sent is not None and end.sent.code in PROTOCOL_VIOLATIONS
            if end.rcvd is None or violated:
                return ABNORMAL, "", False
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
        if self._outgoing:  # It is empty if the message was discarded while it was being sent.
            self._outgoing.popleft()
            self.buffered_amount -= size
        if self._watched:
            self._watched = False
            self._events.drained()
