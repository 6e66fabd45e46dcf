"""The situations of the comparison, and how a client does in each.

This module does not know the page, nor the clients: a client is any module with the functions `receive`
and `exchange`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

LIMIT = 30
"""Seconds that a program may take."""

LATE = 0.1
"""Seconds to wait for handlers that start after the program has returned."""

SIZE = 256 * 1024
"""The size in bytes of the message that is sent."""


@dataclass(frozen=True)
class Fact:
    """Something that was observed; `good` is `None` if it is neither good nor bad."""

    text: str
    good: bool | None = None


@dataclass
class Handling:
    """The handling of messages: each takes a moment, as if it were stored or drawn."""

    bad: int | None = None
    """The index of the message that can't be handled."""
    handled: int = 0
    types: set[str] = field(default_factory=set)
    at_once: int = 0
    running: int = 0
    _begun: int = 0

    async def handle(self, message: Any) -> None:
        number, self._begun = self._begun, self._begun + 1
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        try:
            await asyncio.sleep(0.003)
            if number == self.bad:
                raise ValueError(f"message {number} is bad")
            self.types.add(type(message).__name__)
            self.handled += 1
        finally:
            self.running -= 1


@dataclass(frozen=True)
class Situation:
    """One row of the comparison."""

    title: str
    explained: str
    run: Callable[[Any, str], Coroutine[Any, Any, list[Fact]]]


async def outcome(work: Coroutine[Any, Any, Any]) -> Any:
    """Return the result or the exception of a program; `TimeoutError` if it did not end."""
    try:
        async with asyncio.timeout(LIMIT):
            return await work
    except Exception as error:
        return error


def ending(found: Any, expected: Any) -> Fact:
    """Compare how the program ended with `expected`: a code and a reason, or an exception."""
    if isinstance(found, TimeoutError):
        return Fact(f"does not return within {LIMIT} s", False)
    if isinstance(found, Exception):
        right = isinstance(expected, type) and isinstance(found, expected)
        return Fact(f"raises {type(found).__name__}: {found}", right)
    code, reason = found
    text = f"returns {code}" + (f" “{reason}”" if reason else "")
    # The program has to tell 1006 apart from a normal close, so this is neither good nor bad.
    good = None if expected is OSError and code == 1006 else found == expected
    return Fact(text, good)


def receiving(
    title: str, explained: str, path: str, count: int, expected: Any, bad: int | None = None
) -> Situation:
    """Return a situation in which the server sends messages, `count` of which can be handled."""

    async def run(client: Any, server: str) -> list[Fact]:
        handling = Handling(bad)
        found = await outcome(client.receive(f"{server}{path}", handling.handle))
        handled = handling.handled
        facts = []
        if count:
            of = f" of {count}" if bad is None else ""
            s = "" if of == "" and handled == 1 else "s"
            facts.append(Fact(f"{handled}{of} message{s} handled", handled == count))
        await asyncio.sleep(LATE)
        while handling.running:
            await asyncio.sleep(0.01)
        if late := handling.handled - handled:
            facts.append(Fact(f"{late} more after it returned"))
        if handling.types:
            facts.append(Fact(f"as {' and '.join(sorted(handling.types, reverse=True))}"))
        if handling.at_once > 1:
            facts.append(Fact(f"up to {handling.at_once} handled at the same time"))
        return [ending(found, expected), *facts]

    return Situation(title, explained, run)


async def exchange(client: Any, server: str) -> list[Fact]:
    data = bytes(range(256)) * (SIZE // 256)
    begun = perf_counter()
    found = await outcome(client.exchange(f"{server}/echo", data))
    took = 1000 * (perf_counter() - begun)
    if isinstance(found, Exception):
        return [ending(found, None)]
    kind = type(found).__name__
    answer = found.to_bytes() if kind == "JsProxy" else bytes(found)
    same = answer == data
    return [
        Fact("the same bytes come back" if same else "other bytes come back", same),
        Fact(f"as {kind}"),
        Fact(f"after {took:,.0f} ms, connecting included"),
    ]


async def lose(client: Any, server: str) -> list[Fact]:
    found = await outcome(client.exchange(f"{server}/reset-on-message", b"question"))
    if isinstance(found, Exception):
        return [ending(found, OSError)]
    return [Fact(f"returns {found!r}", False)]


SITUATIONS = (
    receiving(
        "Many messages, then a close",
        "The server sends 100 messages and its Close frame, 4001 “that was all”, in one write.",
        "/burst?count=100&size=64&kind=mixed&code=4001&reason=that+was+all",
        100,
        (4001, "that was all"),
    ),
    receiving(
        "The server refuses",
        "The server answers the handshake with 403.",
        "/refuse?status=403",
        0,
        OSError,
    ),
    receiving(
        "The program has a bug",
        "Ten messages arrive; handling the sixth raises ValueError.",
        "/send?count=10&size=64",
        5,
        ValueError,
        bad=5,
    ),
    Situation("256 KiB to an echo", "One binary message is sent and comes back.", exchange),
    Situation(
        "The connection breaks",
        "A message is sent; instead of answering, the server resets the TCP connection.",
        lose,
    ),
)
