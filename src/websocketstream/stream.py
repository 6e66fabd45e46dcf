"""``WebSocketStream``: the standard's class, in Python's spelling.

This module checks arguments, picks a back end and hands out the two sides of a connection; what
happens on the connection is decided in :mod:`websocketstream._connection`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ._connection import Connection, Overflow, WebSocketCloseInfo
from ._options import DEFAULT_HIGH_WATER_MARK, check_mark, check_overflow, check_timeout, resolve_backend
from ._promise import Promise
from ._rules import get_a_url_record, redact, validate_protocols
from ._transport import Backend
from .errors import AbortError, WebSocketError, validate_close_code_and_reason
from .readable import ReadableStream
from .support import BackendName
from .writable import WritableStream

__all__ = ["WebSocketCloseInfo", "WebSocketOpenInfo", "WebSocketStream"]


class WebSocketOpenInfo(NamedTuple):
    """An open connection: its two sides, and what the handshake agreed on."""

    readable: ReadableStream
    writable: WritableStream
    extensions: str
    """As the browser gives it, such as ``"permessage-deflate"``; empty when there are none."""
    protocol: str
    """The subprotocol that the server selected; empty when none was asked for."""

    def _repr_html_(self) -> str:
        from ._html import html_of

        return html_of(self, self.readable._connection)


class WebSocketStream:
    """A WebSocket connection whose messages are streams. Connects when it is made.

    As a context manager it waits for the connection, gives the :class:`WebSocketOpenInfo`, and
    closes when the block is left, however it is left::

        async with WebSocketStream("wss://example.com/feed") as opened:
            async for message in opened.readable:
                print(message)

    Leaving the block sends what was written, waits for the close, and raises
    :class:`WebSocketError` if the connection did not end cleanly, unless the block has raised.

    Args:
        url: ``ws:``, ``wss:``, ``http:`` or ``https:``, or relative to the page.
        protocols: subprotocols to offer; one string is one subprotocol.
        signal: a JavaScript ``AbortSignal`` that gives up connecting. ``None``: none. Once the
            connection is made it has no effect.
        backend: ``"auto"``: the browser's own WebSocketStream where there is one, else the polyfill.
            ``"safe"``: the browser's own only where no defect of it is known. ``"native"`` and
            ``"polyfill"``: that one. Or a back end object, for tests.
        high_water_mark: in bytes, for each direction: how much may wait to be read before the server
            is held back, and to be sent before writes wait.
        overflow: what to do at the mark where the browser can't hold the server back (the polyfill):
            ``"buffer"`` goes on and warns once, ``"error"`` closes with a BufferOverflowError.
        open_timeout: seconds until connecting is given up; ``None``: as long as the browser tries.
        close_timeout: seconds without progress until a close is given up; ``None``: for ever.

    Raises:
        DOMSyntaxError: the URL or a subprotocol is not valid.
        SecurityError: the page may not connect there.
        NotSupportedError: the back end is not to be had here.

    Standard: WebSockets, "The WebSocketStream interface".
    """

    def __init__(
        self,
        url: str,
        *,
        protocols: str | Iterable[str] = (),
        signal: Any = None,
        backend: BackendName | Backend = "auto",
        high_water_mark: int = DEFAULT_HIGH_WATER_MARK,
        overflow: Overflow = "buffer",
        open_timeout: float | None = 60,
        close_timeout: float | None = 10,
    ) -> None:
        check_mark(high_water_mark)
        check_timeout("open_timeout", open_timeout)
        check_timeout("close_timeout", close_timeout)
        check_overflow(overflow)
        names = validate_protocols(protocols)
        chosen = resolve_backend(backend)
        self._url = get_a_url_record(url, chosen.parse_url)
        self._opened: Promise[WebSocketOpenInfo] = Promise()
        self._connection = Connection(
            self._url,
            names,
            backend=chosen,
            high_water_mark=high_water_mark,
            send_high_water_mark=high_water_mark,
            overflow=overflow,
            open_timeout=open_timeout,
            close_timeout=close_timeout,
        )
        self._connection.opened.when_settled(self._settle_opened)
        if signal is None:
            self._connection.connect()
        else:
            self._connect_unless_aborted(signal, chosen)

    @property
    def url(self) -> str:
        """The absolute URL that the stream is connected to, query string included."""
        return self._url

    @property
    def opened(self) -> Promise[WebSocketOpenInfo]:
        """Await it for the :class:`WebSocketOpenInfo`, any number of times, in any number of tasks.

        Raises, when awaited, :class:`WebSocketError` if the connection could not be made, and
        :class:`AbortError` if the signal fired before. Cancelling the await leaves the connection
        alone.
        """
        return self._opened

    @property
    def closed(self) -> Promise[WebSocketCloseInfo]:
        """Await it for the :class:`WebSocketCloseInfo`, any number of times, in any number of tasks.

        Raises, when awaited, :class:`WebSocketError` if the connection did not end with a clean
        closing handshake, or something that was written had not been sent. Cancelling the await
        leaves the connection alone.
        """
        return self._connection.closed

    def close(self, close_code: int | None = None, reason: str = "") -> None:
        """Send what was written, then close the connection; await :attr:`closed` to see it closed.

        What has arrived can still be read; what is still on its way may be dropped by the browser.
        A stream that is closing or closed already stays as it is, and one that is still connecting
        is given up.

        Args:
            close_code: 1000, or 3000-4999. ``None`` sends a Close frame without a code.
            reason: at most 123 bytes of UTF-8. With a reason and no code, the code is 1000.

        Raises:
            InvalidAccessError: for any other code.
            DOMSyntaxError: for a longer reason.

        Standard: WebSockets, ``close()``.
        Deviation: what was written is sent first; the standard drops it.
        """
        self._connection.close(*validate_close_code_and_reason(close_code, reason))

    async def __aenter__(self) -> WebSocketOpenInfo:
        try:
            return await self.opened
        except BaseException:
            self.close()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        try:
            await self.closed
        except WebSocketError:
            if kind is None:
                raise

    def __repr__(self) -> str:
        connection = self._connection
        return (
            f"<WebSocketStream {redact(self._url)} {connection.state.value}"
            f" backend={connection.backend.name}>"
        )

    def _repr_html_(self) -> str:
        """How notebooks show it: its state, and what has gone each way."""
        from ._html import html_of

        return html_of(self, self._connection)

    def _settle_opened(self) -> None:
        error = self._connection.opened.exception()
        if error is not None:
            self._opened.reject(error)
            return
        protocol, extensions = self._connection.opened.result()
        readable, writable = ReadableStream(self._connection), WritableStream(self._connection)
        self._opened.resolve(WebSocketOpenInfo(readable, writable, extensions, protocol))

    def _connect_unless_aborted(self, signal: Any, backend: Backend) -> None:
        """Standard: WebSockets, the constructor's steps for ``signal``."""
        connection = self._connection

        def abort() -> None:
            error = AbortError(reason=backend.abort_reason(signal)[1])
            connection.fail(error, error)

        if backend.abort_reason(signal)[0]:
            abort()
        else:
            connection.connect()
            connection.opened.when_settled(backend.watch_abort(signal, abort))
