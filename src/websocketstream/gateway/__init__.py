"""The gateway, on which Python's WebSocket libraries run in a page without any change.

These libraries speak HTTP/1.1 and RFC 6455 over a transport that ``loop.create_connection()`` makes,
and Pyodide's event loop can't make one. :func:`install` gives the event loop that method. The far end
of its transport is not a socket but code in the page: it reads the library's handshake, opens a
WebSocket of the browser's to the same URL, and translates frames to messages and messages to frames.
For the network it is what RFC 9110 calls a gateway; for the library it is the server.

Importing this module changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from .._core.options import DEFAULTS, ConnectionOptions, check_backend_name
from ..support import in_browser

if TYPE_CHECKING:
    from .._core.options import BackendName, Overflow
    from .._core.transport import Backend
    from .headers import HeadersHook
    from .loop import LoopPatch

__all__ = ["install", "uninstall"]

_patch: LoopPatch | None = None
_undo: list[Callable[[], None]] = []


def install(
    *,
    backend: BackendName | Backend = "safe",
    headers_to: HeadersHook | None = None,
    fetch: bool = True,
    probe: bool = True,
    idle_timeout: float | None = None,
    high_water_mark: int = DEFAULTS.high_water_mark,
    overflow: Overflow = DEFAULTS.overflow,
) -> None:
    """Let every library that connects through asyncio connect from this page.

    Call it once, before the first connection is made; libraries may be imported before or after. Outside
    a browser it does nothing, so the same program runs there too. A second call sets the options for
    connections that are made after it; without arguments it leaves them as they are.

    It replaces ``create_connection``, ``sock_connect``, ``getaddrinfo`` and ``call_at`` of Pyodide's
    event loop, has ``websockets.sync.client`` connect without a thread, and provides a module ``ssl``
    where Python has none. :func:`uninstall` undoes all of it.

    Args:
        backend: the back end that carries the connections, as for
            :class:`~websocketstream.WebSocketStream`. ``"safe"`` loses no message on any browser.
        headers_to: a function that moves headers that a page can't send to a place where the server
            accepts them; see :mod:`websocketstream.gateway.headers`. With ``None`` such headers are
            refused with NotSupportedError.
        fetch: whether other HTTP requests of libraries go through the browser's ``fetch``. With
            ``False`` they are refused with NotSupportedError.
        probe: whether to find out over HTTP, after a handshake has failed, if a server is there. With
            ``False`` libraries see every failure as the status 502 of a gateway.
        idle_timeout: time in seconds without a message after which a library's pings get no answer until
            the next one comes, so that its keepalive finds a server that has vanished. With ``None``
            they are always answered at once.
        high_water_mark: number of bytes that may wait to be read by a library.
        overflow: action at that mark where the browser can't hold the server back: ``"buffer"`` goes
            on and warns once, ``"error"`` ends the connection, with ConnectionResetError for the
            library.

    Raises:
        TypeError: an option is of the wrong type.
        ValueError: an option has a value that makes no sense.

    Example::

        import websocketstream

        websocketstream.install()

        import websockets

        async with websockets.connect("wss://example.com/echo") as websocket:
            await websocket.send("hello")
            print(await websocket.recv())
    """
    global _patch
    check_backend_name(backend)
    ConnectionOptions(high_water_mark=high_water_mark, overflow=overflow, idle_timeout=idle_timeout)
    if headers_to is not None and not callable(headers_to):
        raise TypeError(f"headers_to must be a function or None, not {type(headers_to).__name__}")
    if not in_browser():
        return
    from .. import _ffi
    from ._ssl import provide
    from .blocking import bridge
    from .imports import when_imported
    from .loop import LoopPatch
    from .options import Options

    defaults = Options(
        fetch=_ffi.JsFetch, probe=_ffi.probe, page=_ffi.page_url(), call_later=_ffi.call_later
    )
    given = replace(
        defaults,
        backend=backend,
        headers_to=headers_to,
        fetch=defaults.fetch if fetch else None,
        probe=defaults.probe if probe else None,
        idle_timeout=idle_timeout,
        high_water_mark=high_water_mark,
        overflow=overflow,
    )
    if _patch is None:
        policy = _ffi.JsPolicyWatch()
        given = replace(given, forbidden_by=policy.directive_against)
        _patch = LoopPatch(_ffi.event_loop_class(), given, has_sockets=_ffi.has_sockets())
        _undo.extend([_patch.restore, policy.close, provide()])
        _undo.append(when_imported("websockets.sync.client", bridge))
    elif given != defaults:
        _patch.options = replace(given, forbidden_by=_patch.options.forbidden_by)


def uninstall() -> None:
    """Undo :func:`install`. Open connections continue; calling it again does nothing.

    Example::

        import websocketstream

        websocketstream.install()
        websocketstream.uninstall()
    """
    global _patch
    while _undo:
        _undo.pop()()
    _patch = None
