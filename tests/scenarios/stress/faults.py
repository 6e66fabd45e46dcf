"""Faults of networks and servers: each ends in a defined error, in time, and messages that had arrived
before are delivered.

The faults stand in a table; how a page lives through one of them, in the functions below it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websocketstream import InvalidStateError, MessagesLostError, WebSocketError, WebSocketStream

from ..payload import check
from ..steps import failure, outcome, read_until_error, settled
from .env import StressEnv, within
from .registry import stress

COUNT = 20
SIZE = 100
FRAME = SIZE + 2
LIMIT = 1.0
"""The time limits in seconds that the page sets."""

Way = Callable[[StressEnv, str], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Fault:
    """A fault, as the proxy is told, and how the page must live through it."""

    way: Way
    spec: str


async def _assert_lost(stream: WebSocketStream) -> None:
    error = await within(LIMIT, failure(WebSocketError, stream.closed))
    assert (error.close_code, error.reason) == (1006, ""), error.close_code
    readable, writable = (await stream.opened)[:2]
    assert (await read_until_error(WebSocketError, readable))[1] is error
    with writable.get_writer() as writer:
        assert await failure(WebSocketError, writer.ready) is error


async def after_all_was_read(env: StressEnv, spec: str) -> None:
    """Read everything; the write after that brings the fault."""
    stream = env.faulty(spec, f"/send?count={COUNT}&size={SIZE}&close=0")
    opened = await within(LIMIT, stream.opened)
    with opened.readable.get_reader() as reader:
        check([(await reader.read()).value or "" for _ in range(COUNT)], COUNT, SIZE, "text")
    with opened.writable.get_writer() as writer:
        writer.write("now")
    await _assert_lost(stream)


async def while_reading(env: StressEnv, spec: str) -> None:
    """Receive ten messages and a half."""
    path = settled(f"/send?count={COUNT}&size={SIZE}&close=0&compress=0")
    stream = env.faulty(spec, path)
    opened = await within(LIMIT, stream.opened)
    received, error = await within(LIMIT, read_until_error(WebSocketError, opened.readable))
    # TCP itself drops what has arrived and was not read when a reset comes.
    count = len(received) if "reset" in spec else COUNT // 2
    assert count <= COUNT // 2
    check(received, count, SIZE, "text")
    assert error.close_code == 1006
    await _assert_lost(stream)


async def in_the_handshake(env: StressEnv, spec: str) -> None:
    """Receive twenty bytes of the response to the handshake."""
    stream = env.faulty(spec, "/echo", open_timeout=LIMIT)
    await within(LIMIT, failure(WebSocketError, stream.opened))
    error = await within(LIMIT, failure(WebSocketError, stream.closed))
    assert error.close_code == 1006


async def unnoticed(env: StressEnv, spec: str) -> None:
    """Receive ten messages and a half, and then nothing, not even an answer to the Close."""
    path = f"/send?count={COUNT}&size={SIZE}&close=0&compress=0"
    stream = env.faulty(spec, path, close_timeout=LIMIT)
    opened = await within(LIMIT, stream.opened)
    with opened.readable.get_reader() as reader:
        received = [(await reader.read()).value or "" for _ in range(COUNT // 2)]
        check(received, COUNT // 2, SIZE, "text")
        waiting = asyncio.ensure_future(failure(WebSocketError, reader.read()))
        begun = time.monotonic()
        stream.close()
        error = await within(LIMIT, failure(WebSocketError, stream.closed))
        assert time.monotonic() - begun >= LIMIT * 0.9
        assert error.close_code == 1006
        assert await waiting is error


async def slowly(env: StressEnv, spec: str) -> None:
    """Receive everything, late."""
    stream = env.faulty(spec, "/send?count=5&size=10&compress=0&code=4000&reason=late")
    opened = await within(10, stream.opened)
    check([message async for message in opened.readable], 5, 10, "text")
    assert await within(10, stream.closed) == (4000, "late")


async def server_comes_back(env: StressEnv, spec: str) -> None:
    """Lose the connection to a server that restarts, and connect again as soon as it is back."""
    stream = env.stream("/restart")
    opened = await within(LIMIT, stream.opened)
    with opened.writable.get_writer() as writer:
        writer.write("restart")
    await _assert_lost(stream)
    async with asyncio.timeout(20):
        while not isinstance(await outcome(env.round_trip()), type(None)):
            await asyncio.sleep(0.01)


async def while_answering(env: StressEnv, spec: str) -> None:
    """Send a message, and answer each one that comes back."""
    stream = env.faulty(spec, "/echo?compress=0", close_timeout=LIMIT)
    opened = await within(LIMIT, stream.opened)
    answered = 0
    writer, reader = opened.writable.get_writer(), opened.readable.get_reader()
    with writer, reader, suppress(WebSocketError, InvalidStateError):
        writer.write("0".ljust(SIZE))
        while (message := (await within(20, reader.read())).value) is not None:
            assert message == str(answered).ljust(SIZE)
            answered += 1
            writer.write(str(answered).ljust(SIZE))
    env.figures["answered"] = answered
    await _assert_lost(stream)


async def with_a_burst(env: StressEnv, spec: str) -> None:
    """Send at once less than the browser's pipe to the network holds."""
    stream = env.faulty(spec, "/sink?compress=0", close_timeout=LIMIT)
    opened = await within(LIMIT, stream.opened)
    with opened.writable.get_writer() as writer, suppress(WebSocketError, InvalidStateError):
        for _ in range(50):
            writer.write(b"x" * 1000)
        await writer.ready
    await _assert_lost(stream)


