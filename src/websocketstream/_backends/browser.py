"""The base of the browser's two back ends: URLs, timers, buffers and abort signals are the page's."""

from __future__ import annotations

from .. import _ffi
from .._core.rules import needed_permission


class BrowserBackend:
    """A :class:`~websocketstream._core.transport.Backend` without ``connect()``, for pages."""

    parse_url = staticmethod(_ffi.parse_url)
    call_later = staticmethod(_ffi.call_later)
    as_bytes = staticmethod(_ffi.js_buffer_to_bytes)
    watch_abort = staticmethod(_ffi.watch_abort)
    abort_reason = staticmethod(_ffi.abort_reason)

    def permission(self, url: str) -> _ffi.JsPermission | None:
        name = needed_permission(url, _ffi.page_origin())
        return None if name is None else _ffi.JsPermission(name)
