"""Values and errors, from JavaScript to Python and back."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsBuffer, JsDoubleProxy, JsException, JsProxy, to_js

from .. import errors
from .._rules import Message


def js_object(**fields: Any) -> JsProxy:
    """Return a plain JavaScript object."""
    js_fields: JsProxy = to_js(fields, dict_converter=js.Object.fromEntries, depth=1)
    return js_fields


def js_message(message: Message) -> Any:
    """Return a message as JavaScript wants it: a string, or a ``Uint8Array`` of its own."""
    return message if isinstance(message, str) else to_js(message)


def py_message(js_value: Any) -> Message:
    """Return a received message: ``str`` for a string, ``bytes`` for a buffer."""
    message: Message = js_value if isinstance(js_value, str) else js_value.to_bytes()
    return message


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
    if not _is_a(js_error, js.DOMException):
        return error  # type: ignore[no-any-return]
    kinds = (errors.DOMSyntaxError, errors.SecurityError, errors.InvalidStateError, errors.AbortError)
    made = next((kind for kind in kinds if kind.name == name), errors.DOMException)(message)
    made.name = name
    return made


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
    """Return code and reason of a ``WebSocketCloseInfo`` or ``WebSocketError``; 0: no code."""
    code = js_info.closeCode
    return (code if isinstance(code, int) else 0), str(js_info.reason)
