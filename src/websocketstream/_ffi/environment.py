"""Features of the JavaScript environment; :mod:`websocketstream.support` decides what to use."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import js
from pyodide import __version__ as _pyodide
from pyodide.ffi import JsException, can_run_sync
from pyodide.ffi import run_sync as _run_sync
from pyodide.webloop import WebLoop


def has(name: str) -> bool:
    """Return whether JavaScript has a global of that name."""
    return hasattr(js, name)


def can_suspend() -> bool:
    """Return whether :func:`run_sync` works in the call that is running."""
    return bool(can_run_sync())


def has_jspi() -> bool:
    """Return whether WebAssembly can be suspended here (JavaScript Promise Integration)."""
    return hasattr(js.WebAssembly, "Suspending")


def run_sync[T](awaitable: Awaitable[T]) -> T:
    """Suspend Python until ``awaitable`` is done; other tasks run meanwhile."""
    result: T = _run_sync(awaitable)
    return result


def user_agent() -> str:
    if hasattr(js, "navigator"):
        return str(js.navigator.userAgent)
    # Node before version 21 has no navigator, nor have runtimes that imitate it.
    return f"Node.js/{js.process.versions.node}" if hasattr(js, "process") else "an unknown runtime"


def pyodide_version() -> str:
    return str(_pyodide)


def sends_headers() -> bool:
    """Return whether ``new WebSocket()`` takes headers for the handshake, as in Node, Deno and Bun."""
    return hasattr(js, "process") or hasattr(js, "Deno")


def event_loop_class() -> Any:
    """Return the class of Pyodide's event loop."""
    return WebLoop


def has_sockets() -> bool:
    """Return whether Pyodide has real sockets, as it can in Node."""
    try:
        from pyodide_js._api import _nodeSock  # noqa: F401
    except ImportError:
        return False
    return True


def page_origin() -> str | None:
    """Return the origin of the page or worker, ``"null"`` if it is opaque; ``None`` if there is none."""
    return str(js.origin) if hasattr(js, "origin") else None


def page_url() -> str | None:
    """Return the URL or origin that the page or worker has come from; ``None`` if there is none.

    The origin of a sandboxed frame is opaque, and the URL of a worker can be a ``blob:``.
    """
    origin = page_origin()
    return str(js.location.href) if origin == "null" else origin


def is_online() -> bool | None:
    """Return ``False`` if the browser knows that it has no network; ``None``: unknown."""
    online = getattr(getattr(js, "navigator", None), "onLine", None)
    return None if online is None else bool(online)


def parse_url(url: str) -> str | None:
    """Resolve ``url`` against the page's or the worker's; return ``None`` if it is no URL."""
    base = js.document.baseURI if hasattr(js, "document") else getattr(js, "location", None)
    try:
        return str(js.URL.new(url, base).href if base is not None else js.URL.new(url).href)
    except JsException:
        return None
