"""The methods that Pyodide's event loop lacks.

All asyncio programs connect through three methods of the event loop. In Pyodide ``create_connection``
and ``sock_connect`` work only over the sockets of Node, and ``getaddrinfo`` is missing before version
314. :class:`LoopPatch` puts these and ``call_at`` on the class, since a program may have several loops,
and removes them again.

- ``create_connection`` makes a :class:`~.transport.GatewayTransport` with a server at its far end
  (:class:`~.server.ServerConnection`).
- ``sock_connect`` connects nothing. It keeps the address for the ``create_connection(sock=…)`` that
  follows.
- ``call_at`` accepts a time that has passed, which Pyodide refuses. A timer of aiohttp's heartbeat that
  fires a moment early is set once more, and now and then the time passes in between.
- ``getaddrinfo`` uses Emscripten's resolver. That invents an address for each name and can translate it
  back, so a name that a program has resolved by itself still reaches the browser.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import NotSupportedError
from .options import Options
from .refusal import check_reachable
from .server import ServerConnection
from .tls import check_context
from .transport import GatewayTransport

INVENTED = "172.29."
"""Prefix of the addresses that Emscripten's resolver invents."""

_MISSING: Any = object()


class NominalSocket:
    """A placeholder for a socket, with the methods of :class:`asyncio.trsock.TransportSocket`.

    Libraries expect that ``transport.get_extra_info("socket")`` has addresses and takes options.
    """

    type = socket.SOCK_STREAM
    proto: int = socket.IPPROTO_TCP

    def __init__(self, peer: tuple[str, int]) -> None:
        self.family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
        self._peer = peer

    def getpeername(self) -> tuple[str, int]:
        return self._peer

    def getsockname(self) -> tuple[str, int]:
        return ("", 0)

    def setsockopt(self, *args: object) -> None:
        """Do nothing: the browser's connections have no options."""

    def getsockopt(self, *args: object) -> int:
        return 0

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class LoopPatch:
    """The replacement of methods on a class of event loops, until :meth:`restore`."""

    def __init__(self, loop_class: type, options: Options, *, has_sockets: bool = False) -> None:
        self.options = options
        self._loop_class = loop_class
        self._addresses: WeakKeyDictionary[socket.socket, tuple[Any, ...]] = WeakKeyDictionary()

        async def sock_connect(_loop: object, sock: socket.socket, address: tuple[Any, ...]) -> None:
            self._addresses[sock] = address

        original = getattr(loop_class, "create_connection", None) if has_sockets else None
        methods: dict[str, Any] = {
            "create_connection": self._create_connection(original),
            "call_at": _call_at(loop_class),
        }
        if not has_sockets:
            methods |= {"sock_connect": sock_connect, "getaddrinfo": _getaddrinfo}
        self._replaced = {name: vars(loop_class).get(name, _MISSING) for name in methods}
        for name, method in methods.items():
            setattr(loop_class, name, method)

    def restore(self) -> None:
        """Put back the original methods. Open connections continue."""
        for name, original in self._replaced.items():
            if original is _MISSING:
                delattr(self._loop_class, name)
            else:
                setattr(self._loop_class, name, original)

    def _create_connection(self, original: Callable[..., Any] | None) -> Callable[..., Any]:
        """Return a ``create_connection()``; one without TLS is left to ``original`` if that is given."""

        async def create_connection(
            loop: asyncio.AbstractEventLoop,
            protocol_factory: Callable[[], asyncio.BaseProtocol],
            host: str | None = None,
            port: int | str | None = None,
            *,
            ssl: Any = None,
            sock: socket.socket | None = None,
            local_addr: tuple[str, int] | None = None,
            server_hostname: str | None = None,
            **options: Any,
        ) -> Any:
            if original is not None and not ssl:
                return await original(
                    loop, protocol_factory, host, port, sock=sock, local_addr=local_addr, **options
                )
            try:
                if local_addr is not None:
                    raise NotSupportedError("a page can't choose a local address: leave local_addr out")
                check_context(ssl)
                address = self._address(host, port, sock)
                return await self._connect(loop, protocol_factory, address, sock, ssl)
            except BaseException:
                if sock is not None:  # create_connection() takes ownership of it
                    sock.close()
                raise

        return create_connection

    async def _connect(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        address: tuple[str, int],
        sock: socket.socket | None,
        context: Any,
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        host, port = address
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        await check_reachable(f"http{'s' if context else ''}://{authority}", self.options)
        extra = {
            "peername": address,
            "sockname": ("", 0),
            "socket": sock or NominalSocket(address),
            "sslcontext": context or None,
        }

        def far_end(transport: GatewayTransport) -> ServerConnection:
            return ServerConnection(transport, authority, bool(context), self.options)

        protocol = protocol_factory()
        transport = GatewayTransport(loop, protocol, far_end, extra)
        try:
            protocol.connection_made(transport)
        except BaseException:
            transport.abort()
            raise
        return transport, protocol

    def _address(
        self, host: str | None, port: int | str | None, sock: socket.socket | None
    ) -> tuple[str, int]:
        if sock is not None:
            if host is not None or port is not None:
                raise ValueError("host/port and sock can not be specified at the same time")
            if sock not in self._addresses:
                raise NotSupportedError(
                    "a page can connect a socket with loop.sock_connect() only, and this one was not"
                )
            host, port = self._addresses.pop(sock)[:2]
        if host is None or port is None:
            raise ValueError("host and port was not specified and no sock specified")
        if host.startswith(INVENTED):
            with suppress(OSError):
                host = socket.gethostbyaddr(host)[0]
        return host, int(port)


def _call_at(loop_class: Any) -> Callable[..., Any]:
    original = loop_class.call_at

    def call_at(loop: Any, when: float, callback: Any, *args: Any, **options: Any) -> Any:
        try:
            return original(loop, when, callback, *args, **options)
        except ValueError:
            return loop.call_soon(callback, *args, **options)

    return call_at


async def _getaddrinfo(
    _loop: object,
    host: str | None,
    port: int | str | None,
    *,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[Any]:
    """Resolve with Emscripten's resolver.

    It finds nothing with AI_ADDRCONFIG, which aiohttp sets, and its IPv6 addresses are invalid. So names
    resolve to invented IPv4 addresses; the browser resolves the name again, to any address that it has.
    """
    if host is not None and ":" in host:
        address = (host, int(port or 0), 0, 0)
        return [(socket.AF_INET6, type or socket.SOCK_STREAM, proto, "", address)]
    if family == socket.AF_INET6:
        family = socket.AF_INET
    return socket.getaddrinfo(host, port, family, type, proto, flags & ~socket.AI_ADDRCONFIG)
