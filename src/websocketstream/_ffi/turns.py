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
    """Calls back some turns of the event loop after :meth:`start`; no Python runs in between.

    The channels that it takes are made when it is started first: many a connection never does.
    """

    def __init__(self, turns: int, callback: Callable[[], None]) -> None:
        self._turns = turns
        self._callback = callback
        self._scope = Scope()
        self._running = False
        self._js_posts: list[Any] = []
        self._js_ports: list[Any] = []

    def start(self) -> None:
        """Start, unless a call is on its way already."""
        if not self._running:
            self._running = True
            if not self._js_posts:
                self._open()
            self._js_posts[0]()

    def _open(self) -> None:
        js_channels = [js.MessageChannel.new() for _ in range(self._turns)]
        self._js_posts = [
            js_channel.port1.postMessage.bind(js_channel.port1, None) for js_channel in js_channels
        ]
        js_arrivals = [*self._js_posts[1:], self._scope.keep(self._arrive)]
        for js_channel, js_arrival in zip(js_channels, js_arrivals, strict=True):
            js_channel.port2.onmessage = js_arrival
        self._js_ports = [js_channel.port2 for js_channel in js_channels]

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
    """Calls back in a microtask: when what JavaScript runs at the moment has returned.

    With JSPI the call takes a turn of Pyodide's event loop more, for Pyodide's sake: what is called
    can use ``run_sync``.
    """

    def __init__(self) -> None:
        self._calls: deque[tuple[Callable[[], object], Context]] = deque()
        self._scope = Scope()
        self._js_arrive = self._scope.keep(self._arrive, may_suspend=True)
        self._arriving = 0
        self._holding = self._closed = False

    def __call__(self, callback: Callable[[], object], context: Context) -> None:
        if self._closed:
            asyncio.get_running_loop().call_soon(callback, context=context)
            return
        self._calls.append((callback, context))
        if not self._holding:
            self._queue()

    def hold(self) -> None:
        """Wait with what is to be called until :meth:`release`, which follows."""
        self._holding = True

    def release(self) -> None:
        """Call it now, as the last thing that a callback of JavaScript's does."""
        self._holding = False
        if self._calls:
            # Before the call, which may suspend until who knows when.
            for _ in range(len(self._calls) - 1):
                self._queue()
            self._call()

    def close(self) -> None:
        """Leave what is to be called to asyncio's loop."""
        if not self._closed:
            self._closed = True
            while self._calls:
                self(*self._calls.popleft())
            self._end()

    def _queue(self) -> None:
        self._arriving += 1
        js.queueMicrotask(self._js_arrive)

    def _arrive(self) -> None:
        self._arriving -= 1
        if self._closed:
            self._end()
        elif self._calls:
            self._call()

    def _call(self) -> None:
        callback, context = self._calls.popleft()
        context.run(callback)

    def _end(self) -> None:
        # What is queued will arrive, and has to find the proxy.
        if not self._arriving:
            self._scope.close()
