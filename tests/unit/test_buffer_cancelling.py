"""Reads that are cancelled, at whatever moment and in whatever way, lose nothing and change no order."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.unit.bench import buffer_of, read_from, turn
from websocketstream._core.buffers import END, Read, ReadResult, ReceiveBuffer
from websocketstream._core.transport import UNCONNECTED
from websocketstream.errors import InvalidStateError


def now(read: Read) -> ReadResult:
    """What a read gives without waiting."""
    try:
        read.__await__().send(None)
    except StopIteration as stop:
        result: ReadResult = stop.value
        return result
    raise AssertionError("the read has to wait")


# Receiving: cancelling


async def test_cancelled_while_waiting() -> None:
    """A read that is cancelled while it waits gets nothing, and the next one gets the message."""
    buffer = buffer_of()
    one, other = asyncio.create_task(read_from(buffer)), asyncio.create_task(read_from(buffer))
    await turn()
    one.cancel()
    await turn()
    buffer.put(["a"])
    assert (await other).value == "a"
    assert one.cancelled()


async def test_cancelled_ahead_of_a_read_that_has_just_begun() -> None:
    """A read behind one that is about to take its message lets it go first, or moves up."""
    for cancelled in (False, True):
        buffer = buffer_of()
        one = asyncio.create_task(buffer.read())
        await turn()
        other = asyncio.create_task(buffer.read())
        buffer.put(["a", "b"])
        if cancelled:
            one.cancel()
        assert (await other).value == ("a" if cancelled else "b")
        assert one.cancelled() if cancelled else one.result().value == "a"
        assert buffer.get_nowait() == ("b" if cancelled else None)


async def test_reads_that_nobody_awaits_hold_up_none() -> None:
    """Of three reads the later two get their messages while the first is not awaited."""
    buffer = buffer_of()
    first = buffer.read()
    others = [asyncio.create_task(buffer.read()) for _ in range(2)]
    await turn()
    others.append(asyncio.create_task(buffer.read()))
    buffer.put(["a", "b", "c", "d"])
    assert [(await task).value for task in others] == ["b", "c", "d"]
    assert (await first).value == "a"


async def test_cancelled_in_the_turn_of_its_message() -> None:
    """A read that is cancelled after its message came, and before it ran, leaves it to the next."""
    for order in ("message first", "cancel first"):
        buffer = buffer_of()
        one, other = asyncio.create_task(read_from(buffer)), asyncio.create_task(read_from(buffer))
        await turn()
        if order == "message first":
            buffer.put(["a"])
            one.cancel()
        else:
            one.cancel()
            buffer.put(["a"])
        assert (await other).value == "a"
        assert one.cancelled()


async def test_cancelled_before_it_ran() -> None:
    """A read that never started, in a task cancelled at once, gives its place up."""
    buffer = buffer_of("a", "b")
    for made in (asyncio.ensure_future, asyncio.create_task):
        task = made(buffer.read())
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
    assert now(buffer.read()).value == "a"


async def test_read_as_task() -> None:
    """A read can be made a task, awaited, gathered and grouped like any coroutine."""
    buffer = buffer_of(*"abcde")
    assert (await asyncio.create_task(buffer.read())).value == "a"
    both = await asyncio.gather(buffer.read(), buffer.read())
    assert [result.value for result in both] == ["b", "c"]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(buffer.read())
    assert task.result().value == "d"
    assert (await asyncio.shield(buffer.read())).value == "e"
    task = asyncio.create_task(buffer.read())
    await turn()
    task.cancel()
    buffer.put("f")
    assert (await buffer.read()).value == "f"
    for started in (False, True):
        read = buffer.read()
        if started:
            read.send(None)
        read.close()
        read.close()
        buffer.put("g")
        assert buffer.get_nowait() == "g"


async def test_dropped() -> None:
    """A read that is dropped without being awaited gives its place up."""
    buffer = buffer_of("a")
    buffer.read()
    gc.collect()
    assert buffer.get_nowait() == "a"


async def test_dropped_before_a_waiting_one() -> None:
    """Those behind a read that is dropped move up, and are woken if their message is there."""
    buffer = buffer_of("a")
    first: Read | None = buffer.read()
    task = asyncio.create_task(read_from(buffer))
    await turn()
    assert first is not None
    first = None
    gc.collect()
    assert (await task).value == "a"


async def test_taken_by_cancelled_read() -> None:
    """A read that was cancelled has no message any more, and says so."""
    buffer = buffer_of()
    read = buffer.read()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read, 0.001)
    with pytest.raises(InvalidStateError, match="read again"):
        await read
    buffer.put(["a"])
    assert buffer.get_nowait() == "a"


async def with_wait_for(buffer: ReceiveBuffer) -> ReadResult:
    return await asyncio.wait_for(buffer.read(), 0.0001)


async def with_timeout(buffer: ReceiveBuffer) -> ReadResult:
    async with asyncio.timeout(0.0001):
        return await buffer.read()


async def with_task_group(buffer: ReceiveBuffer) -> ReadResult:
    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read_from(buffer))
            group.create_task(raise_timeout())
    except* TimeoutError:
        if reading.cancelled():
            raise TimeoutError from None
    return reading.result()


async def with_wait(buffer: ReceiveBuffer) -> ReadResult:
    task = asyncio.ensure_future(buffer.read())
    await asyncio.wait([task], timeout=0.0001)
    task.cancel()
    await asyncio.wait([task])
    if task.cancelled():
        raise TimeoutError
    return task.result()


async def raise_timeout() -> None:
    await asyncio.sleep(0.0001)
    raise TimeoutError


@pytest.mark.parametrize("reading", [with_wait_for, with_timeout, with_task_group, with_wait])
async def test_polling_loses_nothing(
    reading: Callable[[ReceiveBuffer], Coroutine[Any, Any, ReadResult]],
) -> None:
    """Polling with a time limit, in whatever way, gets every message, in order."""
    buffer = buffer_of(mark=10_000)
    sent = [str(number) for number in range(200)]

    async def send() -> None:
        for number in sent:
            buffer.put([number])
            await asyncio.sleep(0.0001 if int(number) % 3 else 0)
        buffer.end()

    sending = asyncio.create_task(send())
    got = []
    while True:
        try:
            result = await reading(buffer)
        except TimeoutError:
            continue
        if result.done:
            break
        got.append(result.value)
    assert got == sent
    await sending


@settings(max_examples=100, deadline=None)
@example(["read", "turn", "read", "put", "put", "cancel first"])
@given(
    script=st.lists(
        st.sampled_from(["read", "put", "cancel first", "cancel last", "turn", "half turn"]), max_size=40
    )
)
def test_cancelling_loses_nothing(script: list[str]) -> None:
    """Whenever reads are cancelled, no message is lost and the others get theirs in order."""

    async def play() -> None:
        buffer = buffer_of(mark=10_000)
        reads: list[asyncio.Task[ReadResult]] = []
        tasks: list[asyncio.Task[ReadResult]] = []
        sent = 0
        for step in script:
            match step:
                case "read":
                    reads.append(asyncio.create_task(buffer.read()))
                    tasks.append(reads[-1])
                case "put":
                    buffer.put([str(sent)])
                    sent += 1
                case "cancel first" if tasks:
                    tasks.pop(0).cancel()
                case "cancel last" if tasks:
                    tasks.pop().cancel()
                case "turn":
                    await turn(3)
                case "half turn":
                    await turn()
        buffer.end()
        await turn(5)
        results = [task.result() for task in reads if not task.cancelled()]
        values = [result.value for result in results if not result.done]
        while (left := buffer.get_nowait()) is not None:
            values.append(left)
        assert values == [str(number) for number in range(sent)]

    asyncio.run(play())


# Receiving: against a model


class ReceiveMachine(RuleBasedStateMachine):
    """Random calls; the model is a list of messages and a list of reads."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms = 0
        self.buffer = ReceiveBuffer(20, self.room, UNCONNECTED.call_soon)
        self.messages: list[str | bytes] = []
        self.line: list[Read] = []
        self.sent = 0
        self.ended: str | None = None
        self.error: Exception | None = None
        self.full = False

    def room(self) -> None:
        self.rooms += 1

    @property
    def size(self) -> int:
        return sum(map(len, self.messages))

    def took(self) -> None:
        if self.full and self.size <= 10:
            self.full = False

    @rule(sizes=st.lists(st.integers(1, 12), max_size=4), text=st.booleans())
    def put(self, sizes: list[int], text: bool) -> None:
        new: list[str | bytes] = []
        for size in sizes:
            padded = f"{self.sent}:".ljust(size, "x")
            new.append(padded if text else padded.encode())
            self.sent += 1
        self.buffer.put(iter(new))
        if self.ended is None:
            self.messages += new
            self.full = self.full or self.size >= 20

    @rule()
    def read(self) -> None:
        self.line.append(self.buffer.read())

    @rule()
    def get_nowait(self) -> None:
        expected = self.messages.pop(0) if self.messages and not self.line else None
        self.took()
        assert self.buffer.get_nowait() == expected

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def await_one(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.line) - 1))
        waiting = self.line[index].__await__()
        if index < len(self.messages):
            assert now(self.line.pop(index)) == (self.messages.pop(index), False)
            self.took()
        elif self.ended is None:
            assert next(waiting) is not None
            with pytest.raises(GeneratorExit):
                waiting.throw(GeneratorExit)
            del self.line[index]
        elif self.error is not None:
            with pytest.raises(type(self.error)):
                now(self.line.pop(index))
        else:
            assert now(self.line.pop(index)) is END

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        self.line.pop(data.draw(st.integers(0, len(self.line) - 1)))

    @rule()
    def reject_requests(self) -> None:
        error = TypeError()
        self.buffer.reject_requests(error)
        if self.ended is None:
            for read in self.line[len(self.messages) :]:
                with pytest.raises(TypeError):
                    now(read)
            del self.line[len(self.messages) :]

    @precondition(lambda self: self.sent > 5)
    @rule(error=st.sampled_from([None, ValueError()]))
    def end(self, error: Exception | None) -> None:
        self.buffer.end(error)
        if self.ended is None:
            self.ended, self.error = "end", error

    @precondition(lambda self: self.sent > 5)
    @rule()
    def discard(self) -> None:
        self.buffer.discard()
        self.messages.clear()
        self.full = False
        self.ended, self.error = "discard", None

    @invariant()
    def agrees(self) -> None:
        assert len(self.buffer) == len(self.messages)
        assert self.buffer.size == self.size
        assert self.buffer.is_full == self.full
        if self.ended is None:
            assert not self.buffer.finished.settled
        elif not self.messages:
            assert self.buffer.finished.settled

    def teardown(self) -> None:
        """What is left is read in order."""
        self.line.clear()
        left = []
        while (message := self.buffer.get_nowait()) is not None:
            left.append(message)
        assert left == self.messages


async def test_receive_buffer_against_a_model() -> None:
    """The receive buffer agrees with a simple model, whatever is done with it."""
    run_state_machine_as_test(
        ReceiveMachine, settings=settings(max_examples=50, stateful_step_count=40, deadline=None)
    )
