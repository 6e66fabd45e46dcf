"""The timer of a connection."""

from __future__ import annotations

from collections.abc import Callable

from .transport import Guard


class Timer:
    """One call at a time that is due later, by a back end's ``call_later``.

    ``guard`` is for what the back end raises.
    """

    def __init__(
        self, call_later: Callable[[float, Callable[[], None]], Callable[[], None]], guard: Guard
    ) -> None:
        self._call_later = call_later
        self._guard = guard
        self._cancel: Callable[[], None] = lambda: None
        self._closed = False

    def set(self, seconds: float | None, callback: Callable[[], None]) -> None:
        """Call ``callback`` after that time, ``None``: never, instead of what was set before."""

        def expired() -> None:
            if not self._closed:  # It may not have been possible to cancel it.
                callback()

        with self._guard:
            self._cancel()
            if seconds is not None and not self._closed:
                self._cancel = self._call_later(seconds, expired)

    def close(self) -> None:
        """Cancel the call, and set no other one."""
        self._closed = True
        with self._guard:
            self._cancel()
