"""Very many messages and very many bytes through one connection, both ways, and a reader that stops.

Messages are numbered in their first four bytes and checked one by one; what the page sends is hashed
by the server.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any

from websocketstream import BufferOverflowError, ReadableStream, WebSocketStream

from ..payload import framed
from ..steps import failure, read_until_error
from .env import MeasuringEnv, StressEnv, within
from .registry import stress

FLAT = 48 * 1024 * 1024
"""Bytes by which the page's memory may grow while the rest of a load passes through."""

FEW = 32
"""Objects of JavaScript by which what Python holds may differ: large messages of one batch, and what is
around them."""

WINDOW = 8 * 1024 * 1024
"""Bytes on their way at most where the browser can't hold the server back."""

SENT_WINDOW = 32 * 1024 * 1024
"""The same for what the page sends."""


class Memory:
    """The page's memory, as far as it can be read."""

    def __init__(self) -> None:
        self._readings: dict[str, list[int]] = {}

    def read(self) -> None:
        import js
        import pyodide_js

        gc.collect()
        module: Any = pyodide_js._module
        sizes = {
            "WASM heap": int(module.HEAP8.length),
            "JavaScript objects held": int(js.harnessProbe.heldObjects()),
        }
        if hasattr(js, "gc"):  # Chromium, as the tests start it
            js.gc()
            sizes["JS heap"] = int(js.performance.memory.usedJSHeapSize)
        for name, size in sizes.items():
            self._readings.setdefault(name, []).append(size)

    def growth(self) -> dict[str, int]:
        """Return the growth from the first reading to the highest one.

        For the JS heap, to the lowest of the second half: other threads free what has passed through,
        and the highest reading includes what they have yet to free.
        """
        growth = {}
        for name, sizes in self._readings.items():
            level = min(sizes[len(sizes) // 2 :]) if name == "JS heap" else max(sizes)
            growth[name] = level - sizes[0]
        return growth

    def enter(self, env: MeasuringEnv, what: str) -> None:
        """Enter the growth into the figures, and fail if it is too much."""
        for name, grown in self.growth().items():
            megabytes = round(grown / 1e6, 1) or 0.0  # not -0.0
            unit, shown = ("", grown) if "objects" in name else (" (MB)", megabytes)
            env.figures[f"{what}growth of {name}{unit}"] = shown
            limit = FEW if "objects" in name else FLAT
            assert grown <= limit, f"{name} grew by {grown}"


@stress
async def receive(env: StressEnv) -> None:
    """Receive `count` messages of `size`, in order and whole."""
    count, size = env.asked["count"], env.asked["size"]
    window = 0 if env.receive_backpressure else WINDOW
    stream = env.stream(f"/blast?count={count}&size={size}&window={window}&compress=0")
    opened = await stream.opened
    body = bytes(size - 4)
    writer = opened.writable.get_writer()
    per_window = max(1, window // size) if window else count + 1
    begun = time.monotonic()
    memory = Memory()
    async for index, message in _numbered_from(opened.readable, count):
        if message != index.to_bytes(4, "big") + body:
            raise AssertionError(f"message {index} begins with {message[:20]!r}, {len(message)} bytes")
        if (index + 1) % per_window == 0:
            writer.write("go on")
        if (index + 1) % (count // 10) == 0:
            # What the first tenth has taken is the level.
            memory.read()
    seconds = time.monotonic() - begun
    stream.close()
    assert await stream.closed == (1005, "")
    report(env, "receive", seconds, memory)


async def _numbered_from(readable: ReadableStream, count: int) -> AsyncIterator[tuple[int, Any]]:
    """Yield the next `count` messages with their numbers; fail if there are fewer."""
    index = 0
    async for message in readable:
        yield index, message
        index += 1
        if index == count:
            return
    raise AssertionError(f"{index} of {count} messages came")


@stress
async def send(env: StressEnv) -> None:
    """Send `count` messages of `size`; the server gets them all, in order and whole."""
    count, size = env.asked["count"], env.asked["size"]
    id = env.new_id()
    stream = env.stream(f"/sink?id={id}&compress=0")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    digest = sha256()
    begun = time.monotonic()
    memory = Memory()
    for number, message in enumerate(_numbered(count, size), 1):
        digest.update(framed(message))
        await writer.write(message)
        if number * size % SENT_WINDOW < size:
            # Some browsers take in whatever is sent: then the server has to say that it has it.
            await env.journal(id, wait="no", messages=number)
        if number % (count // 10) == 0:
            memory.read()
    entry = await env.journal(id, wait="no", messages=count)
    seconds = time.monotonic() - begun
    assert (entry["messages_received"], entry["sha256"]) == (count, digest.hexdigest())
    stream.close()
    assert await stream.closed == (1005, "")
    report(env, "send", seconds, memory)


def _numbered(count: int, size: int) -> Iterator[bytes]:
    body = bytes(size - 4)
    for index in range(count):
        yield index.to_bytes(4, "big") + body


def report(env: MeasuringEnv, verb: str, seconds: float, memory: Memory) -> None:
    """Enter how fast the load of the options was, and fail if the page's memory has grown with it."""
    count, size = env.asked["count"], env.asked["size"]
    what = f"{verb} {count:,} × {size:,} B"
    env.figures[f"{what}: messages/s"] = round(count / seconds)
    env.figures[f"{what}: MB/s"] = round(count * size / seconds / 1e6, 1)
    memory.enter(env, f"{what}: ")


@stress
async def reader_that_stops(env: StressEnv) -> None:
    """Read nothing in a flood for as long as the option says; then lose nothing of it."""
    mark, size, total = env.asked["mark"], env.asked["size"], env.asked["total"]
    id = env.new_id()
    path = f"/send?id={id}&count={total // size}&size={size}&kind=binary&close=0&compress=0"
    stream = env.stream(path, high_water_mark=mark)
    if not env.receive_backpressure:
        env.expects = ("ReceiveBufferWarning",)
    readable = (await stream.opened).readable
    most = await _stop_reading(env, id, readable, total)
    if env.receive_backpressure:
        assert most <= mark + size, f"{most} bytes wait, with a mark of {mark}"
        env.figures["most that waited to be read (bytes)"] = most
        env.figures["high-water mark (bytes)"] = mark
    with readable.get_reader() as reader:
        for index in range(total // size):
            message = (await within(60, reader.read())).value or b""
            assert message[:4] == index.to_bytes(4, "big"), f"message {index} is {message[:4]!r}"
    stream.close()
    assert await stream.closed == (1005, "")
    env.figures["messages lost"] = 0


async def _stop_reading(env: StressEnv, id: str, readable: ReadableStream, total: int) -> int:
    """Wait until nothing more goes out of the server, and `pause` seconds; return the most buffered."""
    drained, most, still_since = -1, 0, time.monotonic()
    while True:
        entry = await env.journal(id, wait="no")
        most = max(most, readable.buffered_amount)
        now = time.monotonic()
        if entry["bytes_drained"] != drained:
            drained, still_since = entry["bytes_drained"], now
        elif now - still_since > 0.3 + env.asked["pause"]:
            break
        await asyncio.sleep(0.02)
    if env.receive_backpressure:
        assert drained < total, f"all {total} bytes went out, though nothing was read"
        env.figures["server blocked after (bytes)"] = drained
    return most


@stress
async def overflow_closes(env: StressEnv) -> None:
    """With overflow="error" a reader that stops gets the messages below the mark, and then the error."""
    stream: WebSocketStream = env.stream(
        f"/flood?size=1024&total={64 << 20}&compress=0", high_water_mark=1 << 20, overflow="error"
    )
    opened = await stream.opened
    error = await within(20, failure(BufferOverflowError, stream.closed))
    received, seen = await read_until_error(BufferOverflowError, opened.readable)
    assert seen is error
    for index, message in enumerate(received):
        assert message[:4] == index.to_bytes(4, "big")
    env.figures["read before BufferOverflowError (bytes)"] = sum(map(len, received))
