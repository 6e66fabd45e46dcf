"""``idle_timeout``, on a transport that is driven by hand, in virtual time."""

import asyncio
from collections.abc import Callable

from tests.unit.bench import Bench, connection_on, raised_by
from tests.worlds.virtual_time import in_virtual_time
from websocketstream import WebSocketError


class LoopBench(Bench):
    """A bench whose clock is the event loop's."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, callback).cancel


def after(seconds: float, callback: Callable[..., object], *args: object) -> None:
    asyncio.get_running_loop().call_later(seconds, callback, *args)


@in_virtual_time
async def test_silence() -> None:
    """A connection on which nothing comes is abandoned in time, with an error that says so."""
    bench = LoopBench()
    connection = connection_on(bench, idle_timeout=10)
    await asyncio.sleep(9.9)
    assert connection.state.value == "open"
    error = await raised_by(connection.closed)
    assert 10 <= asyncio.get_running_loop().time() < 10.1
    assert isinstance(error, WebSocketError)
    assert error.close_code == 1006
    assert str(error) == "nothing was received for idle_timeout=10 s: the connection is dead"
    assert bench.rig.asked == ["abandon"]


@in_virtual_time
async def test_messages() -> None:
    """Each message starts the time anew."""
    bench = LoopBench()
    connection = connection_on(bench, idle_timeout=10, high_water_mark=1000)
    for seconds in (1, 9, 18.5, 28):
        after(seconds, bench.rig.events.received, ["tick"])
    assert isinstance(await raised_by(connection.closed), WebSocketError)
    assert 38 <= asyncio.get_running_loop().time() < 38.1


@in_virtual_time
async def test_held_back() -> None:
    """While the reader holds the server back no time counts, and from then on it gets the whole time."""
    for held_back in (9.5, 25, 39.9):
        bench = LoopBench()
        connection = connection_on(bench, idle_timeout=10)
        bench.rig.events.received([bytes(100)])
        assert bench.rig.asked == ["pause_reading"]
        await asyncio.sleep(held_back)
        assert connection.incoming.get_nowait() == bytes(100)
        assert bench.rig.asked == ["pause_reading", "resume_reading"]
        await asyncio.sleep(9.5)
        assert connection.state.value == "open"
        await asyncio.sleep(11)
        assert connection.state.value == "closed"


@in_virtual_time
async def test_other_timeouts() -> None:
    """Before the connection is open, and from close() on, only the other timeouts count."""
    for close_timeout in (30, None):
        bench = LoopBench()
        connection = connection_on(bench, opened=False, idle_timeout=10, close_timeout=close_timeout)
        await asyncio.sleep(50)
        assert connection.state.value == "connecting"
        connection.connected("", "")
        bench.rig.buffered_amount = 1000
        connection.close()
        await asyncio.sleep(25)
        assert connection.state.value == "closing"
        bench.rig.buffered_amount = 0
        bench.rig.end(1000)
        assert await connection.closed == (1000, "")


@in_virtual_time
async def test_ended_in_time() -> None:
    """A connection that has ended is not abandoned any more."""
    bench = LoopBench()
    connection = connection_on(bench, idle_timeout=10)
    bench.rig.end(1000)
    await asyncio.sleep(20)
    assert await connection.closed == (1000, "")
    assert bench.rig.asked == []
