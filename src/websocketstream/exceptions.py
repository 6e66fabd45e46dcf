"""Exceptions, as :mod:`websockets.exceptions` has them; its own classes where it is installed.

::

    WebSocketException (Exception)
    ├── ConnectionClosed                        .rcvd, .sent, .rcvd_then_sent
    │   ├── ConnectionClosedOK                  1000, 1001 or no code, both ways
    │   └── ConnectionClosedError               any other end; .__cause__ says more
    ├── InvalidURI
    ├── InvalidHandshake
    │   ├── HandshakeFailed (OSError)           all that a browser says of a failed handshake
    │   └── SecurityError                       the page's rules forbid the connection
    ├── PayloadTooBig                           a message over max_size; the cause of an end
    ├── ProtocolError                           a close code or reason that can't be sent
    └── ConcurrencyError (RuntimeError)         two tasks receive at the same time

:class:`HandshakeFailed` is the one that ``websockets`` does not have. The rest are never raised in a
browser, and are here so that code which names them can be imported.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ._adopt import adopt

if TYPE_CHECKING:
    from .frames import Close
    from .http11 import Response

__all__ = [
    "ConcurrencyError",
    "ConnectionClosed",
    "ConnectionClosedError",
    "ConnectionClosedOK",
    "DuplicateParameter",
    "HandshakeFailed",
    "HeaderLineTooLong",
    "InvalidHandshake",
    "InvalidHeader",
    "InvalidHeaderFormat",
    "InvalidHeaderValue",
    "InvalidMessage",
    "InvalidMethod",
    "InvalidOrigin",
    "InvalidParameterName",
    "InvalidParameterValue",
    "InvalidProtocol",
    "InvalidProxy",
    "InvalidProxyMessage",
    "InvalidProxyStatus",
    "InvalidState",
    "InvalidStatus",
    "InvalidURI",
    "InvalidUpgrade",
    "NegotiationError",
    "PayloadTooBig",
    "ProtocolError",
    "ProxyError",
    "RequestLineTooLong",
    "SecurityError",
    "StatusLineTooLong",
    "TooManyFragments",
    "TooManyHeaders",
    "WebSocketException",
]


class WebSocketException(Exception):
    """Base of all of them."""


class ConnectionClosed(WebSocketException):
    """The connection is closed.

    Attributes:
        rcvd: the Close frame that was received; ``None``: there was none.
        sent: the Close frame that was sent; ``None``: there was none.
        rcvd_then_sent: which came first; ``None`` unless there were both.
    """

    def __init__(
        self, rcvd: Close | None, sent: Close | None, rcvd_then_sent: bool | None = None
    ) -> None:
        assert (rcvd_then_sent is None) == (rcvd is None or sent is None)
        super().__init__(rcvd, sent, rcvd_then_sent)
        self.rcvd = rcvd
        self.sent = sent
        self.rcvd_then_sent = rcvd_then_sent

    def __str__(self) -> str:
        if self.rcvd is None and self.sent is None:
            return "no close frame received or sent"
        if self.rcvd is None:
            return f"sent {self.sent}; no close frame received"
        if self.sent is None:
            return f"received {self.rcvd}; no close frame sent"
        if self.rcvd_then_sent:
            return f"received {self.rcvd}; then sent {self.sent}"
        return f"sent {self.sent}; then received {self.rcvd}"

    @property
    def code(self) -> int:
        """The code that was received. Deprecated."""
        warnings.warn("use rcvd.code instead of code", DeprecationWarning, stacklevel=2)
        return 1006 if self.rcvd is None else self.rcvd.code

    @property
    def reason(self) -> str:
        """The reason that was received. Deprecated."""
        warnings.warn("use rcvd.reason instead of reason", DeprecationWarning, stacklevel=2)
        return "" if self.rcvd is None else self.rcvd.reason


class ConnectionClosedOK(ConnectionClosed):
    """Closed with 1000, 1001 or no code, in both directions."""


class ConnectionClosedError(ConnectionClosed):
    """Closed with any other code, or without a closing handshake."""


class InvalidURI(WebSocketException):
    """What was to be connected to is not a WebSocket URI."""

    def __init__(self, uri: str, msg: str) -> None:
        super().__init__(uri, msg)
        self.uri = uri
        self.msg = msg

    def __str__(self) -> str:
        return f"{self.uri} isn't a valid URI: {self.msg}"


class InvalidProxy(WebSocketException):
    """Not raised in a browser."""


class InvalidHandshake(WebSocketException):
    """The opening handshake failed."""


class SecurityError(InvalidHandshake):
    """A security rule, such as the page's Content-Security-Policy, forbids the connection."""


