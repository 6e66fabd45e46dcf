"""WebSockets for Python in the browser.

:class:`WebSocketStream` is the WHATWG API of that name in Python's spelling: the browser's own if it has
one, else a polyfill over classic ``WebSocket`` with the same behaviour. After :func:`install`, libraries
for asyncio, such as ``websockets`` and ``aiohttp``, connect from a page unmodified. Importing this
package has no side effect.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    AbortError,
    BufferOverflowError,
    DOMException,
    DOMSyntaxError,
    HandshakeError,
    InvalidAccessError,
    InvalidStateError,
    MessagesLostError,
    NotSupportedError,
    ReceiveBufferWarning,
    SecurityError,
    WebSocketError,
)
from .readable import ReadableStream, ReadableStreamDefaultReader, ReadResult
from .reconnect import exponential_backoff, reconnect
from .stream import WebSocketCloseInfo, WebSocketOpenInfo, WebSocketStream
from .support import Support, support
from .writable import WritableStream, WritableStreamDefaultWriter

if TYPE_CHECKING:
    from . import sync as sync
    from .diagnosis import diagnose
    from .gateway import install, uninstall

__all__ = [
    "AbortError",
    "BufferOverflowError",
    "DOMException",
    "DOMSyntaxError",
    "HandshakeError",
    "InvalidAccessError",
    "InvalidStateError",
    "MessagesLostError",
    "NotSupportedError",
    "ReadResult",
    "ReadableStream",
    "ReadableStreamDefaultReader",
    "ReceiveBufferWarning",
    "SecurityError",
    "Support",
    "WebSocketCloseInfo",
    "WebSocketError",
    "WebSocketOpenInfo",
    "WebSocketStream",
    "WritableStream",
    "WritableStreamDefaultWriter",
    "diagnose",
    "exponential_backoff",
    "install",
    "reconnect",
    "support",
    "sync",
    "uninstall",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Imported on first use, so that a program that only uses streams starts faster.
    if name in ("install", "uninstall"):
        from . import gateway

        return getattr(gateway, name)
    if name == "diagnose":
        from .diagnosis import diagnose

        return diagnose
    if name == "sync":
        # Not "from . import sync", which asks this function for the name first.
        return import_module(".sync", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
