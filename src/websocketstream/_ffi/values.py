"""Values, errors and streams, from JavaScript to Python and back."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsBuffer, JsDoubleProxy, JsException, JsProxy, to_js

from .. import errors
from .._core.rules import Message, redact

LARGE = 256 * 1024
"""From this size on copying a message twice costs more than a proxy for it."""

MAX_STAGED = 4 * 1024 * 1024
"""Larger messages get a buffer of their own, which is not kept."""


def js_object(**fields: Any) -> JsProxy:
    """Return a plain JavaScript object."""
    js_fields: JsProxy = to_js(fields, dict_converter=js.Object.fromEntries, depth=1)
    return js_fields


def new_readable(**source: Any) -> Any:
    """Return a ``ReadableStream`` that keeps nothing of its own."""
    return js.ReadableStream.new(js_object(**source), js_object(highWaterMark=0))


def new_writable(**sink: Any) -> Any:
    """Return a ``WritableStream``."""
    return js.WritableStream.new(js_object(**sink))


def js_message(message: Message) -> Any:
    """Return a message as JavaScript wants it: a string, or a ``Uint8Array`` of its own."""
    return message if isinstance(message, str) else to_js(message)


class JsStage:
    """A JavaScript buffer that one message after the other is copied into, for want of allocation.

    A new ``Uint8Array`` for each message costs ten times as much as the copy.
    """

    def __init__(self) -> None:
        self._capacity = self._size = -1

    def js_message(self, message: Message) -> Any:
        """Return a message as JavaScript wants it. Binary is valid until the next call."""
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
    """Return how many characters or bytes a received message has."""
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
    # One crossing for all of them: buffers become copies, which are copied again.
    messages: list[Any] = js_values.to_py()
    return [message if type(message) is str else message.tobytes() for message in messages]


def js_buffer_to_bytes(value: object) -> bytes | None:
    """Copy an ``ArrayBuffer`` or a view of one; ``None`` for what is not JavaScript's.

    Raises:
        TypeError: it is JavaScript's, but not a buffer that can be sent.
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

    Pyodide gives a ``JsException`` for one that was thrown, and a plain proxy for one that is an
    argument or an attribute.
    """
    js_error = getattr(error, "js_error", error)
    name, message = str(error.name), str(error.message)
    if _is_a(js_error, getattr(js, "WebSocketError", None)):
        code, reason = close_info(js_error)
        return errors.WebSocketError._received(message, code or None, reason)
    if name == "NS_ERROR_CONTENT_BLOCKED":
        # Firefox's own, where others have a SecurityError.
        return errors.SecurityError("The page's policy forbids it.")
    if not _is_a(js_error, js.DOMException):
        return error  # type: ignore[no-any-return]
    kinds = (errors.DOMSyntaxError, errors.SecurityError, errors.InvalidStateError, errors.AbortError)
    made = next((kind for kind in kinds if kind.name == name), errors.DOMException)(message)
    made.name = name
    return made


def refusal(error: JsException, url: str) -> Exception:
    """Return the exception for a constructor that refuses to connect to ``url``."""
    refused = py_error(error)
    if isinstance(refused, errors.SecurityError):
        # Some browsers say no more than that it is insecure.
        refused.message = (
            f"the page may not connect to {redact(url)}: its Content-Security-Policy forbids that "
            "(connect-src), or the browser that port, or an https: page has to use wss:"
        )
    return refused


def _is_a(js_value: Any, js_class: Any) -> bool:
    """Whether it is an instance of that JavaScript class: look-alikes don't count."""
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
    """Return code and reason of a ``WebSocketCloseInfo`` or ``WebSocketError``; 0: no code.

    Other errors, such as Chromium's ``SecurityError``, have neither.
    """
    code = getattr(js_info, "closeCode", None)
    return (code if isinstance(code, int) else 0), str(getattr(js_info, "reason", ""))
