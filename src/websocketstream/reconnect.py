"""``reconnect()``: a connection that is made again whenever it has ended.

One object iterates, instead of an asynchronous generator: Pyodide's event loop does not finalize those,
and a ``break`` out of the loop would leave the connection open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Unpack

from ._core.options import StreamOptions
from ._core.rules import redact
from .errors import WebSocketError
from .stream import WebSocketStream

__all__ = ["Reconnection", "exponential_backoff", "reconnect"]

logger = logging.getLogger("websocketstream")

STABLE_SECONDS = 10.0
"""A connection that lasts so long, or receives a message, was a success: the back-off starts again."""


def exponential_backoff(
    *, initial: float = 5.0, minimum: float = 3.1, factor: float = 1.618, maximum: float = 90.0
) -> Iterator[float]:
    """Generate the seconds to wait before each attempt, without end.

    The first one is random, so that the clients of a server that has restarted do not all come back at
    the same moment. The defaults are those of the ``websockets`` library.

    Args:
        initial: the upper limit of the first, random delay, in seconds.
        minimum: the second delay, before it is multiplied for the first time, in seconds.
        factor: the ratio of each delay to the one before.
        maximum: the longest delay, in seconds.

    Example::

        async for ws in reconnect(url, backoff=lambda: exponential_backoff(maximum=10)):
            ...
    """
    import random  # a page would wait for it at each import of the package

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
    """Connect again and again: iterate over the connections, each of them open.

    The loop goes on with the next connection when its body has ended or ``continue`` was reached. The
    one before is closed first, so there are never two. The first attempt after a success is made at
    once; then there is a delay before each, until the next success. The log, ``websocketstream``, says
    what has failed and how long the delay is. ``break``, cancelling the task, and exceptions that leave
    the body end it; the connection is closed.

    Args:
        url: as for :class:`WebSocketStream`.
        backoff: called after a success for the delays, in seconds, before the attempts that follow. When
            they run out, the last error is raised.
        retry: called with the error when a connection could not be made or was lost; the error is
            raised if it returns ``False``. ``None``: always try again.
        options: as for :class:`WebSocketStream`, except that ``backend`` is ``"safe"`` by default.

    Raises:
        WebSocketError: ``retry`` or ``backoff`` has ended it.
        AbortError: ``signal`` has fired.
        DOMSyntaxError, SecurityError, NotSupportedError: no attempt can succeed.

    Example::

        async for ws in reconnect("wss://example.com/feed"):
            try:
                async for message in ws:
                    print(message)
            except WebSocketError as error:
                print("lost:", error)
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

    async def __anext__(self) -> WebSocketStream:
        if self._stream is not None:
            await self._leave(self._stream)
        while (error := await self._connect()) is not None:
            await self._wait(error)
        assert self._stream is not None
        return self._stream

    async def aclose(self) -> None:
        """Close the connection, if one is open, and wait until it has ended.

        Leaving the loop closes it too, but does not wait.
        """
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
            with suppress(WebSocketError):
                await stream.closed

    def __del__(self) -> None:
        if self._stream is not None:
            self._stream.close()

    async def _connect(self) -> WebSocketError | None:
        """Make one attempt; return the error if it has failed."""
        stream = WebSocketStream(self._url, **self._options)
        try:
            await stream.opened
        except WebSocketError as error:
            return error
        except BaseException:
            stream.close()
            raise
        self._stream = stream
        self._opened_at = asyncio.get_running_loop().time()
        return None

    async def _leave(self, stream: WebSocketStream) -> None:
        """Close the connection that the body is done with, and wait unless it has been a success."""
        await self.aclose()
        error = stream.closed.exception()
        assert error is None or isinstance(error, WebSocketError)
        lasted = asyncio.get_running_loop().time() - self._opened_at
        if lasted < STABLE_SECONDS and not stream._connection.messages_received:
            await self._wait(error)
            return
        self._delays = None
        if error is not None:
            self._check(error)

    async def _wait(self, error: WebSocketError | None) -> None:
        """Wait before the next attempt, after a failure or a connection that was closed at once."""
        if error is not None:
            self._check(error)
        if self._delays is None:
            self._delays = iter(self._backoff())
        seconds = next(self._delays, None)
        if seconds is None:
            raise error or StopAsyncIteration
        why = error or "the connection was closed at once"
        logger.info("%s: trying %s again in %.1f s", why, redact(self._url), seconds)
        await asyncio.sleep(seconds)

    def _check(self, error: WebSocketError) -> None:
        if self._retry is not None and not self._retry(error):
            raise error
