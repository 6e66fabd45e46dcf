"""A verdict on a flood: one sentence and its tone. Pure Python."""

from collections.abc import Collection

from . import words
from .flood import Flood, ReceiveFlood, SendFlood


def verdict(flood: Flood, recent: Collection[int], limit: int | None) -> tuple[str, str]:
    """Judge a flood by the bytes that were waiting at the `recent` updates, and by the reader's pace."""
    if isinstance(flood, SendFlood):
        return _of_sending(flood, recent, limit)
    assert isinstance(flood, ReceiveFlood)
    mark, total = flood.options.mark, flood.options.total
    if total is None and max(recent) >= mark / 2:
        if limit == 0:
            return "Backpressure: this page does not read, so the server has stopped sending.", "held"
        return "Backpressure: the server sends no faster than this page reads.", "held"
    if total is not None and flood.all_sent and flood.waiting > mark:
        return (
            f"No backpressure: the server has sent all of its {words.size(total)} and has closed. What "
            "this page has not read is in its memory.",
            "warn",
        )
    if total is not None and min(recent) > mark:
        return (
            "No backpressure: a classic WebSocket can’t slow the server down, so unread messages "
            "accumulate in the page’s memory.",
            "warn",
        )
    return "This page keeps up with what the server sends.", "good"


def _of_sending(flood: Flood, recent: Collection[int], limit: int | None) -> tuple[str, str]:
    if max(recent) < flood.options.mark / 2:
        return "The server keeps up with what this page writes.", "good"
    if limit == 0:
        return "Backpressure: the server does not read, so this page’s writes wait.", "held"
    return "Backpressure: this page writes no faster than the server reads.", "held"
