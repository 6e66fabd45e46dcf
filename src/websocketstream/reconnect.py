"""``reconnect()``: a connection that is made again whenever it has ended.

The iterator is a class. An asynchronous generator would leave the connection open after a ``break``,
because the event loop of Pyodide before version 0.29 does not finalize those.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Unpack

from ._core.failures import not_connected
from ._core.options import StreamOptions
from ._core.outage import Outage
from ._core.promise import Promise
from ._core.rules import redact
from ._core.transport import Backend
from .errors import WebSocketError
from .stream import WebSocketStream
from .support import resolve_backend

__all__ = ["Reconnection", "exponential_backoff", "reconnect"]

logger: logging.Logger = logging.getLogger("websocketstream")

STABLE_SECONDS = 10.0
"""A connection that lasts so long, or receives a message, is a success: the back-off starts again."""


def exponential_backoff(
    *, initial: float = 5.0, minimum: float = 3.1, factor: float = 1.618, maximum: float = 90.0
) -> Iterator[float]:
    """Generate the seconds to wait before each attempt, without end.

    The first delay is random, so that the clients of a server that has restarted do not all return at
    the same moment. The defaults are those of the ``websockets`` library.

    Args:
        initial: the upper limit of the first, random delay, in seconds.
        minimum: the second delay divided by ``factor``, in seconds.
        factor: the ratio of each delay to the one before.
        maximum: the longest delay, in seconds.

    Example::

        async for ws in reconnect(url, backoff=lambda: exponential_backoff(maximum=10)):
            await ws.send("hello")
            break
    """
    import random  # It would make each import of the package slower.

    yield random.random() * initial
    delay = minimum
    while True:
        delay = min(delay * factor, maximum)
        yield delay


def reconnect(
    url: str,
    *,
    backoff: Callable[[], Iterable[float]] = exponential_backoff,
    retry: Callable[[WebSocketError], bool] | None = None,
    **options: Unpack[StreamOptions],
) -> Reconnection:
    """Iterate over open connections, each of which takes the place of the one before.

    When the body of the loop ends, its connection is closed and the next one is made; there are never
    two. The first attempt after a success is made at once; before each further one there is a delay,
    which ends early when the browser has a network again. The logger ``websocketstream`` says what has
    failed and how long the delay is. ``break``, cancelling the task, and an exception that leaves the
    body end the loop and close the connection.

    Args:
        url: as for :class:`WebSocketStream`.
        backoff: called after a success for the delays before the attempts that follow, in seconds. When
            they run out, the last error is raised.
        retry: called with the error when a connection could not be made or was lost; if it returns
            ``False``, the error is raised. ``None``: always try again.
        options: as for :class:`WebSocketStream`, except that ``backend`` is ``"safe"`` by default.

    Raises:
        WebSocketError: ``retry`` or ``backoff`` has ended the loop.
        AbortError: ``signal`` has fired. A connection that is open then stays so until its body ends.
        DOMSyntaxError, SecurityError, NotSupportedError: no attempt can succeed.

    Example::

        async for ws in reconnect("wss://example.com/echo"):
            try:
                await ws.send("hello")
                print(await ws.recv())
                break
            except WebSocketError as error:
                print("connection lost:", error)
    """
    return Reconnection(url, backoff, retry, options)


class Reconnection(AsyncIterator[WebSocketStream]):
    """The iterator that :func:`reconnect` returns."""

    def __init__(
        self,
        url: str,
        backoff: Callable[[], Iterable[float]],
        retry: Callable[[WebSocketError], bool] | None,
        options: StreamOptions,
    ) -> None:
        self._url = url
        self._backoff = backoff
        self._retry = retry
        self._options: StreamOptions = {"backend": "safe", **options}
        self._stream: WebSocketStream | None = None
        self._opened_at = 0.0
        self._delays: Iterator[float] | None = None
        """The delays that are left; ``None`` after a success, and at the beginning."""
        self._outage: Outage | None = None
        """The outage since an attempt failed; ``None`` after a success, and at the beginning."""
        self._failed_url = ""

    async def __anext__(self) -> WebSocketStream:
        if self._stream is not None:
            await self._leave(self._stream)
        while (error := await self._connect()) is not None:
            await self._wait(error)
        assert self._stream is not None
        return self._stream

    async def aclose(self) -> None:
        """Close the connection, if one is open, and wait until it has ended.

        The end of the loop closes it too, but does not wait.
        """
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
            try:
                await stream.closed
            except WebSocketError as error:
                _forget_frames(error)

    def __del__(self) -> None:
        if self._stream is not None:
            self._stream.close()

    async def _connect(self) -> WebSocketError | None:
        """Make one attempt, and return the error if it failed."""
        if await self._is_down():
            return not_connected(self._failed_url, "nothing answers there")
        stream = WebSocketStream(self._url, **self._options)
        try:
            await stream.opened
        except WebSocketError as error:
            self._failed_url = stream.url
            self._outage = self._outage or Outage(_now())
            return _forget_frames(error)
        except BaseException:
            stream.close()
            raise
        self._stream = stream
        self._opened_at = _now()
        self._outage = None
        return None

    async def _is_down(self) -> bool:
        """Return whether the next WebSocket would fail, too: :mod:`._core.outage` says why to ask."""
        if self._outage is None or self._has_aborted() or self._outage.is_due(_now()):
            return False
        return not await self._backend().is_reachable(self._failed_url)

    async def _leave(self, stream: WebSocketStream) -> None:
        """Close the connection at the end of the body, and wait unless it was a success."""
        await self.aclose()
        error = stream.closed.exception()
        assert error is None or isinstance(error, WebSocketError)
        lasted = _now() - self._opened_at
        if lasted < STABLE_SECONDS and not stream._connection.messages_received:
            await self._wait(error)
            return
        self._delays = None
        if error is not None:
            self._check(error)

    async def _wait(self, error: WebSocketError | None) -> None:
        """Wait before the next attempt, after a failure or a connection that closed at once."""
        if error is not None:
            self._check(error)
        if self._delays is None:
            self._delays = iter(self._backoff())
        seconds = next(self._delays, None)
        if seconds is None:
            raise error or StopAsyncIteration
        why = error or "the connection was closed at once"
        logger.info("%s: trying %s again in %.1f s", why, redact(self._url), seconds)
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        """Wait that long, or until the signal fires; the next attempt raises its AbortError then.

        When the browser has a network again, the wait ends, and the delays start again.
        """
        if self._has_aborted():
            return
        backend, signal = self._backend(), self._options.get("signal")
        over: Promise[None] = Promise()

        def end() -> None:
            over.resolve(None)

        def online() -> None:
            self._delays = None
            end()

        stops = [backend.call_later(seconds, end), backend.watch_online(online)]
        if signal is not None:
            stops.append(backend.watch_abort(signal, end))
        try:
            await over
        finally:
            for stop in stops:
                stop()

    def _has_aborted(self) -> bool:
        signal = self._options.get("signal")
        return signal is not None and self._backend().abort_reason(signal)[0]

    def _backend(self) -> Backend:
        return resolve_backend(self._options["backend"])

    def _check(self, error: WebSocketError) -> None:
        if self._retry is not None and not self._retry(error):
            raise error


def _forget_frames(error: WebSocketError) -> WebSocketError:
    """Return the error without its traceback, whose frames refer to the iterator.

    In such a cycle it would be freed some time after ``break``, and its connection closed only then.
    """
    return error.with_traceback(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
