"""The writable side: messages are sent in the order in which they are written.

Standard: Streams, "WritableStream" and "WritableStreamDefaultWriter", over a connection, which decides
everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ._core.promise import Promise, rejected

if TYPE_CHECKING:
    from ._core.connection import Connection

__all__ = ["WritableStream", "WritableStreamDefaultWriter"]


class WritableStream:
    """The messages to the server. Take a writer to write.

    Example::

        with ws.writable.get_writer() as writer:
            await writer.write("hello")
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writer: object | None = None

    @property
    def locked(self) -> bool:
        """``True`` while a writer or a JavaScript stream holds the lock."""
        return self._writer is not None

    def get_writer(self) -> WritableStreamDefaultWriter:
        """Lock the stream and return a writer.

        Raises:
            TypeError: it is locked already.

        Standard: Streams, ``getWriter()``.
        """
        return WritableStreamDefaultWriter(self)

    def close(self) -> Promise[None]:
        """Send what was written, then close; see :meth:`WritableStreamDefaultWriter.close`.

        Raises:
            TypeError: the stream is locked.
        """
        self._check_unlocked("close")
        return self._connection.close_writable()

    def abort(self, reason: object = None) -> Promise[None]:
        """Drop what was not sent, and close; see :meth:`WritableStreamDefaultWriter.abort`.

        Raises:
            TypeError: the stream is locked.
        """
        self._check_unlocked("abort")
        return self._connection.abort_writable(reason)

    def to_js(self) -> Any:
        """Return a JavaScript ``WritableStream`` that writes here, and lock this one to it.

        It takes strings, ``ArrayBuffer`` and its views, and has this stream's backpressure.

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
    """A writer, which holds the stream's lock until :meth:`release_lock`, or the end of ``with``.

    Example::

        for number in range(1000):
            await writer.write(f"line {number}")
    """

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
        """An awaitable that ends when the connection has. It raises unless :meth:`close` closed it."""
        if self._stream is None:
            return rejected(_released())
        return self._connection.writable_closed

    @property
    def ready(self) -> Promise[None]:
        """An awaitable that ends when there is room to write, and raises once the stream has ended.

        Deviation: after the buffer was full, there is room once it has fallen to half of the mark.
        """
        if self._stream is None:
            return rejected(_released())
        return self._connection.outgoing.ready

    @property
    def desired_size(self) -> int | None:
        """Bytes that there is room for; zero or less when full, or closed by :meth:`close`.

        ``None``: the stream has ended in another way.

        Raises:
            TypeError: the lock was released.
        """
        self._check()
        return self._connection.desired_size

    def write(self, chunk: object) -> Promise[None]:
        """Send a message: ``str`` as text, bytes-like objects and JavaScript buffers as binary.

        Copies and sends at the call, whether it is awaited or not; a later close comes after it.

        Returns:
            An awaitable that waits until there is room for the next message; see
            :meth:`WebSocketStream.send`. Cancelling it does not take the message back.

        Raises:
            TypeError: ``chunk`` can't be a message, or the lock was released. The stream stays usable.
            InvalidStateError: the stream is closing or closed.

        Standard: Streams, ``write()``; WebSockets, "write".
        """
        self._check()
        return self._connection.write(chunk)

    def close(self) -> Promise[None]:
        """Send what was written, then close the connection without a close code.

        Returns:
            An awaitable that waits until the connection has closed. Cancelling it changes nothing.

        Raises:
            TypeError: the lock was released.
            WebSocketError: (when awaited) the connection did not end cleanly.

        Standard: Streams, ``close()``; WebSockets, "close".
        """
        self._check()
        return self._connection.close_writable()

    def abort(self, reason: object = None) -> Promise[None]:
        """Drop what was not handed to the network yet, and close the connection.

        Args:
            reason: as for :meth:`ReadableStream.cancel`. Waiting writes raise it if it is an exception,
                else an :class:`AbortError` with it.

        Returns:
            An awaitable, which does not wait until the connection has closed.

        Raises:
            TypeError: the lock was released.

        Standard: Streams, ``abort()``; WebSockets, "abort".
        """
        self._check()
        return self._connection.abort_writable(reason)

    def release_lock(self) -> None:
        """Unlock the stream. What was written is still sent.

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
