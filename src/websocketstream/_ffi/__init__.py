"""The only door to JavaScript: nothing else in the package imports ``js`` or ``pyodide``.

It owns every proxy from creation to destruction (:class:`Scope`), converts values and errors between
JavaScript and Python, and wraps the two browser classes with as few calls between the languages as
possible, because those are the main cost of a message. Values that live in JavaScript are named
``js_…``, and camelCase appears here only. There is no JavaScript source and no ``eval``: the package
works under a strict Content-Security-Policy.
"""

from .environment import can_suspend as can_suspend
from .environment import event_loop_class as event_loop_class
from .environment import has as has
from .environment import has_jspi as has_jspi
from .environment import has_sockets as has_sockets
from .environment import is_online as is_online
from .environment import page_origin as page_origin
from .environment import page_url as page_url
from .environment import parse_url as parse_url
from .environment import pyodide_version as pyodide_version
from .environment import run_sync as run_sync
from .environment import sends_headers as sends_headers
from .environment import user_agent as user_agent
from .fetch import JsFetch as JsFetch
from .fetch import probe as probe
from .policy import JsPermission as JsPermission
from .policy import JsPolicyWatch as JsPolicyWatch
from .proxies import abort_reason as abort_reason
from .proxies import call_later as call_later
from .proxies import watch_abort as watch_abort
from .proxies import watch_online as watch_online
from .proxies import watch_page as watch_page
from .turns import JsCallSoon as JsCallSoon
from .turns import JsTurns as JsTurns
from .values import js_buffer_to_bytes as js_buffer_to_bytes
from .values import py_message as py_message
from .websocket import JsWebSocket as JsWebSocket
from .websocket_stream import JsSource as JsSource
from .websocket_stream import JsWebSocketStream as JsWebSocketStream
