"""The only door to JavaScript: nothing else in the package imports ``js`` or ``pyodide``.

It owns every proxy from creation to destruction (:class:`Scope`), turns JavaScript's values and
errors into Python's, and wraps the two browser classes in as few crossings as they allow. Values
that live in JavaScript are named ``js_…``, and camelCase appears here only. There is no JavaScript
source and no ``eval``: the package works under a strict Content-Security-Policy.
"""

from .environment import (
    can_suspend,
    event_loop_class,
    has_jspi,
    has_sockets,
    has_websocket,
    has_websocket_stream,
    in_worker,
    parse_url,
    pyodide_version,
    run_sync,
    sends_headers,
    user_agent,
)
from .fetch import JsFetch, probe
from .policy import JsPolicyWatch
from .proxies import Scope, abort_reason, call_later, watch_abort
from .streams import new_readable, new_writable
from .turns import JsCallSoon, JsTurns
from .values import js_buffer_to_bytes, js_error, js_message, py_message, py_reason
from .websocket import JsWebSocket
from .websocket_stream import JsDeferred, JsSource, JsWebSocketStream

__all__ = [
    "JsCallSoon",
    "JsDeferred",
    "JsFetch",
    "JsPolicyWatch",
    "JsSource",
    "JsTurns",
    "JsWebSocket",
    "JsWebSocketStream",
    "Scope",
    "abort_reason",
    "call_later",
    "can_suspend",
    "event_loop_class",
    "has_jspi",
    "has_sockets",
    "has_websocket",
    "has_websocket_stream",
    "in_worker",
    "js_buffer_to_bytes",
    "js_error",
    "js_message",
    "new_readable",
    "new_writable",
    "parse_url",
    "probe",
    "py_message",
    "py_reason",
    "pyodide_version",
    "run_sync",
    "sends_headers",
    "user_agent",
    "watch_abort",
]
