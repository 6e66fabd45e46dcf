"""The options of ``install()``, and what the gateway needs of the browser besides a back end.

What comes from the browser is a callable, so that the gateway runs without one, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .._core.options import DEFAULTS, BackendName, Overflow
from .._core.transport import Backend
from .headers import HeadersHook

StartFetch = Callable[..., Any]
"""Starts a request; see :class:`websocketstream._ffi.JsFetch`. It calls back later, never at once."""

Cancel = Callable[[], object]
"""Calls off what a function has started. Calling it again, or too late, does nothing."""

Probe = Callable[[str, Literal["cors", "no-cors"], float, Callable[[int | None], None]], Cancel]
"""Asks whether a server is at a URL; see :func:`websocketstream._ffi.probe`."""

CallLater = Callable[[float, Callable[[], None]], Cancel]
"""Calls a function after that many seconds; see :func:`websocketstream._ffi.call_later`."""


def start_timer(seconds: float, callback: Callable[[], None]) -> Cancel:
    """Call ``callback`` after that time, by the timers of the event loop."""
    return asyncio.get_running_loop().call_later(seconds, callback).cancel


def nothing_to_cancel() -> None:
    """Call nothing off."""


@dataclass(frozen=True)
class Options:
    """What ``install()`` was given."""

    backend: BackendName | Backend = "safe"
    headers_to: HeadersHook | None = None
    fetch: StartFetch | None = None
    """``None``: requests that are no upgrade are refused."""
    probe: Probe | None = None
    """``None``: a handshake that failed is answered without asking why."""
    forbidden_by: Callable[[str], str | None] | None = None
    """Returns the directive of the page's policy that has forbidden a URL, or ``None``."""
    call_later: CallLater = start_timer
    idle_timeout: float | None = None
    high_water_mark: int = DEFAULTS.high_water_mark
    overflow: Overflow = DEFAULTS.overflow
    suspects: set[str] = field(default_factory=set, compare=False)
    """Origins at which the last connection was refused or lost; see :mod:`.refusal`."""
