"""The buffers: nothing lost and nothing out of order, whoever reads, cancels or gives up."""

import asyncio

import pytest

from tests.unit.bench import buffer_of, raised_by, read_from, turn
from websocketstream._core.buffers import END, ReadResult, ReceiveBuffer, SendBuffer
from websocketstream._core.promise import Promise
from websocketstream._core.transport import UNCONNECTED

# Receiving: reading


async def test_order() -> None:
    """Messages come out in the order in which they came in."""
    buffer = buffer_of("a", b"b")
    buffer.put(["c"])
    assert [await buffer.read() for _ in range(3)] == [
        ("a", False),
        (b"b", False),
        ("c", False),
    ]


async def test_waiting() -> None:
    """A read waits for its message."""
    buffer = buffer_of()
    task = asyncio.create_task(read_from(buffer))
    await turn()
    assert not task.done()
    buffer.put(["a"])
    assert await task == ReadResult("a", False)


async def test_reads_are_served_in_the_order_of_their_calls() -> None:
    """Of two reads the first gets the first message, whichever is awaited first."""
    buffer = buffer_of("a", "b", "c")
    first, second, third = (buffer.read() for _ in range(3))
    assert (await second).value == "b"
    assert (await third).value == "c"
    assert (await first).value == "a"


async def test_second_of_two_reads_waits() -> None:
    """A message that an earlier read stands in line for is not given to a later one."""
    buffer = buffer_of("a")
    first, second = buffer.read(), asyncio.create_task(read_from(buffer))
    await turn(2)
    assert not second.done()
    buffer.put(["b"])
    assert (await second).value == "b"
    assert (await first).value == "a"


async def test_awaiting_twice() -> None:
    """A read that is awaited again gives the same result again."""
    buffer = buffer_of("a")
    read = buffer.read()
    assert await read is await read
    buffer.end()
    read = buffer.read()
    assert await read is await read is END


async def test_awaiting_from_two_tasks() -> None:
    """A read has one waiter; the second is told so, and the first is not disturbed."""
    buffer = buffer_of()
    read = buffer.read()
    task = asyncio.create_task(read)
    await turn()
    with pytest.raises(RuntimeError, match="awaited by another task"):
        await read
    buffer.put(["a"])
    assert (await task).value == "a"


async def test_take_next() -> None:
    """The fast path gives the next message, but not before those who stand in line."""
    buffer = buffer_of("a", "b")
    assert buffer.get_nowait() == "a"
    read = buffer.read()
    assert buffer.get_nowait() is None
    assert (await read).value == "b"
    assert buffer.get_nowait() is None


# Receiving: ending


async def test_end() -> None:
    """At the end what is there can still be read, then every read tells the end."""
    buffer = buffer_of("a")
    buffer.end()
    assert not buffer.finished.settled
    assert await buffer.read() == ("a", False)
    await buffer.finished
    assert await buffer.read() == await buffer.read() == (None, True)


async def test_end_with_error() -> None:
    """At an end with an error what is there can still be read, then every read raises it."""
    buffer = buffer_of("a")
    error = ValueError("gone")
    buffer.end(error)
    assert (await buffer.read()).value == "a"
    read = buffer.read()
    assert await raised_by(read) is error
    assert await raised_by(read) is error
    assert await raised_by(buffer.read()) is error
    assert await raised_by(buffer.finished) is error


@pytest.mark.parametrize("error", [None, ValueError("gone")])
async def test_end_wakes_all(error: Exception | None) -> None:
    """Those who wait as the end comes learn of it."""
    buffer = buffer_of()
    tasks = [asyncio.create_task(read_from(buffer)) for _ in range(2)]
    await turn()
    buffer.put(["a"])
    buffer.end(error)
    outcome = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcome == [("a", False), error or END]


async def test_nothing_after_the_end() -> None:
    """What comes after the end is dropped, and a second end changes nothing."""
    buffer = buffer_of()
    buffer.end()
    buffer.put(["a"])
    buffer.end(ValueError())
    assert (len(buffer), buffer.size) == (0, 0)
    assert await buffer.read() is END


async def test_discard() -> None:
    """Discarding drops what is there and ends cleanly for those who wait and those to come."""
    buffer = buffer_of("a" * 100)
    assert buffer.is_full
    first = buffer.read()
    buffer.discard()
    assert (len(buffer), buffer.size, buffer.is_full) == (0, 0, False)
    assert await first is await buffer.read() is END
    await buffer.finished
    buffer.put(["b"])
    assert len(buffer) == 0


