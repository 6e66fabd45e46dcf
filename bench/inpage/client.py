"""What the samples ask of a client."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable
from time import perf_counter
from typing import Any

from .tally import ECHO, Message, Tally


class Client(ABC):
    """An open connection."""

    read: Callable[[], Awaitable[Any]]
    write: Callable[[Message], Awaitable[object]]

    async def receive(self, count: int) -> Tally:
        """Receive so many messages."""
        tally, read = Tally(), self.read
        while tally.messages < count:
            tally.add(await read())
        return tally

    async def send(self, message: Message, count: int) -> None:
        """Send a message so many times."""
        write = self.write
        for _ in range(count):
            await write(message)

    async def echo(self) -> None:
        """Send a message and receive it back."""
        await self.write(ECHO)
        await self.read()

    async def echoes(self, count: int) -> list[float]:
        """How many milliseconds each of so many echoes takes, one after the other."""
        times = []
        for _ in range(count):
            begun = perf_counter()
            await self.echo()
            times.append((perf_counter() - begun) * 1000)
        return times

    @abstractmethod
    async def close(self) -> None:
        """Close the connection and wait until it has closed, if the client can."""


class Iterated(Client):
    """A client whose messages one receives with ``async for``."""

    messages: AsyncIterable[Any]

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        async for message in self.messages:
            tally.add(message)
            if tally.messages == count:
                break
        return tally


class Handlers(Client):
    """A client that calls a function with each message, and whose ``send()`` is not awaited."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.read, self.write = self.queue.get, self._write

    async def _write(self, message: Message) -> None:
        await self.send(message, 1)
