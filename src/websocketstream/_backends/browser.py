"""The base of the browser's two back ends: URLs, timers, buffers and abort signals are the page's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _ffi


class BrowserBackend:
    """A :class:`~websocketstream._core.transport.Backend` without ``connect()``, for pages."""

    def parse_url(self, url: str) -> str | None:
        return _ffi.parse_url(url)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        return _ffi.call_later(seconds, callback)

    def as_bytes(self, chunk: object) -> bytes | None:
        return _ffi.js_buffer_to_bytes(chunk)

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        return _ffi.watch_abort(signal, callback)

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        return _ffi.abort_reason(signal)
