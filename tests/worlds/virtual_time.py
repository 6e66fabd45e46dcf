"""An event loop in which waiting takes no time, for a world in which nothing else does."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

TURN = 20e-6
"""Seconds that a turn of the loop takes by its clock: who asks again and again sees time pass."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer when there is nothing to do, and raises when there is no timer either."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and nothing is left that could happen")
        self._loop.now += TURN if ready else max(timeout or 0, TURN)
        return ready


def in_virtual_time[**P](test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let a test run on such a loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
