"""Turns of the event loop, taken by JavaScript alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import js

from .proxies import Scope


class JsTurns:
    """Calls back some turns of the event loop after :meth:`start`; no Python runs in between."""

    def __init__(self, turns: int, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._scope = Scope()
        self._running = False
        js_channels = [js.MessageChannel.new() for _ in range(turns)]
        self._js_posts = [
            js_channel.port1.postMessage.bind(js_channel.port1, None) for js_channel in js_channels
        ]
        js_arrivals = [*self._js_posts[1:], self._scope.keep(self._arrive)]
        for js_channel, js_arrival in zip(js_channels, js_arrivals, strict=True):
            js_channel.port2.onmessage = js_arrival
        self._js_ports = [js_channel.port2 for js_channel in js_channels]

    def start(self) -> None:
        """Start, unless a call is on its way already."""
        if not self._running:
            self._running = True
            self._js_posts[0]()

    def _arrive(self, _event: Any) -> None:
        self._running = False
        self._callback()

    def close(self) -> None:
        """Call back no more."""
        self._running = True
        for js_port in self._js_ports:
            js_port.onmessage = None
            js_port.close()
        self._scope.close()
