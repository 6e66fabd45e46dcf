"""Floods: one side of a connection sends without pause, the other reads at a given pace.

This module does not know the page. A flood counts the bytes that were sent, that were read, and that are
waiting. Numbers that only the server knows are read from its journal.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from websocketstream import (
    AbortError,
    InvalidStateError,
    ReadableStream,
    WebSocketStream,
    WritableStreamDefaultWriter,
)

ENDLESS = 10**15

TURN_SECONDS = 0.02
"""Seconds of reading or writing before the page gets a turn."""

CLOSE_SECONDS = 2
SINK_TICK_MS = 50
"""Milliseconds between the reads of a slow server, each of which takes a part of its pace."""


@dataclass(frozen=True)
class Options:
    """The settings of a flood."""

    server: str
    backend: Any
    size: int
    """The size of each message, in bytes."""
    mark: int
    """The high-water mark in each direction, in bytes."""
    overflow: Any
    total: int | None
    """Bytes that the server sends on one connection; when they have been read, there is another one.
    ``None``: the server never stops."""


class Pace:
    """The speed of the reader in bytes a second; 0: it does not read, ``None``: as fast as it can."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._waiter: asyncio.Future[None] | None = None
        self._due = 0.0
        self._turn = 0.0

    def set(self, limit: int | None) -> None:
        self.limit = limit
        self._due = 0.0
        self._wake()

    async def wait(self, size: int) -> None:
        """Wait until a message of that size may be read."""
        while self.limit == 0:
            await self._sleep(None)
        now = time.monotonic()
        if self.limit:
            self._due = max(self._due, now - 0.05) + size / self.limit
            if self._due > now:
                await self._sleep(self._due - now)
        elif now - self._turn > TURN_SECONDS:
            await asyncio.sleep(0)
            self._turn = time.monotonic()

    async def _sleep(self, seconds: float | None) -> None:
        """Wait until the time has passed or the pace changes. ``None``: until the pace changes."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self._wake)
        await self._waiter
        if timer is not None:
            timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Flood:
    """One flood. `sent`, `read` and `waiting` count bytes; `update` gets the numbers of the server."""

    def __init__(self, options: Options, limit: int | None) -> None:
        self.options = options
        self.pace = Pace(limit)
        self.sent = self.read = 0
        self.connect()

    def connect(self) -> None:
        """Connect, with an id for the server's journal."""
        options = self.options
        self.id = secrets.token_hex(8)
        self.stream = WebSocketStream(
            f"{options.server}{self.path()}&id={self.id}&compress=0",
            backend=options.backend,
            high_water_mark=options.mark,
            send_high_water_mark=options.mark,
            overflow=options.overflow,
            close_timeout=CLOSE_SECONDS,
        )

    def path(self) -> str:
        """Return the server's route, with its query."""
        raise NotImplementedError

    async def run(self) -> None:
        """Flood until the connection ends. Raise an exception if it does not end cleanly."""
        raise NotImplementedError

    @property
    def waiting(self) -> int:
        """The number of bytes that wait in this page."""
        raise NotImplementedError

    async def update(self) -> None:
        """Ask the server for its numbers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Make `run` return soon."""
        raise NotImplementedError

    async def journal(self) -> dict[str, Any]:
        """Return the server's record of the connection."""
        # Always by the polyfill, so that it does not disturb the back end that is being watched.
        url = f"{self.options.server}/journal?id={self.id}&wait=0"
        async with WebSocketStream(url, backend="polyfill") as ws:
            entry: dict[str, Any] = json.loads(await ws.recv())
        return entry


class ReceiveFlood(Flood):
    """A flood from the server to the page."""

    all_sent = False
    """True when the server has sent everything on this connection."""
    _readable: ReadableStream | None = None
    _before = 0
    _stopped = False

    def path(self) -> str:
        return f"/flood?size={self.options.size}&total={self.options.total or ENDLESS}"

    async def run(self) -> None:
        await self._read_all()
        while not self._stopped:
            self._before, self.all_sent = self.read, False
            self.connect()
            await self._read_all()

    async def _read_all(self) -> None:
        self._readable = None
        await self.stream.opened
        self._readable = self.stream.readable
        await self.pace.wait(self.options.size)
        async for message in self.stream:
            self.read += len(message)
            await self.pace.wait(self.options.size)
        await self.stream.closed

    @property
    def waiting(self) -> int:
        return self._readable.buffered_amount if self._readable else 0

    async def update(self) -> None:
        id, size = self.id, self.options.size
        drained = (await self.journal())["bytes_drained"]
        sent = int(drained * size / (size + _frame_header(size)))
        if id == self.id:
            self.all_sent = sent >= (self.options.total or ENDLESS)
            self.sent = self._before + sent
        else:
            self.sent = max(self.sent, self._before)

    def stop(self) -> None:
        self._stopped = True
        if self._readable is None:
            self.stream.close()
        else:
            self._readable.cancel()
        self.pace.set(None)


class SendFlood(Flood):
    """A flood from the page to the server, which is told its pace when the connection is made."""

    _writer: WritableStreamDefaultWriter | None = None
    _written = 0
    _stopped = False

    def path(self) -> str:
        limit = self.pace.limit
        if limit is None:
            return "/sink?delay_ms=0"
        if limit == 0:
            return "/never-reads?"
        return f"/sink?delay_ms={SINK_TICK_MS}&chunk={max(1024, limit * SINK_TICK_MS // 1000)}"

    async def run(self) -> None:
        await self.stream.opened
        # A writer, because it knows how much is waiting to be sent.
        self._writer = self.stream.writable.get_writer()
        message = bytes(self.options.size)
        turn = time.monotonic()
        while not self._stopped:
            try:
                await self._writer.write(message)
            except (AbortError, InvalidStateError):
                break
            self._written += len(message)
            if time.monotonic() - turn > TURN_SECONDS:
                await asyncio.sleep(0)
                turn = time.monotonic()
        await self.stream.closed

    @property
    def waiting(self) -> int:
        room = self._writer.desired_size if self._writer else None
        return 0 if room is None else self.options.mark - room

    async def update(self) -> None:
        self.read = (await self.journal())["bytes_received"]
        self.sent = self._written - self.waiting

    def stop(self) -> None:
        self._stopped = True
        if self._writer is None:
            self.stream.close()
        else:
            self._writer.abort()


def _frame_header(size: int) -> int:
    """Return the size of the frame header that the server sends before each message."""
    return 2 if size < 126 else 4 if size < 65536 else 10
