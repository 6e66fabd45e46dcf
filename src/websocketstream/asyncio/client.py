"""``connect()`` with the API of :mod:`websockets.asyncio.client`.

Changing the import is all that it takes to bring a program that uses ``websockets`` into the browser.
What becomes of each argument stands in the table of :mod:`websocketstream.asyncio._arguments`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from types import TracebackType
from typing import Any, Literal

from .. import errors
from .._connection import Overflow
from .._transport import Backend
from ..client import backoff, process_exception
from ..datastructures import HeadersLike
from ..exceptions import HandshakeFailed, SecurityError
from ..frames import CloseCode
from ..handshake import HeadersHook
from ..http11 import USER_AGENT, Request, Response
from ..support import BackendName
from ..typing import LoggerLike, Origin, Subprotocol
from ..uri import WebSocketURI
from ._arguments import ASYNCIO
from ._connecting import Opening, Retrying
from .connection import Connection

__all__ = ["ClientConnection", "connect", "unix_connect"]


class ClientConnection(Connection):
    """An open connection: receive with :meth:`recv` or ``async for``, send with :meth:`send`.

    Iteration ends when the connection is closed with 1000 or 1001 or without a code, and raises
    :exc:`~websocketstream.exceptions.ConnectionClosedError` when it ends in any other way.
    """

    async def handshake(
        self,
        additional_headers: HeadersLike | None = None,
        user_agent_header: str | None = USER_AGENT,
        timeout: float | None = None,
    ) -> None:
        """Connect. Headers were seen to before; they are here as they are in ``websockets``.

        Args:
            timeout: in seconds; ``None``: as long as the browser tries.
        """
        link = self._link
        self.request: Request | None = self.protocol.request()
        cancel_timer = None
        if timeout is not None:
            error = TimeoutError("timed out during opening handshake")
            cancel_timer = link.backend.call_later(timeout, lambda: link.fail(error))
        try:
            link.connect()
            protocol, extensions = await link.opened
        # The connection keeps its error, which must not keep the frames that led here.
        except errors.WebSocketError as error:
            raise HandshakeFailed(str(error)) from error.with_traceback(None)
        except TimeoutError as error:
            raise TimeoutError(*error.with_traceback(None).args) from None
        except errors.SecurityError as error:
            raise SecurityError(str(error)) from error
        except asyncio.CancelledError:
            link.close()
            raise
        finally:
            if cancel_timer is not None:
                cancel_timer()
        self.response: Response | None = self.protocol.opened(protocol, extensions)


class connect:
    """Connect to a WebSocket server: as a context manager, by awaiting, or again and again.

    ::

        async with connect("wss://example.com/") as websocket:
            ...

        websocket = await connect("wss://example.com/")

        async for websocket in connect("wss://example.com/"):
            try:
                ...
            except ConnectionClosed:
                continue

    The first closes the connection at the end of the block, the third at the end of each round and
    connects again, after a while if an attempt has failed.

    Arguments of ``websockets`` that a browser can't honour are without effect or, where that would
    do harm, refused when set; the documentation has the table.

    Args:
        uri: ``ws:`` or ``wss:``.
        origin, extensions, proxy: refused when set.
        subprotocols: subprotocols to offer, the one that is liked best first.
        compression, user_agent_header, ping_interval, ping_timeout, max_queue: without effect.
        additional_headers: refused when set, unless ``headers_to`` moves them elsewhere.
        process_exception: when connecting again and again, tells whether an error ends that.
        open_timeout: seconds for connecting; ``None``: as long as the browser tries.
        close_timeout: seconds for closing, without anything moving; ``None``: for ever.
        reconnect_delays: makes the generator of the seconds between attempts that fail.
        max_size: how large a message may be, in bytes; ``None``: any size.
        write_limit: how much may wait to be sent, besides 1 MiB, before :meth:`ClientConnection.send`
            waits.
        logger: instead of ``logging.getLogger("websockets.client")``.
        create_connection: a subclass of :class:`ClientConnection`, or what makes one.
        backend: ``"safe"``, ``"auto"``, ``"native"``, ``"polyfill"``, or a back end object.
        headers_to: a function that moves headers to where a page may send them; see
            :mod:`websocketstream.handshake`.
        high_water_mark: how much may wait to be received, in bytes, before the server is held back,
            where the browser can do that.
        overflow: what happens then where it can't: ``"buffer"`` warns and goes on, ``"error"`` closes.

    Raises:
        InvalidURI: ``uri`` is not a WebSocket URI.
        NotSupportedError: an argument can't be honoured, or this is not a browser.
        HandshakeFailed: no connection could be made. It is an ``InvalidHandshake`` and an ``OSError``.
        exceptions.SecurityError: the page's rules forbid the connection.
        TimeoutError: connecting took longer than ``open_timeout``.
    """

    def __init__(
        self,
        uri: str,
        *,
        origin: Origin | None = None,
        extensions: Sequence[Any] | None = None,
        subprotocols: Sequence[Subprotocol] | None = None,
        compression: str | None = "deflate",
        additional_headers: HeadersLike | None = None,
        user_agent_header: str | None = USER_AGENT,
        proxy: str | Literal[True] | None = True,
        process_exception: Callable[[Exception], Exception | None] = process_exception,
        open_timeout: float | None = 10,
        ping_interval: float | None = 20,
        ping_timeout: float | None = 20,
        close_timeout: float | None = 10,
        reconnect_delays: Callable[[], Generator[float]] = backoff,
        max_size: int | tuple[int | None, int | None] | None = 2**20,
        max_queue: int | tuple[int | None, int | None] | None = 16,
        write_limit: int | tuple[int, int | None] = 2**15,
        logger: LoggerLike | None = None,
        create_connection: type[ClientConnection] | None = None,
        backend: BackendName | Backend = "safe",
        headers_to: HeadersHook | None = None,
        high_water_mark: int = 16 * 1024 * 1024,
        overflow: Overflow = "buffer",
        **kwargs: Any,
    ) -> None:
        self.logger: LoggerLike = logging.getLogger("websockets.client") if logger is None else logger
        self._opening = Opening(
            uri,
            ASYNCIO,
            {**kwargs, "origin": origin, "extensions": extensions, "proxy": proxy},
            additional_headers=additional_headers,
            headers_to=headers_to,
            subprotocols=subprotocols,
            compression=compression,
            max_size=max_size,
            logger=self.logger,
            backend=backend,
            high_water_mark=high_water_mark,
            overflow=overflow,
        )
        self.uri = uri
        self.ws_uri: WebSocketURI = self._opening.ws_uri
        self.additional_headers = additional_headers
        self.user_agent_header = user_agent_header
        self.proxy = proxy
        self.process_exception = process_exception
        self.open_timeout = open_timeout
        self.reconnect_delays = reconnect_delays
        self.create_connection: type[ClientConnection] = create_connection or ClientConnection
        self.create_connection_kwargs = kwargs
        self._connection_options: dict[str, Any] = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "close_timeout": close_timeout,
            "max_queue": max_queue,
            "write_limit": write_limit,
        }

    async def connect(self) -> ClientConnection:
        """Connect once."""
        protocol = self._opening.protocol(self.uri, self.additional_headers)
        connection = self.create_connection(protocol, **self._connection_options)
        await connection.handshake(self.additional_headers, self.user_agent_header, self.open_timeout)
        return connection

    def __await__(self) -> Generator[Any, None, ClientConnection]:
        return self.connect().__await__()

    async def __aenter__(self) -> ClientConnection:
        if hasattr(self, "connection"):
            raise RuntimeError("connect() isn't reentrant")
        self.connection: ClientConnection = await self
        return await self.connection.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            return await self.connection.__aexit__(kind, error, trace)
        finally:
            del self.connection

    def __aiter__(self) -> AsyncIterator[ClientConnection]:
        return _Reconnecting(self)


class _Reconnecting(AsyncIterator[ClientConnection]):
    """One ``async for`` over ``connect()``. Not a generator: Pyodide's event loop would not end one."""

    def __init__(self, connecter: connect) -> None:
        self._connecter = connecter
        self._retrying = Retrying(connecter)
        self._connected = False

    async def __anext__(self) -> ClientConnection:
        await self._leave(None)
        while True:
            try:
                connection = await self._connecter.__aenter__()
            except Exception as exc:
                await asyncio.sleep(self._retrying.failed(exc))
            else:
                self._connected = True
                self._retrying.succeeded()
                return connection

    async def aclose(self) -> None:
        """End the iteration before its time."""
        await self._leave(GeneratorExit())

    async def _leave(self, error: BaseException | None) -> None:
        if self._connected:
            self._connected = False
            await self._connecter.__aexit__(type(error) if error else None, error, None)

    def __del__(self) -> None:
        if self._connected:
            self._connecter.connection._start_closing(CloseCode.INTERNAL_ERROR)


def unix_connect(path: Any = None, uri: str | None = None, **kwargs: Any) -> connect:
    """Raise NotSupportedError: a page can't connect to a Unix socket."""
    return connect(uri or "ws://localhost/", unix=True, path=path, **kwargs)
