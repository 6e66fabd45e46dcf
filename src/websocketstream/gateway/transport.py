"""The asyncio transport between a library and the gateway.

Its other end is not a socket but a :class:`FarEnd` in this page, which receives the bytes that the
library writes and delivers the bytes that it reads. This module keeps asyncio's contract as transports
over sockets do, and knows neither HTTP nor WebSocket:

- ``write()`` passes the bytes on at the call. So an error of the far end, such as a header that a page
  can't send, is raised by the library's own ``connect()``;
- the protocol is called from callbacks of the event loop or the browser, never from ``write()``, except
  for ``pause_writing()``, as with sockets;
- the protocol gets no data while it has paused reading, nor after ``close()``;
- the end comes after all data, in a callback of its own, so that tasks run between the two;
- ``connection_lost()`` is called exactly once, after everything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

logger: logging.Logger = logging.getLogger("websocketstream")

KERNEL_BUFFER = 1024 * 1024
"""Number of unsent bytes that count as sent: with a socket they would be in the kernel's buffers."""

DEFAULT_HIGH = 64 * 1024
"""High-water mark of the write buffer in bytes, as for asyncio's transports over sockets."""


class FarEnd(Protocol):
    """The other end of a transport."""

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes that the library has written. Exceptions reach its ``write()``."""

    def resume(self) -> None:
        """Deliver the data that has waited while reading was paused."""

    @property
    def buffered_amount(self) -> int:
        """Number of bytes that were received from the library and not sent to the network yet."""

    def set_send_marks(self, high: int, low: int) -> None:
        """Pause the library's writing at ``high`` buffered bytes, and resume it at ``low``."""

    def close(self) -> None:
        """Send what was received, end the connection, and call :meth:`GatewayTransport.force_close`.

        It is called when the library has closed the transport.
        """

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
        self._closing = False
        """``True`` once the library must get no more data."""
        self._lost = False
        """``True`` once ``connection_lost()`` was called or is scheduled."""
        self._unread: deque[bytes | memoryview] = deque()
        """Data from the far end that the library has not read yet."""
        self.ended: bool = False
        """``True`` once the far end delivers nothing more."""
        self._end_was_read = False
        """``True`` once the protocol knows of that end."""
        self._end_error: Exception | None = None
        self._write_error: Exception | None = None
        self._reading_paused = False
        self.full: bool = False
        """``True`` while the library should not write."""
        self._writing_paused = False
        """``True`` if the last call to the protocol about writing was ``pause_writing()``."""
        self._high, self._low = DEFAULT_HIGH, DEFAULT_HIGH // 4
        self.set_protocol(protocol)
        self.set_far_end(make_far_end(self))

    # Called by the library.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol: Any = protocol
        self._is_buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol  # type: ignore[no-any-return]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data must be a bytes-like object, not {type(data).__name__}")
        if self._closing:
            logger.debug("a library has written to a connection that is closed or closing")
            return
        try:
            self.receive(data)
        except Exception as error:
            self._write_error = error
            self._abort(error)
            raise

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self.resume_soon()

    def is_reading(self) -> bool:
        return not (self._reading_paused or self._closing)

    def get_write_buffer_size(self) -> int:
        return 0 if self._lost else max(0, self._far_end.buffered_amount - KERNEL_BUFFER)

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
        self._abort(None)
        # `websockets` takes any exception of write() for a lost connection, calls abort(), and would
        # raise ConnectionClosed. The error is raised here again, so that it reaches the caller of
        # connect().
        error, self._write_error = self._write_error, None
        if error is not None:
            raise error

    # Called by the far end.

    @property
    def send_marks(self) -> tuple[int, int]:
        """Numbers of buffered bytes at which the library's writing is paused, and resumed."""
        high = KERNEL_BUFFER + self._high + 1
        return high, min(high // 2, KERNEL_BUFFER + self._low)

    def set_far_end(self, far_end: FarEnd) -> None:
        """Continue with another far end."""
        self._far_end = far_end
        # An attribute rather than a method, because it is called for each message.
        self.receive: Callable[[bytes | bytearray | memoryview], None] = far_end.receive

    def deliver(self, data: bytes) -> None:
        """Pass ``data`` to the library now, or when it resumes reading; only call it from callbacks."""
        if self.ended or self._closing:
            return
        if self._unread or self._reading_paused:
            self._unread.append(data)
        else:
            self._feed(data)
        if self._unread:
            self._read()

    def deliver_soon(self, data: bytes) -> None:
        """Pass ``data`` to the library in a callback of its own, or when it resumes reading."""
        if not (self.ended or self._closing):
            self._unread.append(data)
            self._loop.call_soon(self._read)

    def resume_soon(self) -> None:
        """Call :meth:`FarEnd.resume` in a callback of its own, if the library is reading then."""
        self._loop.call_soon(self._resume)

    def end(self, error: Exception | None = None) -> None:
        """End the connection after the data that was delivered; with ``error`` if it was lost."""
        if not self.ended:
            self.ended, self._end_error = True, error
            self._loop.call_soon(self._read)

    def force_close(self, error: BaseException | None) -> None:
        """End the connection now and drop data that was not read; with ``error`` if it was lost."""
        if not self._lost:
            self._closing = self._lost = True
            self._loop.call_soon(self._connection_lost, error)

    def pause_writing(self) -> None:
        """Pause the library's writing."""
        self.full = True
        if not self._writing_paused and not self._lost:
            self._writing_paused = True
            self._call("pause_writing", self._protocol.pause_writing, fatal=False)

    def resume_writing(self) -> None:
        """Resume the library's writing, in a callback: this may be called during a ``write()``."""
        self.full = False
        self._loop.call_soon(self._resume_writing)

    def _abort(self, error: BaseException | None) -> None:
        if not self._lost:
            self.force_close(error)
            self._far_end.abort()

    # Callbacks.

    def _read(self) -> None:
        """Pass the data that waits to the protocol, or the end."""
        if self._unread:
            while self._unread and self.is_reading():
                self._feed(self._unread.popleft())
            if self.ended and not self._unread:
                self._loop.call_soon(self._read)
        elif self.ended and not self._end_was_read and self.is_reading():
            self._end_was_read = True
            if self._end_error is not None:
                self.force_close(self._end_error)
            elif not self._call("eof_received", self._protocol.eof_received):
                self.close()  # a true result means that the protocol closes the transport itself

    def _resume(self) -> None:
        self._read()
        if self.is_reading():
            self._far_end.resume()

    def _feed(self, data: bytes | memoryview) -> None:
        if self._is_buffered:
            self._call("buffer_updated", self._fill_buffer, memoryview(data))
        else:
            self._call("data_received", self._protocol.data_received, bytes(data))

    def _fill_buffer(self, data: memoryview) -> None:
        """Copy as much data as fits into the protocol's buffer; the rest waits for the next one."""
        buffer = self._protocol.get_buffer(len(data))
        size = min(len(buffer), len(data))
        if not size:
            raise RuntimeError("get_buffer() returned an empty buffer")
        buffer[:size] = data[:size]
        if size < len(data):
            self._unread.appendleft(data[size:])
        self._protocol.buffer_updated(size)

    def _resume_writing(self) -> None:
        if self._writing_paused and not self.full and not self._lost:
            self._writing_paused = False
            self._call("resume_writing", self._protocol.resume_writing, fatal=False)

    def _call(self, name: str, method: Callable[..., Any], *args: Any, fatal: bool = True) -> Any:
        """Call the protocol and report its exceptions; if ``fatal`` they end the connection."""
        try:
            return method(*args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            # asyncio takes an OSError for a failure of the connection, and does not report it.
            if not fatal or not isinstance(error, OSError):
                called = f"protocol.{name}()"
                message = f"Fatal error: {called} call failed." if fatal else f"{called} failed"
                context = {"message": message, "exception": error, "transport": self}
                self._loop.call_exception_handler(context | {"protocol": self._protocol})
            if fatal:
                self._abort(error)

    def _connection_lost(self, error: BaseException | None) -> None:
        self._unread.clear()
        self._write_error = None
        try:
            self._protocol.connection_lost(error)
        finally:
            self._protocol = None
            sock = self.get_extra_info("socket")
            if sock is not None:  # create_connection(sock=…) takes ownership of it
                sock.close()
