"""Turns of the event loop, taken by JavaScript alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any

import js

from .proxies import Scope


class JsTurns:
    """Calls back some turns of the event loop after :meth:`start`; no Python runs in between."""

    def __init__(self, turns: int, callback: Callable[[], None], *, may_suspend: bool = False) -> None:
        self._callback = callback
        self._scope = Scope()
        self._running = False
        js_channels = [js.MessageChannel.new() for _ in range(turns)]
        self._js_posts = [
            js_channel.port1.postMessage.bind(js_channel.port1, None) for js_channel in js_channels
        ]
        js_arrivals = [*self._js_posts[1:], self._scope.keep(self._arrive, may_suspend=may_suspend)]
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


class JsCallSoon:
    """Calls back in the next turn of the event loop, several times quicker than Pyodide's loop does."""

    def __init__(self) -> None:
        self._calls: deque[tuple[Callable[[], object], Context]] = deque()
        self._turn: JsTurns | None = JsTurns(1, self._arrived, may_suspend=True)

    def __call__(self, callback: Callable[[], object], context: Context) -> None:
        if self._turn is None:
            asyncio.get_running_loop().call_soon(callback, context=context)
        else:
            self._calls.append((callback, context))
            self._turn.start()

    def _arrived(self) -> None:
        if not self._calls:
            return  # closed meanwhile: what may suspend starts a little after it has arrived
        callback, context = self._calls.popleft()
        if self._calls and self._turn is not None:
            # Before the call, which may suspend until who knows when.
            self._turn.start()
        context.run(callback)

    def close(self) -> None:
        """Leave what is to be called to asyncio's loop."""
        if self._turn is not None:
            self._turn.close()
            self._turn = None
            while self._calls:
                self(*self._calls.popleft())
