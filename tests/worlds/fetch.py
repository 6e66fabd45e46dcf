"""Substitutes for `_ffi.JsFetch` on CPython: its arguments as a base class, and a fake."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(eq=False)
class FetchRequest:
    """A request with the callbacks that report on it, as the gateway gives them to `_ffi.JsFetch`."""

    url: str
    _: KW_ONLY
    method: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    on_head: Callable[[int, str, list[tuple[str, str]]], None]
    on_piece: Callable[[bytes | None], None]
    on_error: Callable[[Exception], None]

    def __post_init__(self) -> None:
        """Start it; subclasses say how."""


class FakeFetch(FetchRequest):
    """A request that the test answers."""

    asked = 0
    """The number of pieces of the body that the gateway waits for."""
    closed = False

    def read(self) -> None:
        assert not self.closed
        self.asked += 1

    def close(self) -> None:
        self.closed = True

    def answer(self, status: int = 200, reason: str = "", *headers: tuple[str, str]) -> None:
        """Send the head of the response."""
        assert not self.closed
        self.on_head(status, reason, list(headers))

    def send(self, *pieces: bytes | None) -> None:
        """Send pieces of the body that the gateway waits for; `None` is the end of the body."""
        for piece in pieces:
            assert self.asked and not self.closed, "nobody has asked for it"
            self.asked -= 1
            self.on_piece(piece)

    def fail(self) -> None:
        """Break off the response, or the request if no response has begun."""
        assert not self.closed
        self.on_error(TypeError("Failed to fetch"))


class FakeFetches:
    """Starts fake requests, and keeps them for the test."""

    def __init__(self) -> None:
        self.requests: list[FakeFetch] = []

    def __call__(self, url: str, **options: Any) -> FakeFetch:
        self.requests.append(FakeFetch(url, **options))
        return self.requests[-1]
