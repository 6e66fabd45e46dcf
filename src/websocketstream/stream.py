"""``WebSocketStream``: the standard's class, in Python's spelling, with what a program needs on top.

This module checks arguments, chooses a back end, and gives access to the two sides of a connection. The
rules of the connection are in :mod:`websocketstream._core.connection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from ._core import failures
from ._core.connection import Connection
from ._core.options import DEFAULTS, BackendName, ConnectionOptions, Overflow
from ._core.promise import Promise
from ._core.rules import (
    Message,
    get_a_url_record,
    redact,
    validate_headers,
    validate_protocols,
)
from ._core.state import WebSocketCloseInfo
from ._core.transport import Backend, HeaderFields
from .errors import (
    AbortError,
    InvalidStateError,
    NotSupportedError,
    WebSocketError,
    validate_close_code_and_reason,
)
from .readable import ReadableStream
from .support import resolve_backend
from .writable import WritableStream

__all__ = ["WebSocketCloseInfo", "WebSocketOpenInfo", "WebSocketStream"]


class WebSocketOpenInfo(NamedTuple):
    """An open connection: its two sides, and the outcome of the handshake.

    Example::

        readable, writable, extensions, protocol = await stream.opened

    Standard: WebSockets, "WebSocketOpenInfo".
    """

    readable: ReadableStream
    writable: WritableStream
    extensions: str
    """The extensions in use, such as ``"permessage-deflate"``; empty if there are none."""
    protocol: str
    """The subprotocol that the server selected; empty if none was offered."""

    def _repr_html_(self) -> str:
        from ._core.html import html_of

        return html_of(self, self.readable._connection)


class WebSocketStream:
    """A WebSocket connection, which starts to connect at once.

    As a context manager it waits until the connection is open, and closes it at the end of the block::

        async with WebSocketStream("wss://example.com/echo") as ws:
            await ws.send("hello")
            async for message in ws:
                print(message)
                break

    The end of the block sends what was written, waits for the close, and raises :class:`WebSocketError`
    if the connection did not end cleanly, unless the block itself has raised. Cancelling ``async with``
    while it connects aborts the attempt.

    :meth:`send`, :meth:`recv` and iteration use :attr:`readable` and :attr:`writable`, the streams of
    the standard, and raise :class:`TypeError` while a reader or a writer holds the lock.

    Args:
        url: ``ws:``, ``wss:``, ``http:`` or ``https:``, or relative to the page.
        protocols: subprotocols to offer; one string is one subprotocol.
        signal: a JavaScript ``AbortSignal`` to abort connecting; ``None``: none. It has no effect once
            the connection is open.
        headers: headers for the opening handshake, in Node, Deno, Bun and on CPython. A browser lets a
            page send none.
        backend: ``"auto"``: the browser's own WebSocketStream if it has one, else the polyfill.
            ``"safe"``: the browser's own only if it has no known defect. On CPython, both are
            ``"cpython"``. ``"native"``, ``"polyfill"``, ``"cpython"``: that one. Or a back end object,
            for tests.
        high_water_mark: bytes that may wait to be read before the server is held back.
        send_high_water_mark: bytes that may wait to be sent before :meth:`send` waits.
        overflow: the reaction at ``high_water_mark`` where the server can't be held back (the polyfill):
            ``"buffer"`` goes on and warns once, ``"error"`` closes with a BufferOverflowError.
        open_timeout: seconds until an attempt to connect fails; ``None``: the browser's limit.
        close_timeout: seconds without progress until a close fails; ``None``: no limit.
        idle_timeout: seconds without a message until the connection counts as lost; ``None``: no limit.
            A page has no other way to notice that a server has vanished. The server has to send
            something more often than that.
        run_sync: ``False`` delivers each message that is waited for one turn of the event loop sooner.
            The code that it resumes can't call Pyodide's ``run_sync()`` then, which raises
            ``RuntimeError``, until it has waited for something else, such as ``asyncio.sleep(0)``.

    Raises:
        DOMSyntaxError: the URL or a subprotocol is not valid.
        SecurityError: the page's security rules forbid the connection.
        NotSupportedError: this environment does not have the back end, or can't send ``headers``.

    Standard: WebSockets, "The WebSocketStream interface".
    """

    def __init__(
        self,
        url: str,
        *,
        protocols: str | Iterable[str] = (),
        signal: Any = None,
        headers: Mapping[str, str] | HeaderFields = (),
        backend: BackendName | Backend = "auto",
        high_water_mark: int = DEFAULTS.high_water_mark,
        send_high_water_mark: int = DEFAULTS.send_high_water_mark,
        overflow: Overflow = DEFAULTS.overflow,
        open_timeout: float | None = DEFAULTS.open_timeout,
        close_timeout: float | None = DEFAULTS.close_timeout,
        idle_timeout: float | None = DEFAULTS.idle_timeout,
        run_sync: bool = DEFAULTS.run_sync,
    ) -> None:
        options = ConnectionOptions(
            high_water_mark=high_water_mark,
            send_high_water_mark=send_high_water_mark,
            overflow=overflow,
            open_timeout=open_timeout,
            close_timeout=close_timeout,
            idle_timeout=idle_timeout,
            run_sync=run_sync,
        )
        names = validate_protocols(protocols)
        fields = validate_headers(headers)
        chosen = resolve_backend(backend)
        if fields and not chosen.sends_headers:
            raise NotSupportedError(
                f"a page can't send headers with a WebSocket handshake ({', '.join(dict(fields))}): put "
                "a token into the query string of the URL, or offer it as a subprotocol"
            )
        self._url = get_a_url_record(url, chosen.parse_url)
        self._opened: Promise[WebSocketOpenInfo] = Promise()
        self._connection = Connection(self._url, names, backend=chosen, options=options, headers=fields)
        self._incoming = self._connection.incoming
        self._readable: ReadableStream | None = None
        self._writable: WritableStream | None = None
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
        """An awaitable :class:`WebSocketOpenInfo`, for any number of tasks and any number of times.

        Raises, when awaited, :class:`HandshakeError` if the connection could not be made, and
        :class:`AbortError` if ``signal`` fired before. Cancelling the await does not stop connecting.
        """
        return self._opened

    @property
    def closed(self) -> Promise[WebSocketCloseInfo]:
        """An awaitable :class:`WebSocketCloseInfo`, for any number of tasks and any number of times.

        Raises, when awaited, :class:`WebSocketError` if the connection did not end with a clean closing
        handshake, or before everything that was written was sent. Cancelling the await does not close
        the connection.
        """
        return self._connection.closed

    @property
    def readable(self) -> ReadableStream:
        """The messages from the server, as a stream.

        Raises:
            InvalidStateError: the connection was not opened. ``writable``, ``protocol`` and
                ``extensions`` raise it too.
        """
        return self._readable or self._open_info().readable

    @property
    def writable(self) -> WritableStream:
        """The messages to the server, as a stream."""
        return self._writable or self._open_info().writable

    @property
    def protocol(self) -> str:
        """The subprotocol that the server selected; empty if none was offered."""
        return self._open_info().protocol

    @property
    def extensions(self) -> str:
        """The extensions in use, such as ``"permessage-deflate"``; empty if there are none."""
        return self._open_info().extensions

    def send(self, message: object) -> Promise[None]:
        """Send a message: ``str`` as text; bytes-like objects and JavaScript buffers as binary.

        Copies and sends at the call, whether it is awaited or not.

        Returns:
            An awaitable that waits until there is room for the next message: if ``send_high_water_mark``
            bytes are waiting, until half of them are sent. It does not tell whether the server has
            received anything. Cancelling it does not take the message back.

        Raises:
            TypeError: it can't be a message, or :attr:`writable` is locked. The stream stays usable.
            InvalidStateError: the stream is not open.

        Example::

            await ws.send("text")
            await ws.send(b"binary")
        """
        writable = self._writable or self.writable
        if writable._writer is not None:
            raise TypeError("the writable stream is locked: send through its writer, or release it")
        return self._connection.write(message)

    async def recv(self) -> Message:
        """Return the next message: ``str`` for text, ``bytes`` for binary.

        If it is cancelled, no message is lost: it goes to the next call.

        Raises:
            WebSocketError: there are no more messages. ``close_code`` and ``reason`` say how the
                connection has ended: 1000 or 1005 is a normal close.
            TypeError: :attr:`readable` is locked.
            InvalidStateError: the stream is not open yet.

        Example::

            message = await asyncio.wait_for(ws.recv(), timeout=5)
        """
        self._check_unlocked()
        message = self._incoming.get_nowait()
        if message is None:
            message = await self._next()
            if message is None:
                raise self._end()
        return message

    def __aiter__(self) -> Self:
        """Iterate over the messages until the server closes.

        Raises:
            WebSocketError: the connection did not end with a clean closing handshake.
            TypeError: :attr:`readable` is locked.
            InvalidStateError: the stream is not open yet.
        """
        self._check_unlocked()
        return self

    async def __anext__(self) -> Message:
        message = self._incoming.get_nowait()
        if message is None:
            message = await self._next()
            if message is None:
                raise StopAsyncIteration
        return message

    def close(self, close_code: int | None = None, reason: str = "") -> None:
        """Send what was written, then close the connection; await :attr:`closed` for its end.

        Messages that have arrived can still be read; the browser may drop later ones. A stream that is
        connecting fails with :class:`HandshakeError`; one that is closing or closed does not change.

        Args:
            close_code: 1000, or 3000-4999. ``None`` sends a Close frame without a code.
            reason: at most 123 bytes of UTF-8. With a reason and no code, the code is 1000.

        Raises:
            InvalidAccessError: for any other code.
            DOMSyntaxError: for a longer reason.

        Example::

            ws.close(4000, "done")
            close_code, reason = await ws.closed

        Standard: WebSockets, ``close()``.
        Deviation: what was written is sent first; the standard drops it.
        """
        self._connection.close(*validate_close_code_and_reason(close_code, reason))

    async def __aenter__(self) -> Self:
        try:
            await self.opened
        except BaseException:
            self.close()
            raise
        return self

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
        """Return the table that notebooks show: the state, and the traffic in each direction."""
        from ._core.html import html_of

        return html_of(self, self._connection)

    def _settle_opened(self) -> None:
        error = self._connection.opened.exception()
        if error is not None:
            self._opened.reject(error)
            return
        protocol, extensions = self._connection.opened.result()
        self._readable = ReadableStream(self._connection)
        self._writable = WritableStream(self._connection)
        self._opened.resolve(WebSocketOpenInfo(self._readable, self._writable, extensions, protocol))

    def _open_info(self) -> WebSocketOpenInfo:
        if self._readable is None:
            how = "was never opened" if self._opened.settled else "is not open yet"
            raise InvalidStateError(f"the stream {how}: use 'async with', or await its 'opened' first")
        return self._opened.result()

    def _check_unlocked(self) -> None:
        readable = self._readable or self.readable
        if readable._reader is not None:
            raise TypeError("the readable stream is locked: read through its reader, or release it")

    async def _next(self) -> Message | None:
        """Wait for the next message; :attr:`readable` is locked meanwhile, as by a reader."""
        readable = self.readable
        readable._receiving += 1
        try:
            return await self._incoming.wait(self._incoming.request())
        finally:
            readable._receiving -= 1

    def _end(self) -> WebSocketError:
        """Return the error for a receive after the last message of a connection that ended cleanly."""
        closed = self._connection.closed
        if closed.settled and closed.exception() is None:
            return failures.closed(*closed.result())
        return WebSocketError("the readable stream was cancelled: nothing more is received")

    def _connect_unless_aborted(self, signal: Any, backend: Backend) -> None:
        """Standard: WebSockets, the constructor's steps for ``signal``."""
        connection = self._connection

        def abort() -> None:
            with connection.guard:
                error = AbortError(reason=backend.abort_reason(signal)[1])
                connection.fail(error, error)

        if backend.abort_reason(signal)[0]:
            abort()
        else:
            connection.connect()
            with connection.guard:
                connection.opened.when_settled(backend.watch_abort(signal, abort))
