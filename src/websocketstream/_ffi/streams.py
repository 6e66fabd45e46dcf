"""JavaScript streams whose other end is Python."""

from __future__ import annotations

from typing import Any

import js

from .values import js_object


def new_readable(**source: Any) -> Any:
    """Return a ``ReadableStream`` that keeps nothing of its own."""
    return js.ReadableStream.new(js_object(**source), js_object(highWaterMark=0))


def new_writable(**sink: Any) -> Any:
    """Return a ``WritableStream``."""
    return js.WritableStream.new(js_object(**sink))
