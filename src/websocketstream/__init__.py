"""The WebSocket client for Python in the browser.

:class:`WebSocketStream` is the WHATWG API of that name in Python's spelling: the browser's own where
there is one, a polyfill over classic ``WebSocket`` where there is none, with the same behaviour.
Importing this package has no side effect.
"""

from typing import TYPE_CHECKING, Any

from .errors import (
    AbortError,
    BufferOverflowError,
    DOMException,
    DOMSyntaxError,
    InvalidAccessError,
    InvalidStateError,
    MessagesLostError,
    NotSupportedError,
    ReceiveBufferWarning,
    SecurityError,
    WebSocketError,
)
from .readable import ReadableStream, ReadableStreamDefaultReader, ReadResult
from .stream import WebSocketCloseInfo, WebSocketOpenInfo, WebSocketStream
from .support import Support, support
from .writable import WritableStream, WritableStreamDefaultWriter

if TYPE_CHECKING:
    from ._anywhere import connect
    from .gateway import install, uninstall

__all__ = [
    "AbortError",
    "BufferOverflowError",
    "DOMException",
    "DOMSyntaxError",
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
    "connect",
    "install",
    "support",
    "uninstall",
]

__version__ = "0.1.0"

_LAZY = {"connect": "_anywhere", "install": "gateway", "uninstall": "gateway"}


def __getattr__(name: str) -> Any:
    # Who only wants streams does not wait for what imitates the websockets library.
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
