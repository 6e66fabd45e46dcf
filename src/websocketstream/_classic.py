"""The polyfill's transport: classic ``WebSocket``, through events.

Sending hands each message to the browser at once; the browser's own count says how much has not
gone out. Receiving costs one Python call per batch: JavaScript gathers the events, Python is woken by
the first of them, takes what is there, and looks again each turn of the event loop until nothing has
come. Classic ``WebSocket`` can't hold the server back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import _ffi
from ._browser import BrowserBackend
from ._rules import Message
from ._transport import Events

BUFFER_POLL_SECONDS = 0.004
"""How often to ask for ``bufferedAmount`` while somebody waits: no event tells that it has fallen."""


class ClassicBackend(BrowserBackend):
    """Opens classic WebSockets."""

    name = "polyfill"

    def connect(self, url: str, protocols: Sequence[str], events: Events) -> ClassicTransport:
        return ClassicTransport(url, protocols, events)


class ClassicTransport:
    """A :class:`~websocketstream._transport.Transport` over one classic WebSocket."""

    receive_backpressure = False

    def __init__(self, url: str, protocols: Sequence[str], events: Events) -> None:
        self._events = events
        self.call_soon = _ffi.JsCallSoon()
        self._cancel_poll: Callable[[], None] | None = None
        self._detached = False
        self._turn = _ffi.JsTurns(1, self._look_again)
        self._socket = _ffi.JsWebSocket(
            url, protocols, on_open=events.connected, on_message=self._woken, on_close=self._closed
        )

    @property
    def buffered_amount(self) -> int:
        return self._socket.buffered_amount

    def watch_buffer(self) -> None:
        if self._cancel_poll is None and not self._detached:
            self._cancel_poll = _ffi.call_later(BUFFER_POLL_SECONDS, self._poll_buffer)

    def send(self, message: Message, size: int) -> None:
        self._socket.send(message)

    def pause_reading(self) -> None:
        """Not possible here; see ``receive_backpressure``."""

    def resume_reading(self) -> None:
        """Never paused."""

    def discard(self) -> None:
        """What was sent is the browser's already."""

    def close(self, code: int | None, reason: str) -> None:
        # The browser sends what it has buffered before it sends the Close frame.
        self._socket.close(code, reason)

    def abandon(self) -> None:
        self._detach()
        self._socket.close(None, "")

    def _woken(self) -> None:
        # The first message after a quiet time is delivered without delay; while more keep coming,
        # one look each turn of the event loop takes them in batches.
        self._deliver()
        self._turn.start()

    def _look_again(self) -> None:
        if self._deliver():
            self._turn.start()
        elif not self._detached:
            self._socket.arm()

    def _deliver(self) -> bool:
        messages = self._socket.take()
        if messages:
            self._events.received(messages)
        return bool(messages)

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        self._deliver()
        self._events.disconnected(code, reason, clean=clean)
        self._detach()

    def _poll_buffer(self) -> None:
        self._cancel_poll = None
        self._events.drained()

    def _detach(self) -> None:
        if not self._detached:
            self._detached = True
            self._socket.detach()
            self._turn.close()
            self.call_soon.close()
            if self._cancel_poll is not None:
                self._cancel_poll()
