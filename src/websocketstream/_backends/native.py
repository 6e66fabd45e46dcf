"""The native transport: the browser's own ``WebSocketStream``, through two pipes.

Awaiting a promise per message costs too much from Python, and a reader that takes a turn of the event
loop for each message loses the last ones when the server closes. So no promise is awaited per message:

- *Receiving.* The readable is piped into a ``WritableStream`` that gathers the messages in an array, so
  no Python runs for most of them. It is called with the first :data:`EAGER_DELIVERIES`. After these a
  burst is likely, and it takes what has been gathered once per turn of the event loop, until a turn
  brings nothing. Near the high-water mark nothing is gathered, so that reading is paused exactly there.
  While it is paused the pipe waits for a promise, and the browser stops reading from the network.
- *Sending.* A ``ReadableStream`` is piped into the writable. Its ``pull`` is called when the network has
  taken what was there; the answer is a batch from the queue, or the next :meth:`~NativeTransport.send`.
- *Closing.* The queue is sent first: closing with queued writes crashes Chromium's tab. Once it is empty
  the source ends, and when the pipe has finished the close code is sent.

Chromium also crashes the tab when a write is pending as the connection fails. Once the network side has
failed every write is a pending one, until the page learns of it two turns of the event loop later. A
program that answers the last message at once would write just then. So the first message after a pause
is written two turns after the one that it answers, and only if the connection has not failed by then.
While the network keeps pulling nothing waits: it would halve the rate and prevent no crash.

A page that is left stays connected in the back/forward cache, where it is frozen. So nothing more is
written once it is left, nor right after the user has come back: if the connection has failed there, a
pending write would crash the tab.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from .. import _ffi
from .._core.rules import Message, size_of
from .._core.transport import Events, HeaderFields
from .browser import BACKLOG_LIMITS, EAGER_DELIVERIES, BrowserBackend

BATCH_BYTES = 64 * 1024
"""Size in bytes of the largest batch, unless one message is larger. The browser's own pipe to the
network holds 128 KB."""

RETURN_SECONDS = 1.0
"""Time in seconds for which nothing is written after the page has come back. A failure in the meantime
is reported after that event, and on a busy machine a good while after it."""


class NativeBackend(BrowserBackend):
    """The back end that opens the browser's own WebSocketStreams."""

    name = "native"
    sends_headers = False

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields = ()
    ) -> NativeTransport:
        return NativeTransport(url, protocols, events)


