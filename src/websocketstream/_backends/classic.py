"""The polyfill's transport: classic ``WebSocket``, through events.

Sending: each message goes to the browser at once, which buffers it. No event reports that its buffer has
shrunk, so ``bufferedAmount`` is polled while a writer waits.

Receiving: a call into Python costs more than the message that it is for. So JavaScript gathers the
message events in an array (:class:`~websocketstream._ffi.JsWebSocket`), and Python takes all that is
there, on one of three occasions:

1. *The next message arrives.* A listener that fires once calls Python, which takes the message and arms
   the listener again. That is the fastest way as long as messages come one by one.
2. *A poll.* After :data:`EAGER_DELIVERIES` such calls there may be a burst. So the listener stays off,
   and the array is emptied once per turn of the event loop, until a poll finds no more than one.
3. *A long backlog.* While messages keep coming WebKit runs nothing else, no poll either: a reader saw
   none of 60,000 messages until the last one had arrived. So Python is also called when the array has
   reached a length of :data:`BACKLOG_LIMITS`.

Classic ``WebSocket`` can't hold the server back: ``pause_reading()`` does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .. import _ffi
from .._core.rules import Message
from .._core.transport import Events, HeaderFields
from .browser import BACKLOG_LIMITS, EAGER_DELIVERIES, BrowserBackend

QUICK_POLLS, QUICK_POLL_TURNS = 24, 4
"""Number of times that ``bufferedAmount`` is read every so many turns of the event loop, when a writer
begins to wait: a fast network takes half of the default mark within 2 ms."""

BUFFER_POLL_SECONDS = 0.001
"""Interval at which it is read after that.

If it takes long, browsers make it 4 ms by themselves, since a timer that timers have set one after the
other is delayed from the sixth on.
"""


class ClassicBackend(BrowserBackend):
    """The back end that opens classic WebSockets."""

    name = "polyfill"

    @property
    def sends_headers(self) -> bool:
        return _ffi.sends_headers()

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields = ()
    ) -> ClassicTransport:
        return ClassicTransport(url, protocols, events, headers)


class ClassicTransport:
    """A :class:`~websocketstream._core.transport.Transport` over one classic WebSocket."""

    receive_backpressure = False

    def __init__(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields
    ) -> None:
        self._events = events
        # First of all: the browser may refuse the URL, and then there must be no proxy to destroy yet.
        self._socket = _ffi.JsWebSocket(
            url,
            protocols,
            headers,
            run_sync=events.run_sync,
            on_open=events.connected,
            on_message=self._message_arrived,
            on_close=self._closed,
            on_error=events.failed,
        )
        self.send = self._socket.send
        self.call_soon = _ffi.JsCallSoon(run_sync=events.run_sync)
        self._polling_buffer = False
        self._quick_polls_left = QUICK_POLLS
        self._poll_quickly = _ffi.JsTurns(QUICK_POLL_TURNS, self._buffer_polled, events.failed)
        self._cancel_buffer_poll: Callable[[], None] | None = None
        self._detached = self._backlog_limited = False
        self._poll_soon = _ffi.JsTurns(1, self._poll, events.failed)
        self._sent_all = _ffi.JsTurns(2, events.drained, events.failed)
        # With JSPI a call that may suspend runs a turn after the message that causes it, and takes what
        # has arrived meanwhile. That batches a burst as well as polls would, so there are none.
        self._eager_deliveries = math.inf if self.call_soon.delayed else EAGER_DELIVERIES
        self._eager_left = self._eager_deliveries

    # Sending.

    @property
    def buffered_amount(self) -> int:
        return self._socket.buffered_amount

    def watch_buffer(self) -> None:
        if self._polling_buffer or self._detached:
            return
        self._polling_buffer = True
        if self._quick_polls_left:
            self._quick_polls_left -= 1
            self._poll_quickly.start()
        else:
            self._cancel_buffer_poll = _ffi.call_later(
                BUFFER_POLL_SECONDS, self._buffer_polled, self._events.failed
            )

    def _buffer_polled(self) -> None:
        self._cancel_buffer_poll = None
        self._polling_buffer = False
        if self._socket.buffered_amount:
            self._events.drained()
        else:
            # WebKit also says so when the connection has ended in the middle of a message. Then the
            # event that tells the end comes next, with the true amount.
            self._sent_all.start()
        if not self._polling_buffer:  # There is room: the next wait begins with quick polls again.
            self._quick_polls_left = QUICK_POLLS

    def discard(self) -> None:
        """Do nothing: what was sent is in the browser's buffer already."""

    # Receiving.

    def pause_reading(self) -> None:
        """Do nothing: classic ``WebSocket`` can't hold the server back."""

    def resume_reading(self) -> None:
        """Do nothing: reading is never paused."""

    def _message_arrived(self, js_event: object) -> None:
        """Deliver the first message since the last batch, and those that have come with it."""
        messages = self._socket.take(js_event)
        if self._eager_left:
            self._eager_left -= 1
            self._wait_for_message()
        else:
            self._limit_backlog()
            self._poll_soon.start()
        self._deliver(messages)

    def _wait_for_message(self) -> None:
        # A call that was delayed may come after the end.
        if not self._detached:
            self._socket.arm()

    def _limit_backlog(self) -> None:
        # Most connections never have a burst.
        if not self._backlog_limited:
            self._backlog_limited = True
            self._socket.limit_backlog(BACKLOG_LIMITS, self._take_backlog)

    def _take_backlog(self) -> None:
        self._deliver(self._socket.take())

    def _poll(self) -> None:
        messages = self._socket.take()
        if len(messages) > 1:
            self._poll_soon.start()
        else:
            # One is no burst: a call with the next message costs no more than a poll.
            self._eager_left = self._eager_deliveries
            self._wait_for_message()
        self._deliver(messages)

    def _deliver(self, messages: Sequence[Message]) -> None:
        """Report messages and let the readers that wait for them run. Call it last: it may suspend."""
        if messages:
            self.call_soon.run_now(self._events.received, messages)

    # Closing.

    def close(self, code: int | None, reason: str) -> None:
        # The browser sends what it has buffered before it sends the Close frame.
        self._socket.close(code, reason)

    def abandon(self) -> None:
        try:
            self._detach()
        finally:
            self._socket.close(None, "")

    def _closed(self, code: int, reason: str, clean: bool) -> None:
        messages = self._socket.take()
        if messages:
            self._events.received(messages)
        self._events.disconnected(code, reason, clean=clean)
        self._detach()

    def _detach(self) -> None:
        if not self._detached:
            self._detached = True
            self._poll_soon.close()
            self._poll_quickly.close()
            self._sent_all.close()
            self.call_soon.close()
            if self._cancel_buffer_poll is not None:
                self._cancel_buffer_poll()
            self._socket.detach()  # Last: this one may raise.
