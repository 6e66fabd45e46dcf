"""The options of ``install()``, and the functions of the browser that the gateway calls.

The functions are options, too, so that the gateway and its tests run outside a browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._core.options import DEFAULTS, BackendName, Overflow
from .._core.outage import Outages, Probe
from .._core.transport import Backend, start_timer
from .headers import HeadersHook

StartFetch = Callable[..., Any]
"""A function that starts a request and calls back later, like :class:`websocketstream._ffi.JsFetch`."""

Cancel = Callable[[], object]
"""A function that cancels what another has started. It does nothing when called again or too late."""

CallLater = Callable[[float, Callable[[], None]], Cancel]
"""A function that calls another after some seconds, like :func:`websocketstream._ffi.call_later`."""


def nothing_to_cancel() -> None:
    """Do nothing: the :data:`Cancel` of something that has not started."""


@dataclass(frozen=True)
class Options:
    """The options of ``install()``, checked."""

    backend: BackendName | Backend = "safe"
    headers_to: HeadersHook | None = None
    fetch: StartFetch | None = None
    """The function that starts requests other than upgrades; with ``None`` those are refused."""
    probe: Probe | None = None
    """The function that asks, after a failure, whether a server is there; ``None``: unknown."""
    forbidden_by: Callable[[str], str | None] | None = None
    """The function that returns the directive of the page's policy that has forbidden a URL, if any."""
    page: str | None = None
    """The page's origin; ``None`` outside a page."""
    call_later: CallLater = start_timer
    idle_timeout: float | None = None
    high_water_mark: int = DEFAULTS.high_water_mark
    overflow: Overflow = DEFAULTS.overflow
    unreachable_origins: Outages = field(default_factory=Outages, compare=False)
    """Origins where the last connection was refused or lost; see :mod:`.refusal`."""
