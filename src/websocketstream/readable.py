"""The readable side: a stream of messages, read one at a time or by iteration.

Standard: Streams, "ReadableStream" and "ReadableStreamDefaultReader", over the receive buffer of a
connection, which decides everything else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self

from ._core.buffers import Read, ReadResult
from ._core.promise import Promise
from ._core.rules import Message

if TYPE_CHECKING:
    from ._core.connection import Connection

__all__ = ["ReadResult", "ReadableStream", "ReadableStreamDefaultReader"]


class ReadableStream:
    """The messages from the server, in order: ``str`` for text, ``bytes`` for binary.

    Iterate over it with ``async for``, or take a reader. Iteration locks the stream while it lasts;
    leaving the loop early unlocks the stream and keeps the unread messages.
    Deviation: in JavaScript, leaving the loop early cancels the stream.

    Example::

        async for message in ws.readable:
            print(message)
            break
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader: object | None = None
        self._receiving = 0
        """The number of calls of ``recv()``, and of iterations over the stream itself, that wait."""

    @property
    def locked(self) -> bool:
        """``True`` while a reader, an iteration, a JavaScript stream or a waiting ``recv()`` has it."""
        return self._reader is not None or self._receiving > 0

    @property
    def buffered_amount(self) -> int:
        """Bytes that have arrived and were not read yet; text counts as UTF-8."""
        return self._connection.incoming.size

    def get_reader(self) -> ReadableStreamDefaultReader:
        """Lock the stream and return a reader.

        Raises:
            TypeError: it is locked already.

        Standard: Streams, ``getReader()``.
        """
        return ReadableStreamDefaultReader(self)

    def cancel(self, reason: object = None) -> Promise[None]:
        """Drop the unread messages and close the connection.

        Args:
            reason: a :class:`WebSocketError` with the code and reason to close with. For anything
                else, and ``None``, the Close frame is empty.

        Returns:
            An awaitable, which does not wait until the connection has closed.

        Raises:
            TypeError: the stream is locked.

        Standard: Streams, ``cancel()``; WebSockets, "cancel".
        """
        if self.locked:
            raise TypeError("the readable stream is locked: cancel through its reader")
        return self._connection.cancel_readable(reason)

    def to_js(self) -> Any:
        """Return a JavaScript ``ReadableStream`` of the messages, and lock this one to it.

        Text becomes a string, binary a ``Uint8Array``. JavaScript pulls: messages that it does not ask
        for stay in this stream's buffer, which holds the server back where the browser can.

        Raises:
            TypeError: the stream is locked.
            NotSupportedError: outside a browser.
        """
        from .support import require_browser

        require_browser("readable.to_js()")
        from ._ffi.streams import readable_to_js

        return readable_to_js(self.get_reader())

    def __aiter__(self) -> AsyncIterator[Message]:
        return _Iteration(self)


class ReadableStreamDefaultReader:
    """A reader, which holds the stream's lock until :meth:`release_lock`, or the end of ``with``.

    Example::

        with ws.readable.get_reader() as reader:
            message, done = await reader.read()
    """

    def __init__(self, stream: ReadableStream) -> None:
        if not isinstance(stream, ReadableStream):
            raise TypeError(f"a reader is for a ReadableStream, not {type(stream).__name__}")
        if stream.locked:
            raise TypeError("the readable stream is locked already: release its reader first")
        self._stream: ReadableStream | None = stream
        self._connection = stream._connection
        self._closed: Promise[None] | None = None
        stream._reader = self

    @property
    def closed(self) -> Promise[None]:
        """An awaitable that ends when the stream has ended and every message was read.

        Raises, when awaited, the error that the connection ended with, or :class:`TypeError` if the
        lock was released before.
        """
        if self._closed is None:
            self._closed = Promise()
            self._connection.incoming.finished.when_settled(self._finish)
        return self._closed

    def read(self) -> Read:
        """Ask for the next message.

        Of two reads, the one that is called first gets the first message, in whatever order they are
        awaited.

        Returns:
            An awaitable :class:`ReadResult`. If it is cancelled or dropped, no message is lost: it goes
            to the next read.

        Raises:
            TypeError: the lock was released.
            WebSocketError: (when awaited) the connection did not end cleanly. Messages that arrived
                before come first.

        Standard: Streams, ``read()``.
        """
        self._check()
        return self._connection.incoming.read()

    def cancel(self, reason: object = None) -> Promise[None]:
        """Drop the unread messages and close the connection; see :meth:`ReadableStream.cancel`."""
        self._check()
        return self._connection.cancel_readable(reason)

    def release_lock(self) -> None:
        """Unlock the stream. Reads that are still waiting raise :class:`TypeError`.

        Standard: Streams, ``releaseLock()``.
        """
        if self._stream is not None:
            self._stream._reader = None
            self._stream = None
            error = TypeError("the lock of this reader was released")
            self._connection.incoming.reject_requests(error)
            if self._closed is None or self._closed.settled:
                self._closed = Promise()
            self._closed.reject(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release_lock()

    def _check(self) -> None:
        if self._stream is None:
            raise TypeError("the lock of this reader was released: take a new one with get_reader()")

    def _finish(self) -> None:
        error = self._connection.incoming.finished.exception()
        if error is None:
            self.closed.resolve(None)
        else:
            self.closed.reject(error)


class _Iteration(AsyncIterator[Message]):
    """One ``async for``, which holds the lock as long as the loop keeps this object alive."""

    def __init__(self, stream: ReadableStream) -> None:
        if stream.locked:
            raise TypeError("the readable stream is locked already: release its reader first")
        self._stream = stream
        self._incoming = stream._connection.incoming
        # Not the iteration itself: the stream would keep it alive, and would stay locked for ever.
        self._lock = stream._reader = object()

    async def __anext__(self) -> Message:
        message = self._incoming.get_nowait()
        if message is None:
            try:
                message = await self._incoming.wait(self._incoming.request())
            except BaseException:
                del self  # The traceback keeps this frame, which would keep the stream locked.
                raise
            if message is None:
                raise StopAsyncIteration
        return message

    def __del__(self) -> None:
        stream = getattr(self, "_stream", None)
        if stream is not None and stream._reader is self._lock:
            stream._reader = None
