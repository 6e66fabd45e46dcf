"""The asyncio transport that a library writes to and is read to from.

Its far end is not a socket but a :class:`FarEnd` in this page, which takes the bytes that the library
writes and delivers those that it is to read. This module keeps asyncio's contract and knows neither
HTTP nor WebSockets:

- ``write()`` hands the bytes over at the call, so an error of the far end, such as a header that a page
  can't send, is raised by the library's own ``connect()``;
- the protocol is called from callbacks of the event loop or of the browser, never from ``write()``,
  and gets no data while it has paused reading;
- ``connection_lost()`` is called exactly once, after everything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

logger = logging.getLogger("websocketstream")

KERNEL_BUFFER = 1024 * 1024
"""Bytes on their way that count as sent.

With a socket they would lie in the kernel's buffers, which no library sees. A library waits when its
64 KiB of write buffer are full; if these first bytes counted, it would wait for each few messages.
"""

DEFAULT_HIGH = 64 * 1024


class FarEnd(Protocol):
    """The other end of a transport."""

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes that the library has written. What it raises, the library's write raises."""

    def resume(self) -> None:
        """Deliver what has waited while reading was paused."""

    @property
    def buffered_amount(self) -> int:
        """Bytes that were taken and have not gone to the network yet."""

    def set_send_marks(self, high: int, low: int) -> None:
        """Ask the library to wait while ``high`` bytes are on their way, until ``low`` are left."""

    def close(self) -> None:
        """End the connection after what was received: the library has closed the transport."""

    def abort(self) -> None:
        """End the connection now."""


class GatewayTransport(asyncio.Transport):
    """An :class:`asyncio.Transport` whose other end is a :class:`FarEnd`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
        make_far_end: Callable[[GatewayTransport], FarEnd],
        extra: Mapping[str, Any],
    ) -> None:
        super().__init__(extra)
        self._loop = loop
        self._closing = self._ended = self._lost = False
        self._reading_paused = self._writing_paused = False
        self._soon: list[bytes] = []
        self._refusal: Exception | None = None
        self._high, self._low = DEFAULT_HIGH, DEFAULT_HIGH // 4
        self.set_protocol(protocol)
        self._far_end = make_far_end(self)
        self.receive = self._far_end.receive
        """Takes what is written; replaced by a far end that hands the connection on to another."""

    # What the library calls.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol: Any = protocol
        self._is_buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol  # type: ignore[no-any-return]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing:
            logger.debug("a library has written to a connection that is closed or closing")
        elif isinstance(data, (bytes, bytearray, memoryview)):
            try:
                self.receive(data)
            except Exception as error:
                self._refusal = error
                self._loop.call_soon(self._forget_refusal)
                raise
        else:
            raise TypeError(f"data must be a bytes-like object, not {type(data).__name__}")

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._loop.call_soon(self._resume)

    def is_reading(self) -> bool:
        return not (self._reading_paused or self._closing)

    def get_write_buffer_size(self) -> int:
        return max(0, self._far_end.buffered_amount - KERNEL_BUFFER)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = DEFAULT_HIGH if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low
        self._far_end.set_send_marks(*self.send_marks)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._far_end.close()

    def abort(self) -> None:
        if not self._lost:
            self._closing = True
            self._far_end.abort()
            self.lose(None)
        # `websockets` takes anything that write() raises for a lost connection, aborts, and raises a
        # ConnectionClosed. Raised here once more, the error reaches the caller of its connect().
        error, self._refusal = self._refusal, None
        if error is not None:
            raise error

    def _forget_refusal(self) -> None:
        self._refusal = None

    # What the far end calls.

    @property
    def send_marks(self) -> tuple[int, int]:
        """Bytes on their way at which the library is asked to wait, and at which to go on.

        It goes on when half of them have gone, since an answer to each few would cost too much; that
        is always below the library's own lower limit.
        """
        high = KERNEL_BUFFER + self._high
        return high, min(high // 2, KERNEL_BUFFER + self._low)

    def hand_over(self, far_end: FarEnd) -> None:
        """Put another far end in the place of this one."""
        self._far_end = far_end
        self.receive = far_end.receive

    def deliver(self, data: bytes) -> None:
        """Have the library read ``data`` now: from a callback, while :meth:`is_reading`."""
        if self._soon or self._reading_paused:
            self._soon.append(data)
        elif not self._closing:
            self._deliver(data)

    def deliver_soon(self, data: bytes) -> None:
        """Have the library read ``data`` in a callback of its own, once it reads."""
        if not self._soon:
            self._loop.call_soon(self._resume)
        self._soon.append(data)

    def pause_writing(self) -> None:
        """Ask the library to wait with writing."""
        if not self._writing_paused and not self._lost:
            self._writing_paused = True
            self._call("pause_writing", self._protocol.pause_writing)

    def resume_writing(self) -> None:
        """Let the library go on writing."""
        if self._writing_paused:
            self._writing_paused = False
            if not self._lost:
                self._call("resume_writing", self._protocol.resume_writing)

    def end(self) -> None:
        """End in order, once the library has read all: the far end will send no more."""
        if not self._ended:
            self._ended = True
            self._loop.call_soon(self._resume)

    def lose(self, error: Exception | None) -> None:
        """End the connection, with ``error`` if it was lost."""
        if not self._lost:
            self._closing = self._lost = True
            self._loop.call_soon(self._connection_lost, error)

    def _resume(self) -> None:
        """Deliver what has waited, and the end behind it."""
        if self.is_reading() and self._soon:
            soon, self._soon = self._soon, []
            self._deliver(b"".join(soon))
        if self.is_reading():
            self._far_end.resume()
        if self._ended and self.is_reading() and not self._soon:
            if self._call("eof_received", self._protocol.eof_received):
                return  # the protocol closes the transport itself
            self.lose(None)

    def _deliver(self, data: bytes) -> None:
        if self._is_buffered:
            self._call("buffer_updated", self._fill_buffer, data)
        else:
            self._call("data_received", self._protocol.data_received, data)

    def _fill_buffer(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            buffer = self._protocol.get_buffer(len(rest))
            size = min(len(buffer), len(rest))
            buffer[:size] = rest[:size]
            self._protocol.buffer_updated(size)
            rest = rest[size:]

    def _call(self, name: str, method: Callable[..., Any], *args: Any) -> Any:
        """Call the protocol. What it raises is no error of the caller's: it ends the connection."""
        try:
            return method(*args)
        except Exception as error:
            context = {
                "message": f"Fatal error: protocol.{name}() call failed.",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
            self._loop.call_exception_handler(context)
            self._far_end.abort()
            self.lose(error)

    def _connection_lost(self, error: Exception | None) -> None:
        protocol = self._protocol
        self._soon.clear()
        try:
            protocol.connection_lost(error)
        finally:
            self._protocol = None
            sock = self.get_extra_info("socket")
            if sock is not None:  # the program has handed it over
                sock.close()
