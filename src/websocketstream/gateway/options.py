"""The options of ``install()``, as the gateway's parts see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .._connection import Overflow
from .._transport import Backend
from ..support import BackendName, select_backend
from .headers import HeadersHook


class Fetch(Protocol):
    """A request under way; see :class:`websocketstream._ffi.JsFetch`."""

    def read(self) -> None:
        """Ask for the next piece of the body, or its end."""

    def close(self) -> None:
        """Abort what is under way, and report nothing more."""


class StartFetch(Protocol):
    """Starts a request."""

    def __call__(
        self,
        url: str,
        *,
        method: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        on_head: Callable[[int, str, list[tuple[str, str]]], None],
        on_piece: Callable[[bytes | None], None],
        on_error: Callable[[Exception], None],
    ) -> Fetch: ...


Probe = Callable[
    [str, Literal["cors", "no-cors"], float, Callable[[int | None], None]], Callable[[], None]
]
"""Asks whether a server is at a URL; see :func:`websocketstream._ffi.probe`."""


@dataclass(frozen=True)
class Options:
    """What ``install()`` was given."""

    backend: BackendName | Backend = "safe"
    headers_to: HeadersHook | None = None
    fetch: StartFetch | None = None
    """``None``: requests that are no upgrade are refused."""
    probe: Probe | None = None
    """``None``: a handshake that failed is answered without asking why."""
    idle_timeout: float | None = None
    high_water_mark: int = 16 * 1024 * 1024
    overflow: Overflow = "buffer"
    suspects: set[str] = field(default_factory=set, compare=False)
    """Origins at which the last connection was refused or lost; see :mod:`.refusal`."""

    def select_backend(self) -> Backend:
        """Return the back end for a connection."""
        return select_backend(self.backend) if isinstance(self.backend, str) else self.backend
