"""A connection that stays open while others come and go: no memory fills up, and nothing slows down.

Times are means of many round trips in a row, because the clocks of some engines tick in milliseconds. A
fresh connection is measured right after the old one: other programs make both slower alike. Nothing here
has a time limit of its own, because Pyodide's event loop keeps a cancelled timer until its time.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from array import array
from statistics import median

from websocketstream import WebSocketStream

from .env import StressEnv
from .load import Memory
from .registry import stress

ROUND_TRIPS = 50
"""Round trips in a row, which are one measurement."""

PAUSES = (0.1, 1.0, 3.0, 10.0)
"""Seconds of silence after each burst, in turn."""

BURST = ["text" * (number % 300) for number in range(200)] + [bytes(100_000)] * 20
"""The messages of a burst, sent without waiting for any answer: two megabytes in all."""

COMPARED = "round trip, as a multiple of a fresh connection's"

LEAST = 12
"""Measurements that are made even if the time is over."""

READINGS = 60
"""Readings of the memory, which begin when a fiftieth of the time has passed."""

OBJECTS = 100
"""Containers of Python's by which the page may grow."""


@stress
async def long_life(env: StressEnv) -> None:
    """For `seconds`, use one connection in bursts with pauses, and open and close one per second.

    `pace` is a factor for the pauses. Figures compare the first sixth of the time with the last.
    """
    life = _Life(env.asked["seconds"], env.asked["pace"])
    stream = env.stream("/echo?compress=0")
    async with stream, asyncio.TaskGroup() as tasks:
        tasks.create_task(_talk(env, stream, life))
        tasks.create_task(_come_and_go(env, life))
    assert await stream.closed == (1005, "")
    life.report(env)


class _Life:
    """The time that is given, and what is measured in it."""

    def __init__(self, seconds: float, pace: float) -> None:
        begun = time.monotonic()
        self.messages = 0
        self.round_trips = array("d")
        self.compared = array("d")
        self.connections = array("d")
        self._memory = Memory()
        self._objects = array("q")
        self._connecting = asyncio.Lock()
        self._readings = (begun + seconds * (0.02 + number / READINGS) for number in itertools.count())
        self._next_reading = next(self._readings)
        self._end = begun + seconds
        self._pace = pace

    def needs_more(self, times: array[float]) -> bool:
        return time.monotonic() < self._end or len(times) < LEAST

    async def pause(self, seconds: float) -> None:
        rest = self._end - time.monotonic()
        await asyncio.sleep(max(0, min(seconds * self._pace, rest)))

    async def connect(self, env: StressEnv) -> None:
        """Measure a connection that comes and goes. Its objects don't count as held."""
        id = env.new_id()
        async with self._connecting:
            begun = time.monotonic()
            try:
                async with env.stream(f"/echo?id={id}") as stream:
                    await stream.send("there and back")
                    await stream.recv()
            except Exception as error:
                # After 20 s Firefox gives up what it has not opened, and a server that has seen nothing
                # of it had a machine that stalled. What else fails is for the package to explain.
                seconds = time.monotonic() - begun
                seen = await env.journal(id, wait="no")
                number = len(self.connections) + 1
                error.add_note(f"connection {number}, after {seconds:.1f} s; the server saw {seen}")
                raise
            self.connections.append(1000 * (time.monotonic() - begun))

    async def read_memory(self) -> None:
        """Read the memory when it is time for that."""
        if time.monotonic() < self._next_reading:
            return
        self._next_reading = next(self._readings)
        async with self._connecting:
            self._memory.read()
            self._objects.append(len(gc.get_objects()))

    def report(self, env: StressEnv) -> None:
        """Enter the figures, and fail if the memory has grown."""
        env.figures["messages there and back"] = self.messages
        env.figures["connections that came and went"] = len(self.connections)
        for what, measured in (
            ("round trip (ms)", self.round_trips),
            (COMPARED, self.compared),
            ("opening, a round trip and closing (ms)", self.connections),
        ):
            sixth = len(measured) // 6
            env.figures[f"{what}: at the beginning"] = round(median(measured[:sixth]), 2)
            env.figures[f"{what}: at the end"] = round(median(measured[-sixth:]), 2)
        self._memory.enter(env, "")
        grown = max(self._objects) - self._objects[0]
        env.figures["growth of Python's objects"] = grown
        assert grown <= OBJECTS, f"{grown} more objects of Python's"


async def _talk(env: StressEnv, stream: WebSocketStream, life: _Life) -> None:
    """Send and receive in bursts with pauses, until the time is over."""
    for pause in itertools.cycle(PAUSES):
        for message in BURST:
            stream.send(message)
        for message in BURST:
            assert await stream.recv() == message
        async with env.stream("/echo?compress=0") as fresh:
            # What the burst has left is not to be measured, nor are the first round trips of any.
            for each in (stream, fresh):
                await _round_trip(each)
            old, young = await _round_trip(stream), await _round_trip(fresh)
        life.round_trips.append(old)
        life.compared.append(old / young)
        life.messages += len(BURST) + ROUND_TRIPS
        await life.read_memory()
        if not life.needs_more(life.round_trips):
            return
        await life.pause(pause)


async def _round_trip(stream: WebSocketStream) -> float:
    """Return the milliseconds of a round trip."""
    begun = time.monotonic()
    for number in range(ROUND_TRIPS):
        await stream.send(f"{number}")
        assert await stream.recv() == f"{number}"
    return 1000 * (time.monotonic() - begun) / ROUND_TRIPS


async def _come_and_go(env: StressEnv, life: _Life) -> None:
    """Open a connection each second, use it and close it, until the time is over."""
    while life.needs_more(life.connections):
        await life.connect(env)
        await life.pause(1)