class RequestLineTooLong(SecurityError):
    """Not raised in a browser."""


class StatusLineTooLong(SecurityError):
    """Not raised in a browser."""


class HeaderLineTooLong(SecurityError):
    """Not raised in a browser."""


class TooManyHeaders(SecurityError):
    """Not raised in a browser."""


class ProxyError(InvalidHandshake):
    """Not raised in a browser."""


class InvalidProxyMessage(ProxyError):
    """Not raised in a browser."""


class InvalidProxyStatus(ProxyError):
    """Not raised in a browser."""


class InvalidMessage(InvalidHandshake):
    """Not raised in a browser: :class:`HandshakeFailed` is."""


class InvalidMethod(InvalidHandshake):
    """Not raised in a browser."""


class InvalidProtocol(InvalidHandshake):
    """Not raised in a browser."""


class InvalidStatus(InvalidHandshake):
    """Not raised in a browser, which hides the status: :class:`HandshakeFailed` is."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response

    def __str__(self) -> str:
        return f"server rejected WebSocket connection: HTTP {self.response.status_code:d}"


class InvalidHeader(InvalidHandshake):
    """A header is missing or not valid."""

    def __init__(self, name: str, value: str | None = None) -> None:
        super().__init__(name, value)
        self.name = name
        self.value = value

    def __str__(self) -> str:
        what = {None: "missing", "": "empty"}.get(self.value)
        return f"{what} {self.name} header" if what else f"invalid {self.name} header: {self.value}"


class InvalidHeaderFormat(InvalidHeader):
    """Not raised in a browser."""


class InvalidHeaderValue(InvalidHeader):
    """Not raised in a browser."""


class InvalidOrigin(InvalidHeader):
    """Not raised in a browser."""


class InvalidUpgrade(InvalidHeader):
    """Not raised in a browser."""


class NegotiationError(InvalidHandshake):
    """Not raised in a browser: :class:`HandshakeFailed` is."""


class DuplicateParameter(NegotiationError):
    """Not raised in a browser."""


class InvalidParameterName(NegotiationError):
    """Not raised in a browser."""


class InvalidParameterValue(NegotiationError):
    """Not raised in a browser."""


class ProtocolError(WebSocketException):
    """The protocol does not allow this to be sent."""


class PayloadTooBig(WebSocketException):
    """A message is larger than ``max_size``."""

    def __init__(self, size: int | None, max_size: int, current_size: int | None = None) -> None:
        super().__init__(size, max_size, current_size)
        self.size = size
        self.max_size = max_size
        self.current_size = current_size

    def __str__(self) -> str:
        size = "" if self.size is None else f"with {self.size} bytes "
        return f"frame {size}exceeds limit of {self.max_size} bytes"


class TooManyFragments(WebSocketException):
    """Not raised in a browser."""


class InvalidState(WebSocketException, AssertionError):
    """Not raised in a browser."""


class ConcurrencyError(WebSocketException, RuntimeError):
    """Two tasks receive, or two do what only one can do, at the same time."""


adopt(globals())


class HandshakeFailed(InvalidHandshake, OSError):
    """The connection could not be made. No page is told more: neither the HTTP status nor the error.

    It is an :class:`OSError` too, since it may be a network error; that is why ``async for`` on
    ``connect()`` tries again after it.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args
