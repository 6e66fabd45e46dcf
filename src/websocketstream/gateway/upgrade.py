"""A request to upgrade to WebSocket, and the WebSocket that comes of it.

The handshake that a library writes becomes a connection of this package to the same URL. When that is
open, the library gets its ``101 Switching Protocols``; then its frames become messages, and messages
become frames.

Closing: the server's Close frame goes to the library, the library's own is waited for, then the
transport ends, in that order, because libraries take an end without a Close frame of their own for an
abnormal one. If the library closes first, the server's answer goes to it. A connection that is lost
ends the transport with a :class:`ConnectionResetError` and no Close frame. Whatever came before is
delivered first.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._connection import ABNORMAL, Connection
from .._rules import get_a_url_record, redact, validate_protocols
from ..errors import InvalidStateError, MessagesLostError, SecurityError, WebSocketError
from .close_codes import received, sendable
from .frames import Close, FrameReader, Ping, Pong, Violation, close_frame, message_frames, pong_frame
from .headers import check_sendable, handshake_of
from .refusal import find_reason, origin_of, refused

if TYPE_CHECKING:
    from .http import Request
    from .options import Options
    from .server import ServerConnection
    from .transport import GatewayTransport

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

BATCH_BYTES = 256 * 1024
"""How many bytes of messages are delivered at once; as many as asyncio reads from a socket at once."""

OPEN_TIMEOUT = 60.0
CLOSE_TIMEOUT = 10.0
"""Seconds that a library, or a server, has for its answer to a Close frame."""


class WebSocketUpgrade:
    """One upgraded connection: the far end of a transport, and the reader of a connection."""

    def __init__(self, server: ServerConnection, request: Request, url: str, options: Options) -> None:
        backend = options.select_backend()
        handshake = handshake_of(request, url)
        self._offered = tuple(handshake.subprotocols)
        if options.headers_to is not None:
            options.headers_to(handshake)
        headers = handshake.headers.items()
        if not backend.sends_headers:
            check_sendable(handshake)
        self._server = server
        self._transport: GatewayTransport = server.transport
        self._key = request.headers.get("Sec-WebSocket-Key", "")
        self._options = options
        self._reader = FrameReader()
        self._sent: Close | None = None
        """The library's Close frame."""
        self._finished = False
        """Whether the library knows that the connection has closed."""
        self._cancel: Callable[[], None] = _nothing
        self._heard = time.monotonic()
        self._connection = Connection(
            get_a_url_record(handshake.url, backend.parse_url),
            validate_protocols(handshake.subprotocols),
            backend=backend,
            high_water_mark=options.high_water_mark,
            send_high_water_mark=self._transport.send_marks[0],
            overflow=options.overflow,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            headers=headers,
            may_suspend=False,  # the library's tasks are woken by the event loop, which can
        )
        self._early: list[bytes] | None = []
        """What the library has written before the connection is open."""
        self.set_send_marks(*self._transport.send_marks)
        self._connection.connect()
        self._connection.opened.when_settled(self._opened)

    # What the transport asks for.

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if self._early is not None:
            self._early.append(bytes(data))
            return
        for frame in self._reader.feed(data):
            if isinstance(frame, (str, bytes)):
                self._send(frame)
            elif isinstance(frame, Ping):
                if self._is_alive():
                    self._transport.deliver_soon(pong_frame(frame.payload))
            elif not isinstance(frame, Pong):
                self._close_received(frame)

    @property
    def buffered_amount(self) -> int:
        return self._connection.outgoing.buffered_amount

    def set_send_marks(self, high: int, low: int) -> None:
        self._connection.outgoing.high_water_mark = high
        self._connection.outgoing.low_water_mark = low

    def resume(self) -> None:
        if self._early is None:
            self._deliver()

    def close(self) -> None:
        self._detach()
        self._connection.cancel_readable(None)
        self._connection.close()
        # What was written goes on its way without the library, except for what it knows to be waiting.
        self._connection.outgoing.ready.when_settled(lambda: self._transport.lose(None))

    def abort(self) -> None:
        self._detach()
        self._connection.cancel_readable(None)
        self._connection.abort_writable(None)

    # Opening.

    def _opened(self) -> None:
        error = self._connection.opened.exception()
        if error is None:
            self._accept()
        elif not self._transport.is_closing():
            if isinstance(error, SecurityError):
                self._server.refuse(403, str(error))
            else:
                self._cancel = find_reason(self._connection.url, str(error), self._options, self._refuse)

    def _accept(self) -> None:
        protocol, _extensions = self._connection.opened.result()
        self._options.suspects.discard(origin_of(self._connection.url))
        accept = base64.b64encode(hashlib.sha1(self._key.encode() + _GUID).digest()).decode()
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)]
        if protocol in self._offered:  # one that a hook has offered is none of the library's business
            headers.append(("Sec-WebSocket-Protocol", protocol))
        early, self._early = self._early, None
        self._transport.hand_over(self)
        self._server.respond(101, headers)
        self._connection.incoming.consume(self._deliver)
        self._connection.closed.when_settled(self._finish)
        self._deliver()
        for data in early or ():
            self.receive(data)

    def _refuse(self, status: int | None, reason: str) -> None:
        """Answer as the server, or a gateway that could not reach it; ``None``: nothing is there."""
        origin = origin_of(self._connection.url)
        if status is None:
            self._options.suspects.add(origin)
            self._transport.lose(refused(origin))
        else:
            self._server.refuse(status, reason)

    # From the library to the server.

    def _send(self, message: str | bytes) -> None:
        try:
            room = self._connection.write(message)
        except InvalidStateError:
            return  # the library has not heard of the end yet; a socket would drop it as well
        if not room.settled:
            self._transport.pause_writing()
            room.when_settled(self._transport.resume_writing)

    def _close_received(self, frame: Close | Violation) -> None:
        if self._connection.closed.settled:
            self._end()
            return
        if isinstance(frame, Violation):
            self._transport.deliver_soon(close_frame(frame.code, frame.reason))
            self._transport.end()
        else:
            self._sent = frame
        self._connection.close(sendable(frame.code), frame.reason)

    def _is_alive(self) -> bool:
        idle = self._options.idle_timeout
        return idle is None or time.monotonic() - self._heard <= idle

    # From the server to the library.

    def _deliver(self) -> None:
        self._heard = time.monotonic()
        incoming = self._connection.incoming
        while incoming and self._transport.is_reading():
            self._transport.deliver(message_frames(incoming.take_batch(BATCH_BYTES)))
        if self._connection.closed.settled:
            self._finish()

    def _finish(self) -> None:
        """Tell the library how the connection has closed, once it has all messages."""
        closed = self._connection.closed
        if self._finished or self._connection.incoming or self._transport.is_closing():
            return
        self._finished = True
        error = closed.exception()
        code, reason = (
            (error.close_code, error.reason) if isinstance(error, WebSocketError) else closed.result()
        )
        if code is None or code == ABNORMAL or isinstance(error, MessagesLostError):
            self._options.suspects.add(origin_of(self._connection.url))
            self._transport.lose(ConnectionResetError(errno.ECONNRESET, str(error)))
            return
        code = received(code, self._sent.code if self._sent is not None else None)
        self._transport.deliver(close_frame(None if code == 1005 else code, reason))
        if self._sent is not None:
            self._end()
        else:
            self._cancel = self._connection.backend.call_later(CLOSE_TIMEOUT, self._end)

    def _end(self) -> None:
        self._cancel()
        self._transport.end()

    def _detach(self) -> None:
        self._cancel()
        self._connection.incoming.consume(None)

    def __repr__(self) -> str:
        return f"<WebSocketUpgrade {redact(self._connection.url)}>"


def _nothing() -> None:
    """Cancel nothing."""
