"""The native transport: the browser's own ``WebSocketStream``, through pipes.

No promise is awaited per message. Messages come through a pipe into one Python callback, which
returns a promise only when the server is to be held back. They go out through a pipe that asks for
the next message when the network is ready for it, so that the browser never holds more than it must:
a write that is pending when the connection fails crashes the tab. A close waits for that pipe to run
dry, because closing on queued writes crashes it too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from . import _ffi
from ._rules import Message
from ._transport import Events


class NativeBackend:
    """Opens the browser's own WebSocketStreams."""

    name = "native"

    def parse_url(self, url: str) -> str | None:
        return _ffi.parse_url(url)

    def connect(self, url: str, protocols: Sequence[str], events: Events) -> NativeTransport:
        return NativeTransport(url, protocols, events)

    def as_bytes(self, chunk: object) -> bytes | None:
        return _ffi.js_buffer_to_bytes(chunk)

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        return _ffi.watch_abort(signal, callback)

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        return _ffi.abort_reason(signal)


class NativeTransport:
    """A :class:`~websocketstream._transport.Transport` over one native WebSocketStream."""

    receive_backpressure = True

    def __init__(self, url: str, protocols: Sequence[str], events: Events) -> None:
        self._events = events
        self._queue: deque[tuple[Message, int]] = deque()
        self._queued = 0
        self._handed_over = 0
        self._js_enqueue: Any = None
        self._js_end: Any = None
        self._asked = False
        self._close_with: tuple[int | None, str] | None = None
        self._watched = False
        self._room: _ffi.JsDeferred | None = None
        self._receiving = False
        self._outcome: tuple[int, str, bool, bool] | None = None
        self._stream = _ffi.JsWebSocketStream(
            url, protocols, on_open=self._opened, on_close=self._closed
        )

    # Sending.

    @property
    def buffered_amount(self) -> int:
        return self._queued + self._handed_over

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        self._queue.append((message, size))
        self._queued += size
        if self._asked:
            self._hand_over()

    def discard(self) -> None:
        self._queue.clear()
        self._queued = 0

    def close(self, code: int | None, reason: str) -> None:
        self._close_with = code, reason
        if self._asked:
            self._js_end()

    def _pull(self, js_controller: Any) -> None:
        """The network is ready for a message: what was handed over before has gone."""
        if self._js_enqueue is None:
            self._js_enqueue, self._js_end = _ffi.controller_methods(js_controller)
        self._handed_over = 0
        self._asked = True
        if self._queue:
            self._hand_over()
        elif self._close_with is not None:
            self._js_end()
        if self._watched:
            self._watched = False
            self._events.drained()

    def _hand_over(self) -> None:
        self._asked = False
        message, size = self._queue.popleft()
        self._queued -= size
        self._handed_over = size
        self._js_enqueue(_ffi.js_message(message))

    def _flushed(self) -> None:
        assert self._close_with is not None
        self._stream.close(*self._close_with)

    # Receiving.

    def pause_reading(self) -> None:
        if self._room is None and self._outcome is None:
            self._room = _ffi.JsDeferred()

    def resume_reading(self) -> None:
        if self._room is not None:
            self._room.resolve()
            self._room = None

    def _write(self, js_chunk: Any, _js_controller: Any) -> Any:
        self._events.received((_ffi.py_message(js_chunk),))
        return None if self._room is None else self._room.js_promise

    # Opening and closing.

    def _opened(self, js_readable: Any, js_writable: Any, protocol: str, extensions: str) -> None:
        # The pipe has to start in this very callback: a turn of the event loop later, messages that
        # came right behind the handshake and were followed by a Close are gone.
        self._receiving = True
        self._stream.receive(js_readable, self._write, self._received_all)
        self._stream.feed(js_writable, self._pull, self._flushed)
        self._events.connected(protocol, extensions)

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        # A pipe that is held back now can't say whether the browser has dropped messages behind it.
        lost = self._room is not None
        self._outcome = code, reason, clean, lost
        self.resume_reading()
        self._finish()

    def _received_all(self) -> None:
        self._receiving = False
        self._finish()

    def _finish(self) -> None:
        if self._outcome is not None and not self._receiving:
            code, reason, clean, lost = self._outcome
            self._events.disconnected(code, reason, clean=clean, lost=lost)
            self._stream.detach()

    def abandon(self) -> None:
        self._stream.detach()
        self._stream.close(None, "")
