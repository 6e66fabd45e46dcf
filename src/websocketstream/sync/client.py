"""``connect()`` with the API of :mod:`websockets.sync.client`.

For scripts and notebook cells. It works where Python can be suspended, which needs a browser with
JSPI and code that was started asynchronously; elsewhere the error says what to use instead.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self, overload

from .._connection import Overflow
from .._transport import Backend
from ..asyncio._arguments import SYNC
from ..asyncio._connecting import Opening, Retrying
from ..client import backoff, process_exception
from ..datastructures import HeadersLike
from ..handshake import HeadersHook
from ..http11 import USER_AGENT
from ..support import BackendName
from ..typing import LoggerLike, Origin, Subprotocol
from ..uri import WebSocketURI
from . import _suspend
from .connection import Connection

__all__ = ["ClientConnection", "connect", "reconnect", "unix_connect", "unix_reconnect"]


class ClientConnection(Connection):
    """An open connection: receive with :meth:`recv` or ``for``, send with :meth:`send`.

    Iteration ends when the connection is closed with 1000 or 1001 or without a code, and raises
    :exc:`~websocketstream.exceptions.ConnectionClosedError` when it ends in any other way.
    """

    def __enter__(self) -> Self:
        return super().__enter__()


class reconnect:
    """Connect to a WebSocket server, once or again and again.

    ::

        with reconnect("wss://example.com/") as websocket:
            ...

        for websocket in reconnect("wss://example.com/"):
            try:
                ...
            except ConnectionClosed:
                continue

    Arguments and exceptions are those of :class:`websocketstream.asyncio.client.connect`, but for
    ``write_limit``.

    Raises:
        NotSupportedError: besides, where Python can't be suspended.
    """

    def __init__(
        self,
        uri: str,
        *,
        sock: None = None,
        ssl: Any = None,
        server_hostname: str | None = None,
        origin: Origin | None = None,
        extensions: Sequence[Any] | None = None,
        subprotocols: Sequence[Subprotocol] | None = None,
        compression: str | None = "deflate",
        additional_headers: HeadersLike | None = None,
        user_agent_header: str | None = USER_AGENT,
        proxy: str | Literal[True] | None = True,
        proxy_ssl: Any = None,
        proxy_server_hostname: str | None = None,
        process_exception: Callable[[Exception], Exception | None] = process_exception,
        open_timeout: float | None = 10,
        ping_interval: float | None = 20,
        ping_timeout: float | None = 20,
        close_timeout: float | None = 10,
        reconnect_delays: Callable[[], Generator[float]] = backoff,
        max_size: int | tuple[int | None, int | None] | None = 2**20,
        max_queue: int | tuple[int | None, int | None] | None = 16,
        logger: LoggerLike | None = None,
        create_connection: type[ClientConnection] | None = None,
        backend: BackendName | Backend = "safe",
        headers_to: HeadersHook | None = None,
        high_water_mark: int = 16 * 1024 * 1024,
        overflow: Overflow = "buffer",
        **kwargs: Any,
    ) -> None:
        self.logger: LoggerLike = logging.getLogger("websockets.client") if logger is None else logger
        others = {
            "sock": sock,
            "ssl": ssl,
            "server_hostname": server_hostname,
            "origin": origin,
            "extensions": extensions,
            "proxy": proxy,
            "proxy_ssl": proxy_ssl,
            "proxy_server_hostname": proxy_server_hostname,
        }
        self._opening = Opening(
            uri,
            SYNC,
            {**kwargs, **others},
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
        self.process_exception = process_exception
        self.open_timeout = open_timeout
        self.reconnect_delays = reconnect_delays
        self.create_connection: type[ClientConnection] = create_connection or ClientConnection
        self.connection_kwargs: dict[str, Any] = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "close_timeout": close_timeout,
            "max_queue": max_queue,
        }

    def connect(self) -> ClientConnection:
        """Connect once."""
        return _suspend.run(self._connect)

    async def _connect(self) -> ClientConnection:
        protocol = self._opening.protocol(self.uri, self.additional_headers)
        connection = self.create_connection(None, protocol, **self.connection_kwargs)
        await connection._asynchronous.handshake(
            self.additional_headers, self.user_agent_header, self.open_timeout
        )
        return connection

    def __enter__(self) -> ClientConnection:
        if hasattr(self, "connection"):
            raise RuntimeError("connect() isn't reentrant")
        self.connection: ClientConnection = self.connect()
        return self.connection.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.connection.__exit__(kind, error, trace)
        finally:
            del self.connection

    def __iter__(self) -> Iterator[ClientConnection]:
        retrying = Retrying(self)
        while True:
            try:
                with self as connection:
                    yield connection
            except Exception as exc:
                _suspend.run(asyncio.sleep, retrying.failed(exc))
            else:
                retrying.succeeded()


@overload
def connect(uri: str, *, legacy: Literal[False], **kwargs: Any) -> reconnect: ...


@overload
def connect(uri: str, *, legacy: Literal[True] | None = None, **kwargs: Any) -> ClientConnection: ...


def connect(uri: str, *, legacy: bool | None = None, **kwargs: Any) -> ClientConnection | reconnect:
    """Connect to a WebSocket server; arguments and exceptions are those of :class:`reconnect`.

    ::

        with connect("wss://example.com/") as websocket:
            ...

    Args:
        legacy: ``False``: return a :class:`reconnect`. Else return the open connection.
    """
    connecter = reconnect(uri, **kwargs)
    return connecter if legacy is False else connecter.connect()


def unix_reconnect(path: Any = None, uri: str | None = None, **kwargs: Any) -> reconnect:
    """Raise NotSupportedError: a page can't connect to a Unix socket."""
    return reconnect(uri or "ws://localhost/", unix=True, path=path, **kwargs)


def unix_connect(
    path: Any = None, uri: str | None = None, *, legacy: bool | None = None, **kwargs: Any
) -> ClientConnection | reconnect:
    """Raise NotSupportedError: a page can't connect to a Unix socket."""
    return unix_reconnect(path, uri, **kwargs)


def _signature_of_connect() -> inspect.Signature:
    ours, theirs = inspect.signature(connect), inspect.signature(reconnect)
    only_reconnect = ("process_exception", "reconnect_delays")
    parameters = {name: each for name, each in theirs.parameters.items() if name not in only_reconnect}
    parameters = {"uri": parameters.pop("uri"), "legacy": ours.parameters["legacy"], **parameters}
    return ours.replace(parameters=list(parameters.values()))


# Programs look whether ``additional_headers`` is among the parameters.
connect.__signature__ = _signature_of_connect()  # type: ignore[attr-defined]
