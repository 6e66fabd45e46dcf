"""The environment of the stress tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from websocketstream import WebSocketStream

from ..env import BrowserEnv

LATE = 5.0
"""Seconds more than its own time limit that anything may take, on a machine that is busy."""


class MeasuringEnv(BrowserEnv):
    """A page or a worker, with options from the test and figures for its report."""

    def __init__(self, *, options: dict[str, Any], **where: str) -> None:
        super().__init__(**where | {"backend": options.get("backend", where["backend"])})
        self.asked = options
        """The options of the test."""
        self.figures: dict[str, Any] = {}
        self.expects: tuple[str, ...] = ()
        """Warnings and console lines that belong to what was asked for."""


class StressEnv(MeasuringEnv):
    """The environment of the stress tests of the package's own stream."""

    def __init__(self, *, proxy: str, options: dict[str, Any], **where: str) -> None:
        super().__init__(options=options, **where)
        self.proxy = proxy
        """The server's URL through the proxy that does what networks do."""

    def faulty(self, fault: str, path: str, **options: Any) -> WebSocketStream:
        """Connect to a route of the server over a network with a fault."""
        url = self.url(path, f"{self.proxy}/~{fault}")
        stream = WebSocketStream(url, backend=self.backend, **options)
        if "settled=1" in path:
            stream.opened.when_settled(lambda: self._say_that_it_is_open(stream))
        return stream


async def within[T](seconds: float, awaitable: Awaitable[T]) -> T:
    """Await something that must end by itself within that time."""
    async with asyncio.timeout(seconds + LATE):
        return await awaitable
