"""When to connect again after a failure, and when to give up; for both clients."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator
from typing import Protocol

from .typing import LoggerLike


class Connecter(Protocol):
    """What ``connect()`` was told about it."""

    process_exception: Callable[[Exception], Exception | None]
    reconnect_delays: Callable[[], Generator[float]]
    logger: LoggerLike


class Retrying:
    """The delays of one iteration over ``connect()``."""

    def __init__(self, connecter: Connecter) -> None:
        self._connecter = connecter
        self._delays: Generator[float] | None = None

    def succeeded(self) -> None:
        """Start the delays anew."""
        self._delays = None

    def failed(self, exc: Exception) -> float:
        """Return how many seconds to wait before the next attempt, or raise what ends it all."""
        try:
            verdict = self._connecter.process_exception(exc)
        except Exception as raised:
            verdict = raised
        if verdict is exc:
            raise exc
        if verdict is not None:
            raise verdict from exc
        if self._delays is None:
            self._delays = self._connecter.reconnect_delays()
        delay = next(self._delays)
        reason = traceback.format_exception_only(exc)[0].strip()
        self._connecter.logger.info("connect failed; reconnecting in %.1f seconds: %s", delay, reason)
        return delay
