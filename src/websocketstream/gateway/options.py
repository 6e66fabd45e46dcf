"""The options of ``install()``, as the gateway's parts see them."""

from __future__ import annotations

from dataclasses import dataclass

from .._connection import Overflow
from .._transport import Backend
from ..support import BackendName, select_backend
from .headers import HeadersHook


@dataclass(frozen=True)
class Options:
    """What ``install()`` was given."""

    backend: BackendName | Backend = "safe"
    headers_to: HeadersHook | None = None
    fetch: bool = True
    probe: bool = True
    idle_timeout: float | None = None
    high_water_mark: int = 16 * 1024 * 1024
    overflow: Overflow = "buffer"

    def select_backend(self) -> Backend:
        """Return the back end for a connection."""
        return select_backend(self.backend) if isinstance(self.backend, str) else self.backend
