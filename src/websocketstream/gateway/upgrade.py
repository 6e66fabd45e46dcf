"""A library's request to upgrade, and the WebSocket that answers it.

The handshake that a library writes becomes a connection of this package to the same URL. When that is
open the library gets ``101 Switching Protocols``. From then on its frames are translated to messages,
and messages to frames.

The end has an order, because libraries report an end before their own Close frame as abnormal: all
messages, the server's Close frame, the library's own Close frame, the end of the transport. So all of
this waits while the library has paused reading. A connection that is lost ends without a Close frame.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import time
from typing import TYPE_CHECKING

from .._core.connection import Connection
from .._core.failures import NEVER_SENT
from .._core.options import ConnectionOptions
from .._core.promise import Promise
from .._core.rules import get_a_url_record, redact, size_of, validate_protocols
from .._core.state import State
from ..errors import (
    BufferOverflowError,
    InvalidStateError,
    MessagesLostError,
    WebSocketError,
)
from ..support import resolve_backend
from .close_codes import received, sendable
from .frames import Close, FrameReader, Ping, Pong, Violation, close_frame, message_frames, pong_frame
from .headers import check_sendable, handshake_of
from .options import Cancel, nothing_to_cancel
from .refusal import find_reason, origin_of, refused
from .transport import KERNEL_BUFFER

if TYPE_CHECKING:
    from .http import Request
    from .options import Options
    from .server import ServerConnection
    from .transport import GatewayTransport

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3

BATCH_BYTES = 256 * 1024
"""Number of bytes delivered in one call of the protocol, as asyncio reads from a socket."""

CLOSE_TIMEOUT = 10
"""Time in seconds that a library has to answer a Close frame."""


class WebSocketUpgrade:
    """An upgraded connection: the far end of a transport, and the user of a connection."""

    def __init__(self, server: ServerConnection, request: Request, url: str, options: Options) -> None:
        self._server = server
        self._transport: GatewayTransport = server.transport
        self._options = options
        self._key = request.headers.get("Sec-WebSocket-Key") or ""
        self._early: list[bytes] | None = []
        """Bytes that the library has written before the connection is open; ``None`` from then on."""
        self._reader = FrameReader()
        self._sent: Close | Violation | None = None
        """The last frame of the library: its Close frame, or one that violates the protocol."""
        self._finished = False
        """``True`` once the end of the connection was delivered to the library."""
        self._dropped_bytes = 0
        """Size of the messages that were written after the end of the connection."""
        self._last_received = time.monotonic()
        self._unanswered_ping: bytes | None = None
        """The payload of the last ping, if the server was silent then: its next message answers it."""
        self._cancel: Cancel = nothing_to_cancel
        self._connection = self._connect(request, url)

    def _connect(self, request: Request, url: str) -> Connection:
        options = self._options
        backend = resolve_backend(options.backend)
        handshake = handshake_of(request, url)
        self._offered = tuple(handshake.subprotocols)
        if options.headers_to is not None:
            options.headers_to(handshake)
        if not backend.sends_headers:
            check_sendable(handshake)
        high, low = self._transport.send_marks
        connection = Connection(
            get_a_url_record(handshake.url, backend.parse_url),
            validate_protocols(handshake.subprotocols),
            backend=backend,
            options=ConnectionOptions(
                high_water_mark=options.high_water_mark,
                send_high_water_mark=high,
                overflow=options.overflow,
                # A message only wakes a task of the library, which the event loop runs. So messages
                # can be delivered at once, without the turn before a call that may suspend.
                run_sync=False,
            ),
            headers=handshake.headers.items(),
        )
        connection.outgoing.low_water_mark = low
        connection.connect()
        connection.opened.when_settled(self._opened)
        return connection

    # The methods of a FarEnd, called by the transport.

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if self._early is not None:
            self._early.append(bytes(data))
            return
        for frame in self._reader.feed(data):
            if isinstance(frame, (str, bytes)):
                self._send(frame)
            elif isinstance(frame, Ping):
                self._unanswered_ping = frame.payload
                if self._is_alive():
                    self._answer_ping(frame.payload)
            elif not isinstance(frame, Pong):
                self._close_received(frame)

    @property
    def buffered_amount(self) -> int:
        ended = self._connection.closed.settled  # data that is unsent then is never sent
        return 0 if ended else self._connection.outgoing.buffered_amount

    def set_send_marks(self, high: int, low: int) -> None:
        outgoing = self._connection.outgoing
        outgoing.high_water_mark, outgoing.low_water_mark = high, low
        outgoing.refresh()
        if not outgoing.ready.settled:
            self._wait_for_room(outgoing.ready)

    def resume(self) -> None:
        if self._early is None:
            self._deliver()

    def close(self) -> None:
        """Close the connection. The transport ends when the send buffer has room again."""
        self._detach()
        self._connection.cancel_readable(None)
        room = self._connection.outgoing.ready
        waits = not room.settled

        def flushed() -> None:
            error = room.exception()
            lost = waits and isinstance(error, WebSocketError)
            self._transport.force_close(_reset(str(error)) if lost else None)

        room.when_settled(flushed)
        if not self._connection.outgoing.buffered_amount:
            # There is nothing to send, and the library can't learn how the server answers.
            self._connection.abandon("the library has closed its transport")

    def abort(self) -> None:
        self._detach()
        self._connection.abandon("the library has aborted its transport")

    # Opening.

    def _opened(self) -> None:
        error = self._connection.opened.exception()
        if error is None:
            self._accept()
        elif not self._transport.is_closing():
            self._cancel = asyncio.ensure_future(self._refuse(error)).cancel

    def _accept(self) -> None:
        protocol, _extensions = self._connection.opened.result()
        self._options.unreachable_origins.discard(origin_of(self._connection.url))
        accept = base64.b64encode(hashlib.sha1(self._key.encode() + _GUID).digest()).decode()
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)]
        if protocol in self._offered:  # the library would refuse one that only a hook has offered
            headers.append(("Sec-WebSocket-Protocol", protocol))
        early, self._early = self._early, None
        self._connection.incoming.consume(self._arrived)
        self._connection.closed.when_settled(self._deliver)
        self._server.respond(101, headers)
        self._deliver()
        for data in early or ():
            self.receive(data)

    async def _refuse(self, error: BaseException) -> None:
        """Answer with a status, or lose the connection if the server is down."""
        url = self._connection.url
        status, reason = await find_reason(url, error, self._options)
        if status is None:
            origin = origin_of(url)
            self._options.unreachable_origins.add(origin)
            self._transport.end(refused(origin))
        else:
            self._server.refuse(status, reason)

    # From the library to the server.

    def _send(self, message: str | bytes) -> None:
        try:
            room = self._connection.write(message)
        except (InvalidStateError, WebSocketError):
            self._drop(message)
            return
        if not room.settled:
            self._wait_for_room(room)

    def _wait_for_room(self, room: Promise[None]) -> None:
        """Pause the library's writing until there is room, unless it is paused already."""
        if not self._transport.full:
            self._transport.pause_writing()
            room.when_settled(self._transport.resume_writing)

    def _drop(self, message: str | bytes) -> None:
        """Drop a message because the connection has ended, or is about to.

        With a socket the first ones would be lost in the kernel's buffers. After that many bytes the
        transport is closed, because a library that only writes would never read the end.
        """
        if self._dropped_bytes > KERNEL_BUFFER and not self._finished:
            self._detach()
            self._transport.force_close(_reset("the connection ended before this was written"))
        self._dropped_bytes += size_of(message)

    def _close_received(self, frame: Close | Violation) -> None:
        self._sent = frame
        if self._finished:
            self._end()
        else:
            self._connection.close(sendable(frame.code), frame.reason)
            self._transport.resume_soon()  # a violation is answered at once

    def _is_alive(self) -> bool:
        """Return whether to answer pings: the server has sent something within ``idle_timeout``."""
        idle = self._options.idle_timeout
        alive = idle is None or time.monotonic() - self._last_received <= idle
        return alive and self._connection.state is State.OPEN

    def _answer_ping(self, payload: bytes) -> None:
        self._unanswered_ping = None
        self._transport.deliver_soon(pong_frame(payload))

    # From the server to the library.

    def _arrived(self) -> None:
        self._last_received = time.monotonic()
        if self._unanswered_ping is not None:
            # A program that has blocked the event loop may ping before what came meanwhile is delivered.
            self._answer_ping(self._unanswered_ping)
        self._deliver()

    def _deliver(self) -> None:
        """Deliver the messages that have come, then the end, while the library is reading."""
        incoming, transport = self._connection.incoming, self._transport
        while incoming and transport.is_reading():
            transport.deliver(message_frames(incoming.get_batch(BATCH_BYTES)))
        if transport.is_reading() and not self._finished:
            if isinstance(self._sent, Violation):
                self._finish(self._sent.code, self._sent.reason)
            elif self._connection.closed.settled:
                self._closed()

    def _closed(self) -> None:
        error = self._connection.closed.exception()
        assert error is None or isinstance(error, WebSocketError)
        info = self._connection.closed.result() if error is None else error
        lost = info.close_code in NEVER_SENT
        if lost:
            self._options.unreachable_origins.add(origin_of(self._connection.url))
        if lost or isinstance(error, (MessagesLostError, BufferOverflowError)):
            self._finished = True
            self._transport.end(_reset(str(error)))
        else:
            sent = None if self._sent is None else self._sent.code
            self._finish(received(info.close_code, sent), info.reason)

    def _finish(self, code: int | None, reason: str) -> None:
        """Deliver a Close frame, then end when the library has sent its own."""
        self._finished = True
        self._connection.incoming.discard()  # messages that have come after the library's violation
        self._cancel = self._connection.backend.call_later(CLOSE_TIMEOUT, self._end)
        self._transport.deliver(close_frame(code, reason))
        if self._sent is not None:
            self._end()

    def _end(self) -> None:
        self._cancel()
        self._transport.end()

    def _detach(self) -> None:
        self._cancel()
        self._connection.incoming.consume(None)

    def __repr__(self) -> str:
        return f"<WebSocketUpgrade {redact(self._connection.url)}>"


def _reset(reason: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, reason)
