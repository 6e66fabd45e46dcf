"""A blocking client: the same connection, without ``async`` and ``await``.

In a browser, a call that has to wait suspends Python by JavaScript Promise Integration (JSPI) while the
page and other tasks go on. That is impossible while JavaScript waits for Python to return. On CPython,
connections run on an event loop in a thread of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from typing import Any, Self, Unpack

from ._core.options import SyncOptions
from ._core.promise import Promise
from ._core.rules import Message
from .errors import NotSupportedError, WebSocketError
from .stream import WebSocketCloseInfo, WebSocketStream
from .support import in_browser

__all__ = ["SyncWebSocketStream", "connect"]

_NO_JSPI = (
    "this browser can't suspend Python (it has no JSPI), so a blocking client can't wait: use an "
    "asynchronous one, with await"
)
_CALLED_BY_JAVASCRIPT = (
    "Python can't be suspended here, because JavaScript has called it and waits for it, as in an "
    "event handler, a callback, or after a message of a stream with run_sync=False: start a task from "
    "here, or call it from code that was started with runPythonAsync() or is awaited; or use an "
    "asynchronous client, with await"
)


def connect(url: str, **options: Unpack[SyncOptions]) -> SyncWebSocketStream:
    """Connect, and wait until the connection is open.

    Args:
        url: as for :class:`~websocketstream.WebSocketStream`.
        options: as for :class:`~websocketstream.WebSocketStream`, except that ``backend`` is ``"safe"``
            by default, and that there is no ``run_sync``.

    Raises:
        HandshakeError: the connection could not be made.
        NotSupportedError: the browser has no JSPI, or JavaScript waits for this code to return.
        DOMSyntaxError, SecurityError: as for :class:`~websocketstream.WebSocketStream`.

    Example::

        from websocketstream.sync import connect

        with connect("wss://example.com/echo") as ws:
            ws.send("hello")
            print(ws.recv())
    """
    return SyncWebSocketStream(wait(_open, url, {"backend": "safe", **options}))


class SyncWebSocketStream:
    """An open connection whose methods wait. As a context manager it closes at the end of the block.

    Example::

        with connect("wss://example.com/echo") as ws:
            ws.send("hello")
            for message in ws:
                print(message)
                break
    """

    def __init__(self, stream: WebSocketStream) -> None:
        self._stream = stream

    @property
    def url(self) -> str:
        """The absolute URL, query string included."""
        return self._stream.url

    @property
    def protocol(self) -> str:
        """The subprotocol that the server selected; empty if none was offered."""
        return self._stream.protocol

    @property
    def extensions(self) -> str:
        """The extensions in use, such as ``"permessage-deflate"``; empty if there are none."""
        return self._stream.extensions

    def send(self, message: object) -> None:
        """Send a message, and wait until there is room for the next.

        Raises:
            TypeError: it can't be a message.
            InvalidStateError: the connection is closed.
            WebSocketError: it was lost.
        """
        if not in_browser():
            return wait(_send, self._stream, message)
        _check_suspendable()
        room = self._stream.send(message)
        return room.result() if room.settled else wait(_settled, room)

    def recv(self, timeout: float | None = None) -> Message:
        """Wait for the next message and return it.

        Args:
            timeout: seconds to wait at most; ``None``: no limit; 0: only a message that has arrived.

        Raises:
            TimeoutError: nothing arrived in time. No message is lost.
            WebSocketError: there are no more messages; ``close_code`` and ``reason`` say how the
                connection has ended.
        """
        message = self._get_nowait()
        return wait(_recv, self._stream, timeout) if message is None else message

    def __iter__(self) -> Iterator[Message]:
        """Iterate over the messages until the server closes.

        Raises:
            WebSocketError: the connection did not end with a clean closing handshake.
        """
        messages = self._stream.__aiter__()
        while True:
            message = self._get_nowait()
            if message is None:
                message = wait(_next, messages)
                if message is None:
                    break
            yield message

    def close(self, close_code: int | None = None, reason: str = "") -> WebSocketCloseInfo:
        """Send what was written, close the connection, and wait until it has ended.

        Args:
            close_code: 1000, or 3000-4999. ``None`` sends a Close frame without a code.
            reason: at most 123 bytes of UTF-8. With a reason and no code, the code is 1000.

        Returns:
            The code and reason that the connection has ended with.

        Raises:
            WebSocketError: the connection did not end with a clean closing handshake.
            InvalidAccessError, DOMSyntaxError: for any other code, and for a longer reason.
        """
        return wait(_close, self._stream, close_code, reason)

    def _get_nowait(self) -> Message | None:
        """Return a message that has arrived: to wait for it would take a hundred times as long.

        On CPython it is ``None``, because only the connection's thread may use the stream.
        """
        if not in_browser():
            return None
        _check_suspendable()
        self._stream._check_unlocked()
        return self._stream._incoming.get_nowait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except WebSocketError:
            if kind is None:
                raise

    def __repr__(self) -> str:
        return repr(self._stream).replace("<", "<Sync", 1)


async def _open(url: str, options: SyncOptions) -> WebSocketStream:
    # A message resumes only the coroutines below, which don't call run_sync().
    stream = WebSocketStream(url, run_sync=False, **options)
    return await stream.__aenter__()


async def _send(stream: WebSocketStream, message: object) -> None:
    await stream.send(message)


async def _settled(promise: Promise[None]) -> None:
    await promise


async def _recv(stream: WebSocketStream, timeout: float | None) -> Message:
    try:
        return await within(timeout, stream.recv)
    except TimeoutError:
        raise TimeoutError(f"no message came within {timeout} s") from None


async def _next(messages: WebSocketStream) -> Message | None:
    return await anext(messages, None)


async def _close(stream: WebSocketStream, close_code: int | None, reason: str) -> WebSocketCloseInfo:
    stream.close(close_code, reason)
    return await stream.closed


def wait[T](function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Call ``function`` and wait for its result, while other tasks run.

    Raises:
        NotSupportedError: Python can't be suspended here.
    """
    if not in_browser():
        return _wait_for_thread(function(*args))
    _check_suspendable()
    from . import _ffi

    # An exception must not cross over to JavaScript: Pyodide would keep it and all that it refers to.
    result, error = _ffi.run_sync(_outcome(function(*args)))
    if error is None:
        return result  # type: ignore[return-value]
    try:
        raise error
    finally:
        del error


