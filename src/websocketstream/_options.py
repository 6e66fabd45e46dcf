"""Checks of the options that streams and the gateway share."""

from __future__ import annotations

from ._connection import Overflow
from ._transport import Backend
from .support import BackendName, select_backend

DEFAULT_HIGH_WATER_MARK = 16 * 1024 * 1024


def resolve_backend(backend: BackendName | Backend) -> Backend:
    """Return the back end that is named, or the one that is given."""
    chosen = select_backend(backend) if isinstance(backend, str) else backend
    if not hasattr(chosen, "connect"):
        raise TypeError(f"backend must be a name or a back end, not {type(backend).__name__}")
    return chosen


def check_mark(value: int) -> None:
    """Raise unless ``value`` is a high-water mark in bytes."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"high_water_mark must be an int, not {type(value).__name__}")
    if value <= 0:
        raise ValueError(f"high_water_mark must be at least 1 byte, not {value}")


def check_timeout(name: str, value: float | None) -> None:
    """Raise unless ``value`` is a number of seconds, or ``None`` for no limit."""
    if value is None:
        return
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds or None, not {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise ValueError(
            f"{name} must be a positive number of seconds, or None for no limit: not {value}"
        )


def check_overflow(value: Overflow) -> None:
    """Raise unless ``value`` names what to do at the high-water mark."""
    if value not in ("buffer", "error"):
        raise ValueError(f"overflow must be 'buffer' or 'error', not {value!r}")
