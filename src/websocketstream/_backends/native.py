"""The native transport: the browser's own ``WebSocketStream``, through pipes.

No promise is awaited per message. Messages come through a pipe into one Python callback, which
returns a promise only when the server is to be held back. They go out through a pipe that asks for
more when the network has taken what there was.

Chromium crashes the tab when a write is pending as the connection fails. So what is sent after a pause
is handed over two turns of the event loop later, if the connection still stands then; while the network
goes on asking, at once, and little at a time. A close waits until the pipe has run dry, because closing
on queued writes crashes it too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from .. import _ffi
from .._core.rules import Message
from .._core.transport import Events, Headers
from .browser import BrowserBackend

BATCH_BYTES = 64 * 1024
"""How much is handed over at a time, unless one message is larger; the browser's own pipe to the
network holds 128 KB."""


class NativeBackend(BrowserBackend):
    """Opens the browser's own WebSocketStreams."""

    name = "native"
    sends_headers = False

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: Headers = ()
    ) -> NativeTransport:
        return NativeTransport(url, protocols, events)


class NativeTransport:
    """A :class:`~websocketstream._core.transport.Transport` over one native WebSocketStream."""

    receive_backpressure = True

    def __init__(self, url: str, protocols: Sequence[str], events: Events) -> None:
        self._events = events
        # May be refused, and then no proxy must be there yet.
        self._stream = _ffi.JsWebSocketStream(
            url, protocols, on_open=self._opened, on_close=self._closed
        )
        self.call_soon = _ffi.JsCallSoon()
        self._queue: deque[tuple[Message, int]] = deque()
        self._queued = 0
        self._handed_over = 0
        self._asked = False
        self._close_with: tuple[int | None, str] | None = None
        self._watched = False
        self._room: _ffi.JsDeferred | None = None
        self._receiving = False
        self._lost = False
        self._outcome: tuple[int, str, bool] | None = None
        self._source = _ffi.JsSource()
        self._turns = _ffi.JsTurns(2, self._hand_over)

    # Sending.

    @property
    def buffered_amount(self) -> int:
        return self._queued + self._handed_over

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        size = size or 1  # an empty message has to be waited for, too
        self._queue.append((message, size))
        self._queued += size
        if self._asked:
            self._turns.start()

    def discard(self) -> None:
        self._queue.clear()
        self._queued = 0
        self._end_if_dry()

    def close(self, code: int | None, reason: str) -> None:
        self._close_with = code, reason
        self._end_if_dry()

    def _pull(self, js_controller: Any) -> None:
        """The network has taken what was handed over, and asks for more."""
        self._source.attach(js_controller)
        self._handed_over = 0
        self._asked = True
        self._hand_over()
        self._end_if_dry()
        if self._watched:
            self._watched = False
            self._events.drained()

    def _hand_over(self) -> None:
        """Hand over a batch: the next message, and small ones behind it."""
        if not self._asked or not self._queue or self._outcome is not None:
            return
        self._asked = False
        batch: list[Message] = []
        total = 0
        while self._queue and (not batch or total + self._queue[0][1] <= BATCH_BYTES):
            message, size = self._queue.popleft()
            batch.append(message)
            total += size
        self._queued -= total
        self._handed_over = total
        self._source.enqueue(batch)

    def _end_if_dry(self) -> None:
        if self._asked and not self._queue and self._close_with is not None:
            self._asked = False
            self._source.end()

    def _flushed(self) -> None:
        if self._close_with is not None:
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
        self._stream.feed(js_writable, self._pull, self._flushed, self._feeding_failed)
        self._events.connected(protocol, extensions)

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        self._note_whether_held_back()
        self._outcome = code, reason, clean
        self.resume_reading()
        self._finish()

    def _feeding_failed(self) -> None:
        # The first that is heard of the server's Close frame, or of a failure.
        self._asked = False
        self._note_whether_held_back()

    def _note_whether_held_back(self) -> None:
        """What the browser holds at the Close frame behind a pipe that is held back is dropped."""
        if self._room is not None:
            self._lost = True

    def _received_all(self) -> None:
        self._receiving = False
        self._finish()

    def _finish(self) -> None:
        if self._outcome is not None and not self._receiving:
            code, reason, clean = self._outcome
            self._events.disconnected(code, reason, clean=clean, lost=self._lost)
            self._detach()

    def abandon(self) -> None:
        # Stop feeding before closing: what is fed behind a close crashes the tab. No call frees a
        # connection with a stuck write; it goes when the peer reads on, or with the page. If it fails
        # before, the tab crashes.
        self._detach()
        self._stream.close(*(self._close_with or (None, "")))

    def _detach(self) -> None:
        self._turns.close()
        self.call_soon.close()
        self._stream.detach()
