"""The base of the browser's two back ends: what they have of the page, and its HTTP requests."""

from __future__ import annotations

from typing import Literal

from .. import _ffi
from .._core.outage import ask_over_http, http_url
from .._core.rules import needed_permission

SERVER_IS_DOWN = (502, 503, 504)
"""Statuses with which a proxy answers in the place of its server."""

EAGER_DELIVERIES = 8
"""Number of messages that resume a reader at once before polls check whether there is a burst."""

BACKLOG_LIMITS = {256: 0, 8: 64 * 1024}
"""Lengths at which the backlog of a burst is taken without waiting for the poll.

The value is the size of the last message, in bytes or characters, from which the limit applies: of large
messages fewer may wait than of small ones.
"""


class BrowserBackend:
    """A :class:`~websocketstream._core.transport.Backend` without ``connect()``, for pages."""

    parse_url = staticmethod(_ffi.parse_url)
    call_later = staticmethod(_ffi.call_later)
    as_bytes = staticmethod(_ffi.js_buffer_to_bytes)
    watch_abort = staticmethod(_ffi.watch_abort)
    watch_online = staticmethod(_ffi.watch_online)
    abort_reason = staticmethod(_ffi.abort_reason)

    def permission(self, url: str) -> _ffi.JsPermission | None:
        name = needed_permission(url, _ffi.page_url())
        # Firefox asks its user before an HTTP request, but not before a WebSocket.
        return None if name is None or "Firefox/" in _ffi.user_agent() else _ffi.JsPermission(name)

    async def is_reachable(self, url: str) -> bool:
        if needed_permission(url, _ffi.page_url()):
            return True  # The request would make Firefox ask its user.
        url = http_url(url)
        # On the page's own origin the status can be seen.
        own = url.startswith(f"{_ffi.page_origin()}/")
        mode: Literal["cors", "no-cors"] = "cors" if own else "no-cors"
        policy = _ffi.JsPolicyWatch()
        try:
            status = await ask_over_http(url, _ffi.probe, mode)
            # A policy may allow the WebSocket but not the request.
            forbidden = policy.directive_against(url) is not None
        finally:
            policy.close()
        return forbidden or not (status is None or status in SERVER_IS_DOWN)
