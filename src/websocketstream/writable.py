"""The writable side: messages go out in the order in which they are written.

Standard: Streams, "WritableStream" and "WritableStreamDefaultWriter", over a connection. Nothing
here decides about the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ._core.promise import Promise, rejected
from ._core.rules import to_message

if TYPE_CHECKING:
    from ._core.connection import Connection

__all__ = ["WritableStream", "WritableStreamDefaultWriter"]


class WritableStream:
    """Where messages are written to. Take a writer to write."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writer: object | None = None

    @property
    def locked(self) -> bool:
        """Whether a writer or a JavaScript stream has the stream."""
        return self._writer is not None

    def get_writer(self) -> WritableStreamDefaultWriter:
        """Lock the stream and return a writer.

        Raises:
            TypeError: it is locked already.

        Standard: Streams, ``getWriter()``.
        """
        return WritableStreamDefaultWriter(self)

    def close(self) -> Promise[None]:
        """Close the connection after what was written; see :meth:`WritableStreamDefaultWriter.close`.

        Raises:
            TypeError: the stream is locked.
        """
        self._check_unlocked("close")
        return self._connection.close_writable()

    def abort(self, reason: object = None) -> Promise[None]:
        """Drop what was not sent yet and close; see :meth:`WritableStreamDefaultWriter.abort`.

        Raises:
            TypeError: the stream is locked.
        """
        self._check_unlocked("abort")
        return self._connection.abort_writable(reason)

    def to_js(self) -> Any:
        """Return a JavaScript ``WritableStream`` that writes here, and lock this one to it.

        It takes strings, ``ArrayBuffer`` and its views, and pushes back as this stream does.

        Raises:
            TypeError: the stream is locked.
            NotSupportedError: outside a browser.
        """
        from .support import require_browser

        require_browser("writable.to_js()")
        from ._ffi.streams import writable_to_js

        return writable_to_js(self.get_writer())

    def _check_unlocked(self, verb: str) -> None:
        if self.locked:
            raise TypeError(f"the writable stream is locked: {verb} through its writer")


class WritableStreamDefaultWriter:
    """Has the stream to itself until :meth:`release_lock`. A context manager releases it too."""

    def __init__(self, stream: WritableStream) -> None:
        if not isinstance(stream, WritableStream):
            raise TypeError(f"a writer is for a WritableStream, not {type(stream).__name__}")
        if stream.locked:
            raise TypeError("the writable stream is locked already: release its writer first")
        self._stream: WritableStream | None = stream
        self._connection = stream._connection
        stream._writer = self

    @property
    def closed(self) -> Promise[None]:
        """Settles when the connection has closed, resolved if by :meth:`close`, else rejected."""
        if self._stream is None:
            return rejected(_released())
        return self._connection.writable_closed

    @property
    def ready(self) -> Promise[None]:
        """Await it to wait for buffer space. Raises when nothing can be written any more.

        Deviation: when the buffer was full it has to fall to half of the mark.
        """
        if self._stream is None:
            return rejected(_released())
        return self._connection.outgoing.ready

    @property
    def desired_size(self) -> int | None:
        """How many bytes there is room for; zero or less when full, ``None`` when it has failed.

        Raises:
            TypeError: the lock was released.
        """
        self._check()
        return self._connection.desired_size

    def write(self, chunk: object) -> Promise[None]:
        """Send a message: ``str`` as text, bytes-like objects and JavaScript buffers as binary.

        Acts at the call, and copies: awaited or not, the message is on its way. What has been
        written is sent, in order, also when the stream is closed next.

        Returns:
            An awaitable that waits until there is buffer space for the next message, which is at
            once while less than ``high_water_mark`` bytes are waiting, and else when half of that
            has gone. It does not say that the peer has received anything. Cancelling it does not
            take the message back.

        Raises:
            TypeError: ``chunk`` can't be a message, or the lock was released. The stream goes on
                working.
            InvalidStateError: the stream is closing or closed.

        Standard: Streams, ``write()``; WebSockets, "write".
        """
        self._check()
        connection = self._connection
        return connection.write(to_message(chunk, connection.backend.as_bytes))

    def close(self) -> Promise[None]:
        """Send what was written, then close the connection without a close code.

        Returns:
            An awaitable that waits until the closing handshake has ended. Raises
            :class:`WebSocketError` if it did not end cleanly. Cancelling it changes nothing.

        Raises:
            TypeError: the lock was released.

        Standard: Streams, ``close()``; WebSockets, "close".
        """
        self._check()
        return self._connection.close_writable()

    def abort(self, reason: object = None) -> Promise[None]:
        """Drop what has not been handed to the network yet, and close the connection.

        Args:
            reason: a :class:`WebSocketError` whose code and reason to close with. With anything
                else, and with ``None``, the Close frame is empty.

        Returns:
            An awaitable; it does not wait for the connection to close.

        Raises:
            TypeError: the lock was released.

        Standard: Streams, ``abort()``; WebSockets, "abort".
        """
        self._check()
        return self._connection.abort_writable(reason)

    def release_lock(self) -> None:
        """Give the stream back. What was written stays written.

        Standard: Streams, ``releaseLock()``.
        """
        if self._stream is not None:
            self._stream._writer = None
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release_lock()

    def _check(self) -> None:
        if self._stream is None:
            raise _released()


def _released() -> TypeError:
    return TypeError("the lock of this writer was released: take a new one with get_writer()")
