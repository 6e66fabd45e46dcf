"""The exceptions: the standard's, each also the builtin that a Python programmer would catch.

::

    DOMException (Exception)                    .name, .message
    ├── DOMSyntaxError (ValueError)             bad URL, subprotocol or close reason
    ├── InvalidAccessError (ValueError)         close code neither 1000 nor 3000-4999
    ├── InvalidStateError (RuntimeError)        write after close
    ├── NotSupportedError (RuntimeError)        this environment can't do it
    ├── SecurityError (PermissionError)         refused by the page's security rules
    ├── AbortError                              the signal fired, or the writable was aborted; .reason
    └── WebSocketError (ConnectionError)        .close_code, .reason
        ├── HandshakeError (ConnectionRefusedError)   no connection was made
        ├── BufferOverflowError                 more arrived than the receive buffer may hold
        └── MessagesLostError                   the browser may have lost the last messages

This module imports nothing of the package. It has the rule for close codes and reasons, because the
constructor of :class:`WebSocketError` needs it.
"""

from __future__ import annotations

from contextlib import suppress
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
    """Base class of the package's errors. ``name`` is the standard's name of the error.

    Arguments of a wrong type raise :class:`TypeError`, and options out of range :class:`ValueError`.

    Example::

        try:
            stream = WebSocketStream("wss://example.com/#top")
        except DOMException as error:
            print(error.name)  # SyntaxError
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
    """An invalid URL, subprotocol or close reason.

    Example::

        try:
            stream = WebSocketStream("ftp://example.com/")
        except DOMSyntaxError as error:
            print(error)
    """

    name = "SyntaxError"


class InvalidAccessError(DOMException, ValueError):
    """A close code that is neither 1000 nor from 3000 to 4999.

    Example::

        try:
            ws.close(1001)
        except InvalidAccessError as error:
            print(error)
    """

    name = "InvalidAccessError"


class InvalidStateError(DOMException, RuntimeError):
    """A call that the state of the stream does not allow, such as a write after the close.

    Example::

        ws.close()
        try:
            await ws.send("too late")
        except InvalidStateError as error:
            print(error)
    """

    name = "InvalidStateError"


class NotSupportedError(DOMException, RuntimeError):
    """A feature that this browser or interpreter does not have.

    Example::

        try:
            stream = WebSocketStream(url, headers={"Authorization": "Bearer s3cret"})
        except NotSupportedError as error:
            print(error)
    """

    name = "NotSupportedError"


class SecurityError(DOMException, PermissionError):
    """A connection that the page's security rules forbid: mixed content, Content-Security-Policy.

    Example::

        try:
            stream = WebSocketStream(url)
        except SecurityError as error:
            print(error)
    """

    name = "SecurityError"


class AbortError(DOMException):
    """A connection attempt that ``signal`` has aborted, or a writable side that was aborted.

    ``reason`` is the reason that was given, of any type; ``None`` if there was none.

    Example::

        from js import AbortController

        controller = AbortController.new()
        stream = WebSocketStream(url, signal=controller.signal)
        controller.abort("not needed")
        try:
            await stream.opened
        except AbortError as error:
            print(error.reason)
    """

    name = "AbortError"

    def __init__(self, message: str = "The operation was aborted.", reason: object = None) -> None:
        super().__init__(message)
        self.reason = reason


class WebSocketError(DOMException, ConnectionError):
    """A connection that could not be made, or did not end with a clean closing handshake.

    Args:
        message: the text of the error.
        close_code: ``None``, 1000, or 3000-4999. Errors that the package raises have the code that the
            connection ended with, such as 1006 for a lost connection.
        reason: at most 123 bytes of UTF-8. With a reason and no code, the code becomes 1000.

    Raises:
        InvalidAccessError: for any other close code.
        DOMSyntaxError: for a longer reason.

    Example::

        try:
            message = await ws.recv()
        except WebSocketError as error:
            print(error.close_code, error.reason)

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
        """Return an error with the code of a connection's end, which may be one that can't be sent."""
        error = cls(message)
        error.close_code, error.reason = close_code, reason
        return error


class HandshakeError(WebSocketError, ConnectionRefusedError):
    """A connection that could not be made: the opening handshake has failed, or was abandoned.

    It is a :class:`ConnectionRefusedError` too, because that is what programs catch to try again::

        try:
            await stream.opened
        except ConnectionRefusedError as error:
            print(error)
    """


class BufferOverflowError(WebSocketError):
    """A full receive buffer, where the browser can't hold the server back; for ``overflow="error"``.

    The messages that are in the buffer can still be read.

    Example::

        try:
            message = await ws.recv()
        except BufferOverflowError:
            print("the server is too fast")
    """


class MessagesLostError(WebSocketError):
    """A close by the server while the browser held it back, so the last messages may be missing.

    The messages that arrived can still be read; after them comes this error instead of a clean end.
    ``close_code`` and ``reason`` are the server's.

    Example::

        try:
            message = await ws.recv()
        except MessagesLostError as error:
            print("the last messages may be missing:", error)
    """


class ReceiveBufferWarning(RuntimeWarning):
    """A receive buffer above its high-water mark, where the browser can't hold the server back.

    Example::

        import warnings

        warnings.simplefilter("error", ReceiveBufferWarning)
    """


def validate_close_code_and_reason(close_code: int | None, reason: str) -> tuple[int | None, str]:
    """Return the code and reason to close with; both empty for an empty Close frame.

    Raises:
        TypeError, InvalidAccessError, DOMSyntaxError: the code or the reason can't be sent.

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


def close_code_and_reason_of(error: object) -> tuple[int | None, str]:
    """Return code and reason of a WebSocketError, if they can be sent; else neither."""
    if isinstance(error, WebSocketError):
        # The error of another connection may have a code, such as 1006, that can't be sent.
        with suppress(DOMException):
            return validate_close_code_and_reason(error.close_code, error.reason)
    return None, ""