async def while_sending(env: StressEnv, spec: str) -> None:
    """Send without a pause, up to 16 MiB, and then close."""
    mark = 256 * 1024
    stream = env.faulty(spec, "/sink?compress=0", send_high_water_mark=mark, close_timeout=LIMIT)
    opened = await within(LIMIT, stream.opened)
    sent = 0
    with (
        opened.writable.get_writer() as writer,
        suppress(WebSocketError, InvalidStateError, TimeoutError),
    ):
        async with asyncio.timeout(LIMIT):  # where nothing gets through, a write may wait for ever
            while sent < 16 << 20:
                await writer.write(b"x" * 20_000)
                sent += 20_000
    env.figures["sent"] = sent
    stream.close()
    error = await within(10 * LIMIT, failure(WebSocketError, stream.closed))
    assert not isinstance(error, MessagesLostError)
    assert error.close_code == 1006, error.close_code


MIDDLE = f"after={COUNT // 2 * FRAME + 50}"
ECHOED = f"after={30 * FRAME + 50}"
BEHIND = f"after={30 * FRAME}"
"""Comes together with a message: the browser knows of the fault while the page still answers."""

FAULTS: dict[str, Fault] = {
    "reset": Fault(after_all_was_read, "kind=reset,at=sent"),
    "end of TCP": Fault(after_all_was_read, "kind=end,at=sent"),
    "malformed frame": Fault(after_all_was_read, "kind=garble,at=sent"),
    "reset inside a frame": Fault(while_reading, f"kind=reset,{MIDDLE}"),
    "cut inside a frame": Fault(while_reading, f"kind=end,{MIDDLE}"),
    "reset inside the handshake": Fault(in_the_handshake, "kind=reset,at=handshake,after=20"),
    "cut inside the handshake": Fault(in_the_handshake, "kind=end,at=handshake,after=20"),
    "handshake vanishes": Fault(in_the_handshake, "kind=vanish,at=handshake,after=20"),
    "half-open": Fault(unnoticed, f"kind=vanish,{MIDDLE}"),
    "delay": Fault(slowly, "delay_ms=100"),
    "trickle": Fault(slowly, "chunk=1,delay_ms=10"),
    "server restart": Fault(server_comes_back, ""),
    "reset while answering": Fault(while_answering, f"kind=reset,{ECHOED}"),
    "end of TCP while answering": Fault(while_answering, f"kind=end,{ECHOED}"),
    "malformed frame while answering": Fault(while_answering, f"kind=garble,{ECHOED}"),
    "reset right behind a message": Fault(while_answering, f"kind=reset,{BEHIND}"),
    "end of TCP right behind a message": Fault(while_answering, f"kind=end,{BEHIND}"),
    "malformed frame right behind a message": Fault(while_answering, f"kind=garble,{BEHIND}"),
    "reset at a burst": Fault(with_a_burst, "kind=reset,at=sent,after=10000"),
    "end of TCP at a burst": Fault(with_a_burst, "kind=end,at=sent,after=10000"),
    "malformed frame at a burst": Fault(with_a_burst, "kind=garble,at=sent,after=10000"),
    "half-open while sending": Fault(while_sending, "kind=vanish,at=sent,after=300000"),
    "reset while sending": Fault(while_sending, "kind=reset,at=sent,after=300000"),
    "end of TCP while sending": Fault(while_sending, "kind=end,at=sent,after=300000"),
    "malformed frame while sending": Fault(while_sending, "kind=garble,at=sent,after=300000"),
}

CRASHES_NATIVE = ("reset while sending", "end of TCP while sending", "malformed frame while sending")
"""Faults that always meet a pending write: these crash Chromium's tab, and are counted."""

RACES_NATIVE = [name for name, fault in FAULTS.items() if fault.way in (while_answering, with_a_burst)]
"""Faults after which the page may write before it can know of the failure: these sometimes crash
Chromium's tab, and are counted."""


@stress
async def live_through(env: StressEnv) -> None:
    """Live through the faults of the option `faults`, and report the seconds that each took."""
    for name in env.asked["faults"]:
        fault = FAULTS[name]
        begun = time.monotonic()
        try:
            await fault.way(env, fault.spec)
        except Exception as error:
            error.add_note(f"The fault: {name}")
            raise
        env.figures[name] = round(time.monotonic() - begun, 2)