async def test_discard_after_an_error() -> None:
    """Discarding what can still be read before an error drops the error too."""
    buffer = buffer_of("a")
    buffer.end(ValueError())
    buffer.discard()
    assert await buffer.read() is END


async def test_turn_away() -> None:
    """Turning away sends off those whose message has not come, and leaves the others theirs."""
    buffer = buffer_of("a")
    first = buffer.read()
    waiting, idle = asyncio.create_task(read_from(buffer)), buffer.read()
    await turn()
    error = TypeError("released")
    buffer.reject_requests(error)
    assert await raised_by(waiting) is error
    assert await raised_by(idle) is error
    assert await raised_by(idle) is error
    assert (await first).value == "a"


async def test_turn_away_after_the_end() -> None:
    """After the end nobody is turned away: all have their answer."""
    buffer = buffer_of()
    read = buffer.read()
    buffer.end()
    buffer.reject_requests(TypeError())
    assert await read is END


# Receiving: the mark


def test_mark() -> None:
    """The buffer is full from the mark on, until reading has brought it down to half of it."""
    calls: list[int] = []
    buffer = ReceiveBuffer(10, lambda: calls.append(buffer.size), UNCONNECTED.call_soon)
    buffer.put(["12345", "1234"])
    assert not buffer.is_full
    assert buffer.room == 1
    buffer.put(["é"])
    assert buffer.size == 11
    assert buffer.room == -1
    assert buffer.is_full
    buffer.get_nowait()
    assert buffer.is_full
    assert calls == []
    buffer.get_nowait()
    assert not buffer.is_full
    assert calls == [2]
    buffer.get_nowait()
    assert calls == [2]
    assert buffer.size == 0


# Sending


class Network:
    """Takes what is written when told to."""

    def __init__(self, mark: int = 10) -> None:
        self.amount = 0
        self.asked = 0
        self.watched = 0
        self.buffer = SendBuffer(mark, self.measure, self.watch)

    def measure(self) -> int:
        self.asked += 1
        return self.amount

    def watch(self) -> None:
        self.watched += 1

    def write(self, size: int) -> Promise[None]:
        self.amount += size
        self.buffer.estimate += size  # as Connection.write() does
        if self.buffer.estimate >= self.buffer.high_water_mark:
            self.buffer.refresh()
        return self.buffer.ready

    def take(self, size: int) -> None:
        self.amount -= size
        self.buffer.refresh()


async def test_room() -> None:
    """Below the mark there is room at once, and nobody asks the back end."""
    network = Network()
    await network.buffer.ready
    await network.write(9)
    assert (network.asked, network.watched) == (0, 0)


async def test_no_room() -> None:
    """From the mark on writes wait until the amount has fallen to half of it."""
    network = Network()
    room = network.write(10)
    assert not room.settled
    assert room is network.buffer.ready is network.write(5)
    assert network.watched == 2
    network.take(5)
    assert not room.settled
    assert network.watched == 3
    network.take(4)
    assert not room.settled
    assert network.watched == 4
    network.take(1)
    await room
    assert network.buffer.ready is room
    assert network.write(4) is room


async def test_estimate_is_corrected() -> None:
    """What has gone out meanwhile is not counted."""
    network = Network()
    network.write(9)
    network.amount = 0
    await network.write(9)
    assert network.asked == 1
    assert network.buffer.desired_size == 1


async def test_desired_size() -> None:
    """The desired size is what the mark has room for, and falls below zero."""
    network = Network()
    assert network.buffer.desired_size == 10
    network.write(4)
    assert network.buffer.desired_size == 6
    network.write(8)
    assert network.buffer.desired_size == -2


async def test_fail() -> None:
    """Those who wait for room learn that there will be none, and so do those who ask later."""
    for size in (1, 20):
        network = Network()
        room = network.write(size)
        error = ValueError("gone")
        network.buffer.fail(error)
        assert await raised_by(network.buffer.ready) is error
        if size == 20:
            assert await raised_by(room) is error
        else:
            await room
        network.buffer.refresh()
        network.take(size)
        assert await raised_by(network.buffer.ready) is error


async def test_fail_stays() -> None:
    """Of two failures the first is the one that writers learn of."""
    network = Network()
    first = ValueError("first")
    network.buffer.fail(first)
    network.buffer.fail(ValueError("second"))
    assert await raised_by(network.buffer.ready) is first
