"""Values and errors, from JavaScript to Python and back."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsBuffer, JsException, JsProxy, to_js

from .. import errors
from .._rules import Message
from .environment import has_websocket_stream


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
            f"a message can't be made of a JavaScript {js_value.constructor.name}: "
            "pass a str, bytes, an ArrayBuffer or a typed array"
        )
    js_buffer: Any = js_value.buffer if js.ArrayBuffer.isView(js_value) else js_value
    if getattr(js_buffer, "resizable", False) or getattr(js_buffer, "growable", False):
        raise TypeError("a message can't be made of a resizable buffer: copy it with slice() first")
    if hasattr(js, "SharedArrayBuffer") and js_buffer.constructor.name == "SharedArrayBuffer":
        raise TypeError("a message can't be made of shared memory: copy it with slice() first")
    data: bytes = js_value.to_bytes()
    return data


def py_reason(js_reason: Any) -> object:
    """Return an abort reason in Python: errors as our own, values as they are."""
    return py_error(js_reason) if isinstance(js_reason, JsException) else js_reason


def py_error(error: JsException) -> Exception:
    """Return the exception of ours that stands for a ``DOMException``; others stay as they are."""
    message = str(getattr(error, "message", error))
    js_error: Any = getattr(error, "js_error", error)
    match getattr(error, "name", ""):
        case "SyntaxError":
            return errors.DOMSyntaxError(message)
        case "SecurityError":
            return errors.SecurityError(message)
        case "InvalidStateError":
            return errors.InvalidStateError(message)
        case "WebSocketError" if _is_websocket_error(js_error):
            code, reason = close_info(js_error)
            return errors.WebSocketError._received(message, code or None, reason)
        case _:
            return error


def _is_websocket_error(js_error: Any) -> bool:
    """Whether it is one by class: look-alikes don't count."""
    if not has_websocket_stream():
        return False
    return bool(js.Object.getPrototypeOf(js_error) == js.WebSocketError.prototype)


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
