"""The options of connections: their types, defaults and checks, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

if TYPE_CHECKING:
    from .transport import Backend, HeaderFields

BackendName = Literal["auto", "safe", "native", "polyfill", "cpython"]
"""The name of a back end, or of a rule to choose one."""

Overflow = Literal["buffer", "error"]
"""The reaction to a full receive buffer where the server can't be held back."""


class SyncOptions(TypedDict, total=False):
    """The options of :func:`websocketstream.sync.connect`."""

    protocols: str | Iterable[str]
    signal: Any
    headers: Mapping[str, str] | HeaderFields
    backend: BackendName | Backend
    high_water_mark: int
    send_high_water_mark: int
    overflow: Overflow
    open_timeout: float | None
    close_timeout: float | None
    idle_timeout: float | None


class StreamOptions(SyncOptions, total=False):
    """The options of :class:`~websocketstream.WebSocketStream`, which describes them.

    :func:`~websocketstream.reconnect` takes the same ones.
    """

    run_sync: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """The options of the connection itself.

    Raises:
        TypeError: an option is of the wrong type.
        ValueError: an option is out of range.
    """

    high_water_mark: int = 16 * 1024 * 1024
    send_high_water_mark: int = 1024 * 1024
    overflow: Overflow = "buffer"
    open_timeout: float | None = 60
    close_timeout: float | None = 10
    idle_timeout: float | None = None
    run_sync: bool = True

    def __post_init__(self) -> None:
        _check_mark("high_water_mark", self.high_water_mark)
        _check_mark("send_high_water_mark", self.send_high_water_mark)
        _check_timeout("open_timeout", self.open_timeout)
        _check_timeout("close_timeout", self.close_timeout)
        _check_timeout("idle_timeout", self.idle_timeout)
        if self.overflow not in ("buffer", "error"):
            raise ValueError(f"overflow must be 'buffer' or 'error', not {self.overflow!r}")
        if not isinstance(self.run_sync, bool):
            raise TypeError(f"run_sync must be True or False, not {type(self.run_sync).__name__}")


def check_backend_name(name: object) -> None:
    """Raise ValueError for a string that is not the name of a back end."""
    names = get_args(BackendName)
    if isinstance(name, str) and name not in names:
        raise ValueError(f"backend must be one of {', '.join(map(repr, names))}, not {name!r}")


def _check_mark(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value <= 0:
        raise ValueError(f"{name} must be at least 1 byte, not {value}")


def _check_timeout(name: str, value: float | None) -> None:
    if value is None:
        return
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds or None, not {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise ValueError(
            f"{name} must be a positive number of seconds, or None for no limit: not {value}"
        )


DEFAULTS = ConnectionOptions()
