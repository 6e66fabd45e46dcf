"""The exceptions of the package: the standard's, each also the builtin a Python programmer would catch.

::

    DOMException (Exception)                    .name, .message
    ├── DOMSyntaxError (ValueError)             bad URL, subprotocol or close reason
    ├── InvalidAccessError (ValueError)         close code neither 1000 nor 3000-4999
    ├── InvalidStateError (RuntimeError)        write after close
    ├── NotSupportedError (RuntimeError)        this environment lacks what was asked for
    ├── SecurityError (PermissionError)         refused by the page's security rules
    ├── AbortError                              the signal fired, or the stream was aborted; .reason
    └── WebSocketError (ConnectionError)        .close_code, .reason
        ├── HandshakeError (ConnectionRefusedError)   no connection was made
        ├── BufferOverflowError                 more arrived than the receive buffer may hold
        └── MessagesLostError                   the browser may have lost the last messages

``name`` is the standard's name of the error: ``DOMSyntaxError("…").name`` is ``"SyntaxError"``.

This module imports nothing of the package. It holds the rule for close codes and reasons, because
:class:`WebSocketError` itself has to keep it.
"""

from __future__ import annotations

from typing import Any, Self

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
    "ReceiveBufferWarning",
    "SecurityError",
    "WebSocketError",
]

MAX_REASON_BYTES = 123


class DOMException(Exception):
    """Base of every exception that this package raises on its own account.

    Wrong types raise :class:`TypeError` and wrong option values :class:`ValueError`, as everywhere in
    Python.
    """

    name: str = "Error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword arguments and OSError's own __reduce__ do not survive pickling.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[DOMException], args: tuple[Any, ...], state: dict[str, Any]) -> DOMException:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class DOMSyntaxError(DOMException, ValueError):
    """A URL, a subprotocol or a close reason is not of the form that the standard demands."""

    name = "SyntaxError"


class InvalidAccessError(DOMException, ValueError):
    """A close code is neither 1000 nor in the range 3000-4999."""

    name = "InvalidAccessError"


class InvalidStateError(DOMException, RuntimeError):
    """The stream is not in a state in which this can be done, such as a write after close."""

    name = "InvalidStateError"


class NotSupportedError(DOMException, RuntimeError):
    """This browser, or this interpreter, does not have what was asked for."""

    name = "NotSupportedError"


class SecurityError(DOMException, PermissionError):
    """The page's security rules forbid the connection (mixed content, Content-Security-Policy)."""

    name = "SecurityError"


class AbortError(DOMException):
    """An ``AbortSignal`` fired before the connection was made, or the writable side was aborted.

    ``reason`` is the reason that was given, of whatever type; ``None`` when there was none.
    """

    name = "AbortError"

    def __init__(self, message: str = "The operation was aborted.", reason: object = None) -> None:
        super().__init__(message)
        self.reason = reason


class WebSocketError(DOMException, ConnectionError):
    """The connection could not be made, or did not end with a clean closing handshake.

    Args:
        message: what happened.
        close_code: ``None``, 1000, or 3000-4999. Errors that the package raises carry what the
            connection ended with, such as 1006 for a dropped connection.
        reason: at most 123 bytes of UTF-8. With a reason and no code, the code becomes 1000.

    Raises:
        InvalidAccessError: for any other close code.
        DOMSyntaxError: for a longer reason.

    Standard: WebSockets, "The WebSocketError interface".
    """

    name = "WebSocketError"

    def __init__(self, message: str = "", *, close_code: int | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.close_code: int | None
        self.reason: str
        self.close_code, self.reason = validate_close_code_and_reason(close_code, reason)

    @classmethod
    def _received(cls, message: str, close_code: int | None, reason: str) -> Self:
        """An error with the code that the connection ended with, which needs no validation."""
        error = cls(message)
        error.close_code, error.reason = close_code, reason
        return error


class HandshakeError(WebSocketError, ConnectionRefusedError):
    """No connection was made: the opening handshake has failed, or was given up.

    It is a :class:`ConnectionRefusedError` too, because that is what programs catch to try again::

        try:
            await stream.opened
        except ConnectionRefusedError:
            ...
    """


class BufferOverflowError(WebSocketError):
    """More arrived than the receive buffer may hold, where the browser cannot hold the server back.

    What arrived before can still be read. Raised with ``overflow="error"`` only.
    """


class MessagesLostError(WebSocketError):
    """The server closed while the browser held it back, so the last messages may be missing.

    What arrived can still be read; then this error takes the place of a clean end. ``close_code``
    and ``reason`` are the server's.
    """


class ReceiveBufferWarning(RuntimeWarning):
    """The receive buffer passed its high-water mark where the browser cannot hold the server back."""


def validate_close_code_and_reason(close_code: int | None, reason: str) -> tuple[int | None, str]:
    """Return the code and reason to close with.

    Standard: WebSockets, "validate close code and reason".
    """
    if close_code is not None and (not isinstance(close_code, int) or isinstance(close_code, bool)):
        raise TypeError(f"close_code must be an int or None, not {type(close_code).__name__}")
    if not isinstance(reason, str):
        raise TypeError(f"reason must be a str, not {type(reason).__name__}")
    if close_code is not None and close_code != 1000 and not 3000 <= close_code <= 4999:
        raise InvalidAccessError(f"close code {close_code} is not allowed: use 1000, or 3000 to 4999")
    length = len(reason.encode("utf-8", "surrogatepass"))
    if length > MAX_REASON_BYTES:
        raise DOMSyntaxError(
            f"close reason of {length} bytes is too long: at most {MAX_REASON_BYTES} bytes of UTF-8"
        )
    if reason and close_code is None:
        close_code = 1000
    return close_code, reason