class NativeTransport:
    """A :class:`~websocketstream._core.transport.Transport` over one native WebSocketStream."""

    receive_backpressure = True

    def __init__(self, url: str, protocols: Sequence[str], events: Events) -> None:
        self._events = events
        # First of all: the browser may refuse the URL, and then there must be no proxy to destroy yet.
        self._stream = _ffi.JsWebSocketStream(
            url, protocols, on_open=self._opened, on_close=self._closed, on_error=events.failed
        )
        self.call_soon = _ffi.JsCallSoon(run_sync=events.run_sync)
        self._poll_soon = _ffi.JsTurns(1, self._poll, events.failed)
        self._eager_left = EAGER_DELIVERIES
        self._backlog_limited = False
        self._queue: deque[tuple[Message, int]] = deque()
        self._queued_bytes = 0
        self._enqueued_bytes = 0
        """Size of the batch that the network has not taken yet."""
        self._pulled = False
        """``True`` while the network asks for a batch and there is none."""
        self._source = _ffi.JsSource()
        self._write_later = _ffi.JsTurns(
            1 if self.call_soon.delayed else 2, self._enqueue_batch, events.failed
        )
        self._left = False
        """``True`` from the moment the page is left until :data:`RETURN_SECONDS` after its return."""
        self._cancel_return: Callable[[], None] | None = None
        self._stop_watching_page = _ffi.watch_page(self._leave, self._come_back)
        self._watched = False
        self._close_with: tuple[int | None, str] | None = None
        self._paused = False
        self._receiving = False
        self._lost = False
        self._outcome: tuple[int, str, bool] | None = None
        """Code, reason and cleanness of the end."""

    # Sending.

    @property
    def buffered_amount(self) -> int:
        return self._queued_bytes + self._enqueued_bytes

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        size = size or 1  # an empty message has to be waited for, too
        self._queue.append((message, size))
        self._queued_bytes += size
        if self._pulled:
            # The first message after a pause: wait for news of a failure, see the module's docstring.
            self._write_later.start()

    def discard(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0
        self._end_if_sent()

    def _pull(self, js_controller: Any) -> None:
        """Enqueue the next batch: the network has taken the last one."""
        self._source.attach(js_controller)
        self._enqueued_bytes = 0
        self._pulled = True
        self._enqueue_batch()
        self._end_if_sent()
        if self._watched:
            self._watched = False
            self._events.drained()

    def _enqueue_batch(self) -> None:
        """Enqueue the next message and small ones after it, if the network has asked for a batch."""
        if not self._pulled or not self._queue or self._left or self._outcome is not None:
            return
        self._pulled = False
        batch: list[Message] = []
        total = 0
        while self._queue and (not batch or total + self._queue[0][1] <= BATCH_BYTES):
            message, size = self._queue.popleft()
            batch.append(message)
            total += size
        self._queued_bytes -= total
        self._enqueued_bytes = total
        self._source.enqueue(batch)

    def _leave(self) -> None:
        self._left = True
        self._stay_left()

    def _come_back(self) -> None:
        if self._left:
            self._stay_left()
            self._cancel_return = _ffi.call_later(RETURN_SECONDS, self._write_again, self._events.failed)

    def _stay_left(self) -> None:
        if self._cancel_return is not None:
            self._cancel_return()
            self._cancel_return = None

    def _write_again(self) -> None:
        self._left = False
        self._cancel_return = None
        self._enqueue_batch()

    # Receiving.

    def pause_reading(self) -> None:
        if not self._paused and self._outcome is None:
            self._paused = True
            self._stream.pause()

    def resume_reading(self) -> None:
        if self._paused:
            self._paused = False
            self._stream.resume()

    def _message_arrived(self, js_chunk: Any) -> None:
        """Deliver a message that has come alone, or at the beginning of a burst."""
        message = _ffi.py_message(js_chunk)
        self._deliver([message])
        self._eager_left -= 1
        if not self._eager_left:
            if self._may_gather([message]):
                self._poll_soon.start()
            else:
                self._eager_left = EAGER_DELIVERIES
                self._stream.chunks.clear_soon()

    def _poll(self) -> None:
        """Deliver what was gathered, and decide whether the next messages are."""
        messages = self._stream.take()
        if messages:
            self._deliver(messages)
        # One message is enough to go on: with run_sync a call for each of large ones would cost more.
        if messages and self._may_gather(messages):
            # Most connections never have a burst.
            if not self._backlog_limited:
                self._backlog_limited = True
                self._stream.chunks.call_at(BACKLOG_LIMITS, self._poll)
            self._poll_soon.start()
        else:
            self._eager_left = EAGER_DELIVERIES
            self._stream.chunks.clear()

    def _may_gather(self, messages: Sequence[Message]) -> bool:
        """Return whether the mark is so far that messages of this size can't reach it in a turn."""
        largest = max(map(size_of, messages))
        number = min(length for length, size in BACKLOG_LIMITS.items() if largest >= size)
        return number * largest < self._events.incoming.room

    def _deliver(self, messages: Sequence[Message]) -> None:
        """Report messages and let the readers that wait for them run, with ``run_sync`` a turn later."""
        if self.call_soon.delayed:
            self._events.received(messages)
        else:
            self.call_soon.run_now(self._events.received, messages)

    # Opening and closing.

    def _opened(self, js_readable: Any, js_writable: Any, protocol: str, extensions: str) -> None:
        # The pipe has to start in this very callback: one turn of the event loop later, messages that
        # came right after the handshake and were followed by a Close frame are lost.
        self._receiving = True
        self._stream.receive(js_readable, self._message_arrived, EAGER_DELIVERIES, self._received_all)
        self._stream.feed(js_writable, self._pull, self._sent_all, self._sending_failed)
        self._events.connected(protocol, extensions)

    def close(self, code: int | None, reason: str) -> None:
        self._close_with = code, reason
        self._end_if_sent()

    def _end_if_sent(self) -> None:
        if self._pulled and not self._queue and self._close_with is not None:
            self._pulled = False
            self._source.end()

    def _sent_all(self) -> None:
        if self._close_with is not None:
            self._stream.close(*self._close_with)

    def _sending_failed(self) -> None:
        # This is the first sign of the server's Close frame, or of a failure. When `closed` settles it
        # is too late to check, because a reader may have resumed the pipe in between.
        self._pulled = False
        self._note_loss()

    def _note_loss(self) -> None:
        """Note a loss: at a Close frame the browser drops what it holds for a paused pipe."""
        if self._paused:
            self._lost = True

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        self._note_loss()
        self._outcome = code, reason, clean
        self.resume_reading()
        self._finish()

    def _received_all(self) -> None:
        messages = self._stream.take()
        if messages:
            self._events.received(messages)
        self._receiving = False
        self._finish()

    def _finish(self) -> None:
        """Report the end, once it is known and all messages are here: one may come before the other."""
        if self._outcome is not None and not self._receiving:
            code, reason, clean = self._outcome
            self._events.disconnected(code, reason, clean=clean, lost=self._lost)
            self._detach()

    def abandon(self) -> None:
        # Stop the pipes before closing: a write after the close crashes the tab. Nothing can free a
        # connection with a pending write. It lives until the server reads on or the page ends; if it
        # fails before that, the tab crashes.
        try:
            self._detach()
        finally:
            self._stream.close(*(self._close_with or (None, "")))

    def _detach(self) -> None:
        self._stop_watching_page()
        self._write_later.close()
        self._stay_left()
        self._poll_soon.close()
        self.call_soon.close()
        self._stream.detach()
