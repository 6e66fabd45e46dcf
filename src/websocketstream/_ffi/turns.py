"""Calls in a later turn of the event loop, or in a microtask, with few calls into Python.

A turn is one task of the browser's event loop. Microtasks run as soon as the current callback has
returned, before the next task. A message to a ``MessageChannel`` is a task that browsers do not delay,
unlike a timer of 0 ms.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any

import js

from .._core.promise import Step
from .environment import has_jspi
from .proxies import Scope


class JsTurns:
    """A callback that runs a number of turns after :meth:`start`.

    Each turn is a ``MessageChannel`` whose ``onmessage`` is the next one's ``postMessage``, bound to
    it. So Python is called once, in the last turn. The channels are made at the first start, because
    many connections never need them.
    """

    def __init__(
        self, turns: int, callback: Callable[[], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._turns = turns
        self._callback = callback
        self._scope = Scope(on_error)
        self._running = False
        self._js_posts: list[Any] = []
        self._js_ports: list[Any] = []

    def start(self) -> None:
        """Start, unless a call is due already."""
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
        """Cancel the call that is due, and ignore further starts."""
        self._running = True  # so that start() does nothing
        for js_port in self._js_ports:
            js_port.onmessage = None
            js_port.close()
        self._scope.close()


class JsCallSoon:
    """A ``call_soon()`` whose callbacks run in microtasks.

    asyncio's own makes a proxy for each callback, which costs 0.15 to 0.2 ms. With ``run_sync`` the
    callbacks can call ``run_sync()`` where the browser has JSPI: then they are called through
    ``callPromising``, which takes a turn of Pyodide's event loop before.

    Where JavaScript has called Python anyway, :meth:`run_now` saves the microtask.
    """

    def __init__(self, *, run_sync: bool) -> None:
        self.delayed: bool = run_sync and has_jspi()
        """``True`` if a callback runs a turn later, because it may call ``run_sync()``."""
        self._calls: deque[tuple[Step, Any, Context]] = deque()
        self._scope = Scope()
        js_arrive = self._scope.keep(self._arrive, run_sync=run_sync)
        self._js_queue = js.queueMicrotask.bind(None, js_arrive)
        self._arriving = 0
        self._holding = self._closed = False

    def __call__(self, step: Step, argument: Any, context: Context) -> None:
        if self._closed:
            asyncio.get_running_loop().call_soon(step, argument, context=context)
            return
        if not self._holding:
            self._queue()  # First: if it raises, the caller finds another way.
        self._calls.append((step, argument, context))

    def run_now[T](self, function: Callable[[T], object], argument: T) -> None:
        """Call ``function``, then the first callback, and schedule the others.

        Do nothing after it: the callback may suspend the call.
        """
        self._holding = True
        try:
            function(argument)
        finally:
            self._holding = False
            if self._calls:
                # First schedule the others, because the call may be suspended for any length of time.
                for _ in range(len(self._calls) - 1):
                    self._queue()
                self._call()

    def close(self) -> None:
        """Hand the callbacks that wait, and later ones, to asyncio's event loop."""
        if not self._closed:
            self._closed = True
            while self._calls:
                self(*self._calls.popleft())
            self._end()

    def _queue(self) -> None:
        self._js_queue()
        self._arriving += 1

    def _arrive(self) -> None:
        self._arriving -= 1
        if self._closed:
            self._end()
        elif self._calls:
            self._call()

    def _call(self) -> None:
        step, argument, context = self._calls.popleft()
        context.run(step, argument)

    def _end(self) -> None:
        # Each microtask that was queued still calls the proxy, so the last one destroys it.
        if not self._arriving:
            self._scope.close()
