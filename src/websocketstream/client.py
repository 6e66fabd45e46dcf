"""Reconnecting, as :mod:`websockets.client` has it; its own functions where it is installed."""

from __future__ import annotations

import os
import random
from collections.abc import Generator

from ._adopt import adopt

__all__ = ["backoff", "process_exception"]


def _seconds(name: str, default: float) -> float:
    return float(os.environ.get(f"WEBSOCKETS_BACKOFF_{name}", default))


def backoff(
    initial_delay: float = _seconds("INITIAL_DELAY", 5),
    min_delay: float = _seconds("MIN_DELAY", 3.1),
    max_delay: float = _seconds("MAX_DELAY", 90),
    factor: float = _seconds("FACTOR", 1.618),
) -> Generator[float]:
    """Yield how many seconds to wait before each attempt to connect again, without end.

    The first is random, up to ``initial_delay``; then they grow by ``factor`` up to ``max_delay``.
    """
    yield random.random() * initial_delay
    delay = min_delay
    while delay < max_delay:
        yield delay
        delay *= factor
    while True:
        yield max_delay


def process_exception(exc: Exception) -> Exception | None:
    """Tell whether to try again (``None``) or to give up (an exception to raise).

    Network errors are worth another try, everything else is not. A browser does not tell a network
    error from an HTTP error, so a failed handshake counts as the first.
    """
    return None if isinstance(exc, OSError) else exc


adopt(globals())
