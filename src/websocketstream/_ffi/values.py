"""Conversion of values and errors between JavaScript and Python."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsBuffer, JsDoubleProxy, JsException, JsProxy, to_js

from .. import errors
from .._core.rules import Message, redact

LARGE = 256 * 1024
"""Size in bytes from which copying a message twice costs more than making a proxy for it."""

MAX_STAGED = 4 * 1024 * 1024
"""Size in bytes of the largest message that :class:`JsStage` reuses a buffer for."""


def js_object(**fields: Any) -> JsProxy:
    """Return a plain JavaScript object."""
    js_fields: JsProxy = to_js(fields, dict_converter=js.Object.fromEntries, depth=1)
    return js_fields


def new_readable(**source: Any) -> Any:
    """Return a ``ReadableStream`` that pulls only what is being read."""
    return js.ReadableStream.new(js_object(**source), js_object(highWaterMark=0))


def new_writable(**sink: Any) -> Any:
    """Return a ``WritableStream`` over an underlying sink."""
    return js.WritableStream.new(js_object(**sink))


def js_message(message: Message) -> Any:
    """Return a message for JavaScript: a string, or a ``Uint8Array`` that nothing else uses."""
    return message if isinstance(message, str) else to_js(message)


class JsStage:
    """A JavaScript buffer that is reused for one outgoing message after the other.

    A new ``Uint8Array`` for each message costs ten times as much as copying into one that is there. The
    buffer grows to the next power of two; a view of it is kept for as long as messages have the same
    size.
    """

    def __init__(self) -> None:
        self._capacity = self._size = -1

    def js_message(self, message: Message) -> Any:
        """Return a message for JavaScript. A binary one is valid until the next call."""
        if isinstance(message, str):
            return message
        size = len(message)
        if size > MAX_STAGED:
            return to_js(message)
        if size != self._size:
            if size > self._capacity:
                self._capacity = 1 << (size - 1).bit_length()
                self._js_buffer = js.ArrayBuffer.new(self._capacity)
            self._js_view = js.Uint8Array.new(self._js_buffer, 0, size)
            self._assign = self._js_view.assign
            self._size = size
        self._assign(message)
        return self._js_view


def js_size(js_value: Any) -> int:
    """Return the number of characters or bytes of a received message."""
    return len(js_value) if isinstance(js_value, str) else int(js_value.byteLength)


def py_message(js_value: Any) -> Message:
    """Return a received message: ``str`` for a string, ``bytes`` for a buffer."""
    message: Message = js_value if isinstance(js_value, str) else js_value.to_bytes()
    return message


def py_messages(js_values: Any) -> list[Message]:
    """Return the messages in a JavaScript array, which must not be empty."""
    js_first = js_values[0]
    if not isinstance(js_first, str) and js_first.byteLength > LARGE:
        return [py_message(js_value) for js_value in js_values]
    # One call converts them all: to memoryviews of copies, which tobytes() copies once more. That is
    # cheaper than a proxy for each, unless they are large.
    messages: list[Any] = js_values.to_py()
    return [message if type(message) is str else message.tobytes() for message in messages]


def js_buffer_to_bytes(value: object) -> bytes | None:
    """Copy an ``ArrayBuffer`` or a view of one; return ``None`` for an object of Python's.

    Raises:
        TypeError: it is an object of JavaScript's, but not a buffer that can be sent.
    """
    if not isinstance(value, JsProxy):
        return None
    js_value: Any = value
    if not isinstance(value, JsBuffer):
        raise TypeError(
            f"a message can't be made of a JavaScript {_class_name(js_value)}: "
            "pass a str, bytes, an ArrayBuffer or a typed array"
        )
    js_buffer: Any = js_value.buffer if js.ArrayBuffer.isView(js_value) else js_value
    if getattr(js_buffer, "resizable", False) or getattr(js_buffer, "growable", False):
        raise TypeError("a message can't be made of a resizable buffer: copy it with slice() first")
    if _class_name(js_buffer) == "SharedArrayBuffer":
        raise TypeError("a message can't be made of shared memory: copy it with slice() first")
    data: bytes = js_value.to_bytes()
    return data


def _class_name(js_value: Any) -> str:
    return str(getattr(getattr(js_value, "constructor", None), "name", "object"))


def py_reason(js_reason: Any) -> object:
    """Return an abort reason in Python: errors as our own, values as they are."""
    if isinstance(js_reason, JsDoubleProxy):
        return js_reason.unwrap()
    if isinstance(js_reason, JsException) or _is_a(js_reason, js.DOMException):
        return py_error(js_reason)
    return js_reason


def py_error(error: Any) -> Exception:
    """Return the exception of ours that stands for a ``DOMException``; other errors stay as they are.

    An error that was thrown arrives as a ``JsException``; one that is an argument or an attribute, as a
    plain proxy.
    """
    js_error = getattr(error, "js_error", error)
    name, message = str(error.name), str(error.message)
    if _is_a(js_error, getattr(js, "WebSocketError", None)):
        code, reason = close_info(js_error)
        return errors.WebSocketError._received(message, code or None, reason)
    if name == "NS_ERROR_CONTENT_BLOCKED":
        # Firefox throws this where other browsers throw a SecurityError.
        return errors.SecurityError("The page's policy forbids it.")
    if not _is_a(js_error, js.DOMException):
        return error  # type: ignore[no-any-return]
    kinds = (errors.DOMSyntaxError, errors.SecurityError, errors.InvalidStateError, errors.AbortError)
    made = next((kind for kind in kinds if kind.name == name), errors.DOMException)(message)
    made.name = name
    return made


def refusal(error: JsException, url: str) -> Exception:
    """Return the exception to raise when a constructor has refused to connect to ``url``."""
    refused = py_error(error)
    if isinstance(refused, errors.SecurityError):
        # The browser's own message may be no more than "The operation is insecure."
        refused.message = (
            f"the page may not connect to {redact(url)}: its Content-Security-Policy forbids that "
            "(connect-src), or the browser that port, or an https: page has to use wss:"
        )
    return refused


def _is_a(js_value: Any, js_class: Any) -> bool:
    """Return whether a value is an instance of a JavaScript class, by its prototypes."""
    if js_class is None or not isinstance(js_value, JsProxy):
        return False
    return bool(js_class.prototype.isPrototypeOf(js_value))


def js_error(error: BaseException) -> Any:
    """Return the JavaScript error that stands for an exception."""
    if isinstance(error, TypeError):
        return js.TypeError.new(str(error))
    name = error.name if isinstance(error, errors.DOMException) else "OperationError"
    return js.DOMException.new(str(error), name)


def close_info(js_info: Any) -> tuple[int, str]:
    """Return code and reason of a ``WebSocketCloseInfo`` or ``WebSocketError``, 0 for no code.

    Other errors, such as Chromium's ``SecurityError``, have neither.
    """
    code = getattr(js_info, "closeCode", None)
    return (code if isinstance(code, int) else 0), str(getattr(js_info, "reason", ""))
