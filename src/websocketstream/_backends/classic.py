"""The polyfill's transport: classic ``WebSocket``, through events.

Sending hands each message to the browser at once; the browser's own count says how much has not
gone out. Receiving costs one Python call per batch: JavaScript gathers the events, Python is woken by
the first of them and takes what is there; in a flood it looks once each turn of the event loop instead,
or after so many messages. Classic ``WebSocket`` can't hold the server back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .. import _ffi
from .._core.rules import Message
from .._core.transport import Events, Headers
from .browser import BrowserBackend

BUFFER_POLL_SECONDS = 0.004
"""How often to ask for ``bufferedAmount`` while somebody waits: no event tells that it has fallen."""

PATIENCE = 8
"""How many messages are delivered as they come, before looking whether more come each turn."""

FLOODS = {256: 0, 8: 64 * 1024}
"""How many messages wait at most for the turn in which they are looked for, and from which size."""


class ClassicBackend(BrowserBackend):
    """Opens classic WebSockets."""

    name = "polyfill"

    @property
    def sends_headers(self) -> bool:
        return _ffi.sends_headers()

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: Headers = ()
    ) -> ClassicTransport:
        return ClassicTransport(url, protocols, events, headers)


class ClassicTransport:
    """A :class:`~websocketstream._core.transport.Transport` over one classic WebSocket."""

    receive_backpressure = False

    def __init__(self, url: str, protocols: Sequence[str], events: Events, headers: Headers) -> None:
        self._events = events
        # May be refused, and then no proxy must be there yet.
        self._socket = _ffi.JsWebSocket(
            url,
            protocols,
            headers,
            may_suspend=events.may_suspend,
            on_open=events.connected,
            on_message=self._woken,
            on_close=self._closed,
        )
        self.call_soon = _ffi.JsCallSoon()
        self._cancel_poll: Callable[[], None] | None = None
        self._detached = self._expecting = False
        self._turn = _ffi.JsTurns(1, self._look_again)
        # With JSPI a turn passes anyway from the message to a call that may suspend; see JsCallSoon.
        late = events.may_suspend and _ffi.has_jspi()
        self._patience = self._patient = math.inf if late else PATIENCE

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

    def _woken(self, _js_event: object) -> None:
        """A message has come since the last look."""
        messages = self._socket.take()
        if self._patience:
            self._patience -= 1
            self._listen()
        else:
            self._expect_a_flood()
            self._turn.start()
        self._deliver(messages)

    def _expect_a_flood(self) -> None:
        if not self._expecting:
            self._expecting = True
            for number, size in FLOODS.items():
                self._socket.call_at(number, self._look, size=size)

    def _look(self) -> None:
        self._deliver(self._socket.take())

    def _look_again(self) -> None:
        messages = self._socket.take()
        if messages:
            self._turn.start()
        else:
            self._patience = self._patient
            self._listen()
        self._deliver(messages)

    def _listen(self) -> None:
        if not self._detached:
            self._socket.arm()

    def _deliver(self, messages: Sequence[Message]) -> None:
        """Report messages, and have who waits for them go on. The last thing to do: it may suspend."""
        self.call_soon.hold()
        try:
            if messages:
                self._events.received(messages)
        finally:
            self.call_soon.release()

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        messages = self._socket.take()
        if messages:
            self._events.received(messages)
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
