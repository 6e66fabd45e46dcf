"""The connection: every rule of the standard about opening, writing and closing, once.

It is a state machine over a :class:`~websocketstream._core.transport.Transport`, the same for all back
ends, without JavaScript. The plan:

- The program calls the first group of methods (``connect``, ``write``, ``close``, …), the transport
  the second (``connected``, ``received``, ``disconnected``, …). Both change ``state``, which only goes
  forward from CONNECTING to OPEN, CLOSING and CLOSED, and may skip some.
- Every connection ends in ``_end`` or, if it was never open, in ``_end_unopened``. Only these two settle
  ``closed``, and they settle everything else that may be awaited, so nothing hangs.
- One timer runs at a time: ``open_timeout`` until the connection is open, then ``idle_timeout``, and
  ``close_timeout`` from ``close()`` on. A timer that expires abandons the connection.
- Whatever a transport raises ends the connection with an error that names it: what the transport does in
  a callback of its own it reports to ``failed``, and ``guard`` is around every call of it from here.
- Messages wait in ``incoming`` until they are read, also after the end. ``outgoing`` counts the bytes
  that wait to be sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import (
    AbortError,
    HandshakeError,
    InvalidStateError,
    ReceiveBufferWarning,
    WebSocketError,
    close_code_and_reason_of,
)
from . import failures
from .buffers import ReceiveBuffer, SendBuffer
from .options import DEFAULTS, ConnectionOptions
from .promise import Promise, rejected, resolved
from .rules import Message, redact, size_of, to_message
from .state import Agreement, State, WebSocketCloseInfo
from .timer import Timer
from .transport import UNCONNECTED, Backend, Guard, HeaderFields, Permission, Transport

logger = logging.getLogger("websocketstream")

LATE = 0.1
"""A timer that is so many seconds late shows that the program has blocked the event loop."""


class Connection:
    """One WebSocket connection. Implements :class:`~websocketstream._core.transport.Events`."""

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        *,
        backend: Backend,
        options: ConnectionOptions = DEFAULTS,
        headers: HeaderFields = (),
    ) -> None:
        self.url = url
        self.protocols = protocols
        self.headers = headers
        self.run_sync: bool = options.run_sync
        self.backend = backend
        self.state: State = State.CONNECTING
        self.opened: Promise[Agreement] = Promise()
        self.closed: Promise[WebSocketCloseInfo] = Promise()
        self.writable_closed: Promise[None] = Promise()
        """A promise that is resolved if ``close_writable`` closed the connection, else rejected."""
        self.incoming: ReceiveBuffer = ReceiveBuffer(
            options.high_water_mark, self._resume_reading, UNCONNECTED.call_soon
        )
        self.messages_received: int = 0
        self.messages_sent: int = 0
        self.bytes_received: int = 0
        self.bytes_sent: int = 0
        self.opened_at: float | None = None
        """The time of the opening, and below of the end, by the monotonic clock; ``None``: not yet."""
        self.ended_at: float | None = None
        self._options = options
        self._warned = False
        self._last_heard = 0.0
        """The time from which ``idle_timeout`` counts, by the event loop's clock."""
        self._closing_writable = False
        self._failure: WebSocketError | None = None
        self._write_error: Exception | None = None
        self._aborted = False
        self._permission: Permission | None = None
        self._transport: Transport = UNCONNECTED
        self.guard: Guard = Guard(self.failed)
        self._timer = Timer(backend.call_later, self.guard)
        self.outgoing: SendBuffer = SendBuffer(
            options.send_high_water_mark, self._unsent, self._watch_buffer
        )

    # Called by the program's side: streams and the gateway.

    def connect(self) -> None:
        """Start the opening handshake.

        Standard: WebSockets, "establish a WebSocket connection".
        """
        logger.debug("connecting to %s (%s)", redact(self.url), self.backend.name)
        self._permission = self.backend.permission(self.url)
        self._transport = self.backend.connect(self.url, self.protocols, self, self.headers)
        with self.guard:
            self.incoming.call_soon = self._transport.call_soon
        if self.state is State.CLOSED:  # Against the rules of Transport, it has ended in the call.
            with self.guard:
                self._transport.abandon()
        self._timer.set(self._options.open_timeout, self._opening_timed_out)

    @property
    def desired_size(self) -> int | None:
        """Room for writing in bytes; 0 after ``close_writable``, ``None`` after any other end.

        Standard: Streams, "WritableStreamDefaultWriterGetDesiredSize".
        """
        if self.state is State.OPEN:
            return self.outgoing.desired_size
        return 0 if self._closing_writable and self.writable_closed.exception() is None else None

    def write(self, message: Any) -> Promise[None]:
        """Send a message; return the promise that there is room for the next.

        Standard: WebSockets, "write" (of WebSocketStream).
        """
        kind = type(message)
        if kind is bytes or (kind is str and message.isascii()):
            size = len(message)  # The usual case. Each message comes here: no call that can be saved.
        else:
            message = to_message(message, self.backend.as_bytes)
            size = size_of(message)
        if self.state is not State.OPEN:
            raise self._not_writable()
        try:
            self._transport.send(message, size)
        except Exception as error:
            self.failed(error)
            raise self._not_writable() from error
        self.messages_sent += 1
        self.bytes_sent += size
        outgoing = self.outgoing
        outgoing.estimate += size
        if outgoing.estimate >= outgoing.high_water_mark:
            outgoing.refresh()
        return outgoing.ready

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Start to close; a connection that is closing or closed already stays as it is.

        Standard: WebSockets, "close using WebSocketCloseInfo".
        Deviation: what was written before is sent first; the standard drops it and reports success.
        """
        if self.state is State.CONNECTING:
            self.fail(HandshakeError(f"closed before the connection to {redact(self.url)} was made"))
        elif self.state is State.OPEN:
            self.state = State.CLOSING
            with self.guard:
                # The server must not be held back any longer: its Close frame comes after its messages.
                self._transport.resume_reading()
                self._transport.close(code, reason)
            self._watch_closing(self._unsent())

    def close_with_reason(self, reason: object) -> None:
        """Close with the code and reason of a WebSocketError; without either for anything else.

        Standard: WebSockets, "close using reason".
        """
        self.close(*close_code_and_reason_of(reason))

    def close_writable(self) -> Promise[None]:
        """Send what was written, then close; return the promise that the connection has closed.

        Standard: WebSockets, "close" (of the writable side).
        """
        if self.state is State.CLOSED or self._aborted:
            return rejected(self._not_writable())
        self._closing_writable = True
        self.close()
        return self.writable_closed

    def abort_writable(self, reason: object) -> Promise[None]:
        """Drop what was not sent yet, and close, with the code of a WebSocketError.

        Standard: WebSockets, "abort" (of the writable side), and Streams, "WritableStreamAbort".
        """
        if self.state in (State.OPEN, State.CLOSING) and not self._aborted:
            self._aborted = True
            error = reason if isinstance(reason, Exception) else AbortError(reason=reason)
            with self.guard:
                self._transport.discard()
            self.outgoing.fail(error)
            self.writable_closed.reject(error)
            self.close_with_reason(reason)
        return resolved(None)

    def cancel_readable(self, reason: object) -> Promise[None]:
        """Drop the messages that were received and all later ones, and close.

        Standard: WebSockets, "cancel" (of the readable side).
        """
        if self.incoming.finished.exception() is not None:
            return self.incoming.finished
        self.incoming.discard()
        self.close_with_reason(reason)
        return resolved(None)

    def fail(self, opened_error: Exception, closed_error: Exception | None = None) -> None:
        """Abandon connecting: reject ``opened`` and ``closed``.

        Standard: WebSockets, "fail the WebSocket connection".
        """
        if self.state is State.CONNECTING:
            self._abandon_transport()
            self._end_unopened(opened_error, closed_error)

    def abandon(self, why: str, cause: Exception | None = None) -> None:
        """End at once with the message ``why``, without waiting for unsent messages or the peer."""
        unopened = HandshakeError(why)
        unopened.__cause__ = cause
        self.fail(unopened)
        if self.state is not State.CLOSED:
            self._abandon_transport()
            lost = self._failure or WebSocketError._received(why, failures.ABNORMAL, "")
            lost.__cause__ = cause
            self._end(WebSocketCloseInfo(failures.ABNORMAL, ""), lost)

    # Called by the transport; described in Events.

    def connected(self, protocol: str, extensions: str) -> None:
        """Standard: WebSockets, "when a WebSocketStream connection is established"."""
        if self.state is not State.CONNECTING:
            return
        if self.protocols and protocol not in self.protocols:
            self.fail(failures.no_subprotocol(len(self.protocols)))
            return
        self.state = State.OPEN
        self.opened_at = time.monotonic()
        logger.debug("connected to %s", redact(self.url))
        self._note_activity()
        self._timer.set(self._options.idle_timeout, self._check_idle)
        self.opened.resolve(Agreement(protocol, extensions))

    def received(self, messages: Sequence[Message]) -> None:
        """Standard: WebSockets, "when a message has been received"."""
        incoming = self.incoming
        size = incoming.size
        incoming.put(messages)
        self.messages_received += len(messages)
        self.bytes_received += incoming.size - size
        if self._options.idle_timeout is not None:  # Not _note_activity(): each message comes this way.
            self._last_heard = asyncio.get_running_loop().time()
        if not incoming.is_full:
            return
        holds_back = True
        with self.guard:
            holds_back = self._transport.receive_backpressure
            if holds_back and self.state is State.OPEN:
                self._transport.pause_reading()
        if not holds_back and incoming.size > incoming.high_water_mark:
            self._over_the_mark()

    def drained(self) -> None:
        self.outgoing.refresh()

    def disconnected(self, code: int, reason: str, *, clean: bool, lost: bool = False) -> None:
        """Standard: WebSockets, "when a WebSocketStream connection is closed"."""
        if self.state is State.CONNECTING:
            unopened = failures.not_connected(self.url, reason, self._permission, code)
            self._end_unopened(unopened, HandshakeError._received(str(unopened), code, ""))
            return
        unsent = self._unsent()
        if self.state is State.CLOSED:
            return
        error: WebSocketError | None = self._failure
        if error is not None:
            error.close_code, error.reason = code, reason
        elif lost:
            error = failures.messages_lost(code, reason)
        elif not clean or unsent or code in failures.NEVER_SENT:
            error = failures.closed(code, reason, unsent)
        self._end(WebSocketCloseInfo(code, reason), error)

    def failed(self, error: Exception) -> None:
        self.abandon(failures.raised(error), error)

    # How it ends.

    def _abandon_transport(self) -> None:
        self.state = State.CLOSED  # First: what the transport raises must not end it once more.
        with self.guard:
            self._transport.abandon()

    def _end(self, info: WebSocketCloseInfo, error: WebSocketError | None) -> None:
        self.state = State.CLOSED
        self._timer.close()
        self.ended_at = time.monotonic()
        logger.debug("closed %s with %d", redact(self.url), info.close_code)
        self.incoming.end(error)
        # After a Close frame from the server a writer is in the wrong state; it has not failed.
        lost = error if info.close_code == failures.ABNORMAL else None
        self._write_error = lost or self._not_writable()
        if error is None:
            self.outgoing.refresh()  # All was sent: resume the writers that still wait for room.
        self.outgoing.fail(self._write_error)
        if self._closing_writable and error is None:
            self.writable_closed.resolve(None)
        else:
            self.writable_closed.reject(error or self._write_error)
        if error is None:
            self.closed.resolve(info)
        else:
            self.closed.reject(error)

    def _end_unopened(self, opened_error: Exception, closed_error: Exception | None = None) -> None:
        if closed_error is None:
            closed_error = HandshakeError._received(str(opened_error), failures.ABNORMAL, "")
            closed_error.__cause__ = opened_error.__cause__
        self.state = State.CLOSED
        self._timer.close()
        logger.debug("could not connect to %s: %s", redact(self.url), opened_error)
        self.incoming.end(closed_error)
        self.outgoing.fail(closed_error)
        self.writable_closed.reject(closed_error)
        self.opened.reject(opened_error)
        self.closed.reject(closed_error)

    def _opening_timed_out(self) -> None:
        if self._permission is not None and self._permission.was_asked_for():
            # A human reads the browser's question. The browser itself gives up in the end.
            self._timer.set(self._options.open_timeout, self._opening_timed_out)
            return
        self.fail(failures.not_connected_in_time(self.url, self._options.open_timeout))

    def _watch_closing(self, unsent: int) -> None:
        """Abandon the connection if no byte was sent for ``close_timeout``."""
        self._timer.set(self._options.close_timeout, lambda: self._closing_timed_out(unsent))

    def _closing_timed_out(self, unsent_before: int) -> None:
        unsent = self._unsent()
        if unsent < unsent_before:
            self._watch_closing(unsent)
        else:
            self.abandon(failures.unanswered(self._options.close_timeout, unsent))

    def _resume_reading(self) -> None:
        self._note_activity()  # A server that was held back gets the whole time again.
        with self.guard:
            self._transport.resume_reading()

    def _unsent(self) -> int:
        """Return the number of bytes that the transport has not sent yet."""
        with self.guard:
            return self._transport.buffered_amount
        return 0

    def _watch_buffer(self) -> None:
        with self.guard:
            self._transport.watch_buffer()

    def _note_activity(self) -> None:
        """Start to count the seconds of ``idle_timeout`` again."""
        if self._options.idle_timeout is not None:
            self._last_heard = asyncio.get_running_loop().time()

    def _check_idle(self) -> None:
        """Abandon the connection if nothing was received for ``idle_timeout``."""
        idle = self._options.idle_timeout
        assert idle is not None
        if self.incoming.is_full:  # The server is silent because it is held back.
            self._note_activity()
        rest = self._last_heard + idle - asyncio.get_running_loop().time()
        if rest < -LATE:
            # The event loop was blocked: messages that came meanwhile have yet to be delivered.
            self._last_heard += LATE - rest
            rest = LATE
        if rest > 0:
            self._timer.set(rest, self._check_idle)
        else:
            self.abandon(failures.silent(idle))

    def _over_the_mark(self) -> None:
        mark = self.incoming.high_water_mark
        if self._options.overflow == "error":
            if self._failure is None:
                self._failure = failures.overflow(mark)
                self.incoming.end(self._failure)
                self.close(failures.OVERFLOW, "receive buffer full")
        elif not self._warned:
            self._warned = True
            warnings.warn(failures.unread(mark, self.url), ReceiveBufferWarning, stacklevel=2)

    def _not_writable(self) -> Exception:
        return self._write_error or InvalidStateError(
            f"the connection is {self.state.value}: nothing can be written any more"
        )