def _check_suspendable() -> None:
    from . import _ffi

    if not _ffi.can_suspend():
        raise NotSupportedError(_CALLED_BY_JAVASCRIPT if _ffi.has_jspi() else _NO_JSPI)


async def within[T](
    timeout: float | None, function: Callable[..., Coroutine[Any, Any, T]], *args: Any
) -> T:
    """Await ``function`` for at most ``timeout`` seconds. With 0 it can return what is there already.

    ``None``: there is no limit.

    Raises:
        TimeoutError: it did not end in time, and was cancelled.
    """
    if timeout is None:
        return await function(*args)  # without a task, which costs time
    # Not asyncio.timeout(): Pyodide's call_at() refuses a deadline that has just passed, as a short one
    # may have where the clock is coarse.
    task = asyncio.ensure_future(function(*args))
    try:
        await asyncio.wait([task], timeout=max(timeout, 0))
    finally:
        # Also when this is cancelled, no read may be left behind: it would take the next message.
        task.cancel()
    await asyncio.wait([task])
    if task.cancelled():
        raise TimeoutError(f"timed out in {timeout:.1f}s")
    return task.result()


async def _outcome[T](coroutine: Coroutine[Any, Any, T]) -> tuple[T | None, BaseException | None]:
    """Return the coroutine's result, or the exception that it raised."""
    try:
        return await coroutine, None
    except BaseException as error:
        return None, error


def _wait_for_thread[T](coroutine: Coroutine[Any, Any, T]) -> T:
    future = asyncio.run_coroutine_threadsafe(coroutine, _background_loop())
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise


@cache
def _background_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="websocketstream", daemon=True).start()
    return loop
