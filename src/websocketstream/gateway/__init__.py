"""The gateway: Python's WebSocket libraries run in the page as they are.

They all speak HTTP/1.1 and RFC 6455 over a transport that ``loop.create_connection()`` makes, and
Pyodide's event loop can't make one. :func:`install` gives it one whose far end is in the page itself: it
reads the library's handshake, opens a WebSocket of the browser's to the same URL, and turns frames into
messages and messages into frames. For the network it is what RFC 9110 calls a gateway; for the library
it is the server.

Importing this module changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..support import BackendName, in_browser

if TYPE_CHECKING:
    from .._connection import Overflow
    from .._transport import Backend
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
    high_water_mark: int = 16 * 1024 * 1024,
    overflow: Overflow = "buffer",
) -> None:
    """Let every library that connects through asyncio's event loop do so in this page."""
    global _patch
    if not in_browser():
        return
    from .. import _ffi
    from .blocking import bridge
    from .imports import when_imported
    from .loop import LoopPatch
    from .options import Options
    from .ssl_module import provide

    options = Options(
        backend=backend,
        headers_to=headers_to,
        fetch=_ffi.JsFetch if fetch else None,
        probe=_ffi.probe if probe else None,
        idle_timeout=idle_timeout,
        high_water_mark=high_water_mark,
        overflow=overflow,
    )
    if _patch is None:
        _patch = LoopPatch(_ffi.event_loop_class(), options, has_sockets=_ffi.has_sockets())
        _undo.extend([_patch.restore, provide(), when_imported("websockets.sync.client", bridge)])
    else:
        _patch.options = options


def uninstall() -> None:
    """Undo :func:`install`. Connections that are open go on; calling it again does nothing."""
    global _patch
    while _undo:
        _undo.pop()()
    _patch = None
