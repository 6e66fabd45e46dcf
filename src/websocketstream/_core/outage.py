"""Outages of a server: a question over HTTP whether it is back, before a WebSocket is tried again.

Browsers delay the WebSockets of a page whose attempts have failed. Firefox waits longer after each
failure, up to a minute, and Chromium up to five seconds after many. HTTP requests are not delayed. So
after a failure an attempt is made only if something answers over HTTP.

There are servers that don't answer plain HTTP requests. Therefore an attempt is made without an answer,
too, but rarely enough for the delays to stay short.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal

from .promise import Promise

PROBE_SECONDS = 2.0
"""Time after which a request counts as answered: nothing has refused it."""

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 120.0
"""Time until an attempt without an answer. Firefox forgets a failure after one minute and its delay."""

Probe = Callable[
    [str, Literal["cors", "no-cors"], float, Callable[[int | None], None]], Callable[[], object]
]
"""A function that asks whether a server is at a URL, like :func:`websocketstream._ffi.probe`."""


class Outage:
    """A server that could not be connected to, since the time ``now``."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._due = now + FIRST_SECONDS

    def is_due(self, now: float) -> bool:
        """Return whether to try a WebSocket though nothing may answer over HTTP.

        After ``True`` it is not until the outage has lasted twice as long, or two minutes later.
        """
        if now < self._due:
            return False
        self._due = now + min(now - self._began, LONGEST_SECONDS)
        return True


class Outages(dict[str, Outage]):
    """The origins where the last connection was refused or lost."""

    def add(self, origin: str) -> None:
        self.setdefault(origin, Outage(time.monotonic()))

    def discard(self, origin: str) -> None:
        self.pop(origin, None)

    def is_spared(self, origin: str) -> bool:
        """Return whether to make no attempt at ``origin`` unless something answers there."""
        return origin in self and not self[origin].is_due(time.monotonic())


def http_url(url: str) -> str:
    """Return the URL at which to ask over HTTP for a WebSocket's, without user name and password."""
    return re.sub(r"^(?:ws|http)(s?://)(?:[^/?#]*@)?", r"http\1", url)


async def ask_over_http(
    url: str, probe: Probe, *modes: Literal["cors", "no-cors"], seconds: float = PROBE_SECONDS
) -> int | None:
    """Ask over HTTP whether a server is at ``url``, in one mode after the other until one answers.

    ``seconds``: the time after which a request counts as answered.

    Returns:
        The status, 0 if the page may not see it, ``None`` if nothing answers.
    """
    for mode in modes:
        answered: Promise[int | None] = Promise()
        cancel = probe(url, mode, seconds, answered.resolve)
        try:
            status = await answered
        finally:
            cancel()
        if status is not None:
            return status
    return None
