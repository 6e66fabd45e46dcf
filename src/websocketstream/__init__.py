"""The WebSocket client for Python in the browser.

:class:`WebSocketStream` is the WHATWG API of that name in Python's spelling: the browser's own where
there is one, a polyfill over classic ``WebSocket`` where there is none, with the same behaviour.
Importing this package has no side effect.
"""

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
    "support",
]

__version__ = "0.1.0"
