"""Messages from what ``send()`` takes, and messages from their parts. Pure functions."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable

from ..typing import BytesLike, Data


def to_message(
    message: object, text: bool | None, foreign: Callable[[object], bytes | None]
) -> Data | None:
    """Return an immutable message; ``None`` if it is not one by itself.

    ``foreign`` turns buffers of another world, such as JavaScript's, into bytes.
    """
    if isinstance(message, str):
        if not message.isascii():
            data = message.encode()  # raises for what is no Unicode text
            return data if text is False else message
        return message.encode() if text is False else message
    if isinstance(message, bytes):
        return message.decode() if text is True else message
    if not isinstance(message, BytesLike):
        copied = foreign(message)
        if copied is None:
            return None
        message = copied
    return bytes(message).decode() if text is True else bytes(message)


class _Parts:
    """The parts of one message, all of one type."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._parts: list[str] | list[bytes] = []

    def add(self, part: object) -> None:
        if not isinstance(part, str | BytesLike):
            raise TypeError(f"{self._what} must contain bytes or str")
        if self._parts and isinstance(part, str) is not isinstance(self._parts[0], str):
            raise TypeError(f"{self._what} must contain uniform types")
        self._parts.append(part if isinstance(part, str) else bytes(part))  # type: ignore[arg-type]

    def join(self, text: bool | None) -> Data | None:
        if not self._parts:
            return None
        empty = "" if isinstance(self._parts[0], str) else b""
        return to_message(empty.join(self._parts), text, lambda _: None)  # type: ignore[arg-type]


def gather(parts: Iterable[object], text: bool | None) -> Data | None:
    """Return the parts as one message; ``None`` if there are none."""
    gathered = _Parts("iterable")
    for part in parts:
        gathered.add(part)
    return gathered.join(text)


async def gather_async(parts: AsyncIterable[object], text: bool | None) -> Data | None:
    """Return the parts as one message; ``None`` if there are none."""
    gathered = _Parts("async iterable")
    async for part in parts:
        gathered.add(part)
    return gathered.join(text)
