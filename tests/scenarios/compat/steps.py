"""Steps that scenarios of several modules take. No scenario is here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

from ..steps import failure, outcome, refusal, settled

__all__ = ["assert_echoes", "collect", "failure", "fill", "later", "outcome", "refusal", "settled"]


async def assert_echoes(websocket: Any) -> None:
    """Show that a connection to /echo works in both directions, with nothing else on its way."""
    await websocket.send("does it still work?")
    assert await websocket.recv() == "does it still work?"


async def later(items: Iterable[Any]) -> AsyncIterator[Any]:
    """Give the items one by one, each a turn of the event loop after the other."""
    for item in items:
        await asyncio.sleep(0)
        yield item


async def collect(messages: AsyncIterator[Any]) -> list[Any]:
    """Return all messages up to the end."""
    return [message async for message in messages]


async def fill(received: list[Any], messages: AsyncIterable[Any]) -> None:
    """Put all messages into the list, up to the end or the error."""
    async for message in messages:
        received.append(message)
