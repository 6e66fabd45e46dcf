"""The receive and send buffers: byte-counted, with a high-water mark each. Pure Python.

The receive buffer also keeps the readers' places in line. A message leaves the buffer only when the
task that asked for it really takes it, so a read that is cancelled, at whatever moment, has nothing
to give back and nothing to lose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from ._promise import CallSoon, Promise, Waiter, resolved
from ._rules import Message, size_of
from .errors import InvalidStateError


class ReadResult(NamedTuple):
    """What a read gave: a message, or the end of the stream.

    ``value`` is ``str`` for text and ``bytes`` for binary, and ``None`` when ``done``.
    """

    value: Message | None
    done: bool


END = ReadResult(None, True)


class Read(Coroutine[Any, Any, ReadResult]):
    """A place in the line of readers; awaiting it gives a :class:`ReadResult`.

    Cancelling the await, or dropping the object without awaiting it, gives up the place: the
    message goes to the next in line. For asyncio it is a coroutine, so it can be made a task.
    """

    __slots__ = ("_buffer", "_place", "_result", "_steps")

    def __init__(self, buffer: ReceiveBuffer, place: _Place) -> None:
        self._buffer = buffer
        self._place = place
        self._result: ReadResult | None = None
        self._steps: Generator[Any, None, ReadResult] | None = None

    def __await__(self) -> Generator[Any, None, ReadResult]:
        if self._result is None:
            buffer, place = self._buffer, self._place
            result = buffer.take(place)
            while result is None:
                if place.waiter is not None:
                    raise RuntimeError("this read is being awaited by another task already")
                waiter = place.waiter = Waiter(buffer.call_soon)
                try:
                    yield waiter
                    waiter.result()
                except BaseException:
                    buffer.leave(place)
                    raise
                finally:
                    place.waiter = None
                result = buffer.take(place)
            self._result = result
        return self._result

    def send(self, value: None) -> Any:
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        # A task that is cancelled before it has run throws into what was not started yet.
        if self._steps is None:
            self._buffer.leave(self._place)
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self) -> None:
        with suppress(GeneratorExit):
            self.throw(GeneratorExit)

    def __del__(self) -> None:
        if self._result is None:
            self._buffer.leave(self._place)


class _Place:
    """Where a read stands in line; ``error`` is set when it was turned away."""

    __slots__ = ("error", "waiter")

    def __init__(self) -> None:
        self.waiter: Waiter | None = None
        self.error: BaseException | None = None


class ReceiveBuffer:
    """Messages that have arrived and were not read yet, and the readers in line for them.

    ``on_room`` is called when reading has brought the size from the high-water mark down to half of
    it, which is when the server need no longer be held back. ``call_soon`` has readers go on.
    """

    def __init__(self, high_water_mark: int, on_room: Callable[[], None], call_soon: CallSoon) -> None:
        self.high_water_mark = high_water_mark
        self.call_soon = call_soon
        self.size: int = 0
        self.finished: Promise[None] = Promise()
        """Resolved or rejected when the last message has been read and the stream has ended."""
        self._messages: deque[Message] = deque()
        self._line: deque[_Place] = deque()
        self._ended = False
        self._error: BaseException | None = None
        self.is_full: bool = False
        """Whether the mark was reached, and reading has not brought the size down to half of it."""
        self._on_room = on_room
        self._consumer: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages, in order. After the end they are dropped."""
        if self._ended:
            return
        size = self.size
        append = self._messages.append
        for message in messages:
            append(message)
            # The call would cost as much as the rest of the loop; size_of() has the last word.
            size += len(message) if type(message) is bytes or message.isascii() else size_of(message)
        self.size = size
        if size >= self.high_water_mark:
            self.is_full = True
        if self._line:
            self._wake()
        elif self._consumer is not None:
            self._consumer()

    def consume(self, callback: Callable[[], None] | None) -> None:
        """Have ``callback`` called whenever messages have arrived, and nobody is in line for them."""
        self._consumer = callback

    def end(self, error: BaseException | None = None) -> None:
        """No more messages will come. What is in the buffer can still be read, then ``error``."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()
            self._finish_if_empty()

    def discard(self) -> None:
        """Drop what is in the buffer, and end it cleanly."""
        self._messages.clear()
        self.size = 0
        self.is_full = False
        self._ended, self._error = True, None
        self._wake()
        self._finish_if_empty()

    def take_next(self) -> Message | None:
        """Return the next message if it can be had at once and nobody is in line for it.

        ``None`` means that one has to stand in line. This is the fast path of iteration.
        """
        if self._messages and not self._line:
            return self._pop()
        return None

    def take_batch(self, size: int) -> list[Message]:
        """Remove and return all messages, or the first of them that have ``size`` bytes together."""
        if self.size <= size:
            batch = list(self._messages)
            self._messages.clear()
            self.size = 0
        else:
            rest = self.size - size
            batch = []
            while self._messages and self.size > rest:
                batch.append(self._messages.popleft())
                self.size -= size_of(batch[-1])
        self._taken()
        return batch

    def stand_in_line(self) -> Read:
        """Return a place at the end of the line."""
        place = _Place()
        self._line.append(place)
        return Read(self, place)

    def turn_away(self, error: BaseException) -> None:
        """Turn away all who are in line and have no message waiting for them."""
        while not self._ended and len(self._line) > len(self._messages):
            place = self._line.pop()
            place.error = error
            _wake(place)

    def take(self, place: _Place) -> ReadResult | None:
        """Return what ``place`` is due, and leave the line; ``None`` when it has to wait."""
        messages, line = self._messages, self._line
        if messages and line and line[0] is place:
            line.popleft()
            message = self._pop()
            if messages and line:
                self._wake()
            return ReadResult(message, False)
        if place.error is not None:
            raise place.error.with_traceback(None)
        index = line.index(place)
        if index < len(messages):
            if any(other.waiter is not None for other in islice(line, index)):
                # They are about to take theirs. Should one be cancelled instead, this place gets it.
                return None
            messages.rotate(-index)
            message = self._pop()
            messages.rotate(index)
            del line[index]
            self._wake()
            return ReadResult(message, False)
        if not self._ended:
            return None
        del line[index]
        if self._error is not None:
            place.error = self._error
            raise self._error.with_traceback(None)
        return END

    def leave(self, place: _Place) -> None:
        """Give up a place in line; those behind move up."""
        if place in self._line:
            self._line.remove(place)
            place.error = InvalidStateError("this read was cancelled: read again")
            self._wake()

    def _pop(self) -> Message:
        message = self._messages.popleft()
        self.size -= len(message) if type(message) is bytes or message.isascii() else size_of(message)
        if self.is_full or self._ended:
            self._taken()
        return message

    def _taken(self) -> None:
        if self.is_full and self.size <= self.high_water_mark // 2:
            self.is_full = False
            self._on_room()
        if self._ended:
            self._finish_if_empty()

    def _wake(self) -> None:
        ready = len(self._line) if self._ended else len(self._messages)
        for place in islice(self._line, ready):
            _wake(place)

    def _finish_if_empty(self) -> None:
        if not self._messages:
            if self._error is not None:
                self.finished.reject(self._error)
            else:
                self.finished.resolve(None)


def _wake(place: _Place) -> None:
    if place.waiter is not None:
        place.waiter.wake()


class SendBuffer:
    """Counts the bytes that were written and have not gone to the network yet.

    Counting is by estimate: each write adds to it, and the back end is asked (``measure``) only when
    the estimate reaches the mark, since asking costs as much as sending a small message. While it is
    full, ``watch`` is called once to have :meth:`refresh` called when the amount has fallen.
    """

    def __init__(
        self, high_water_mark: int, measure: Callable[[], int], watch: Callable[[], None]
    ) -> None:
        self.high_water_mark = high_water_mark
        self.low_water_mark: int = high_water_mark // 2
        """Where those who wait for room go on: to wake them costs as much as many a message."""
        self.ready: Promise[None] = resolved(None)
        """Resolved while there is room; replaced by a pending one when there is none."""
        self._measure = measure
        self._watch = watch
        self._estimate = 0

    @property
    def buffered_amount(self) -> int:
        """How many bytes there are, as the back end says now."""
        return self._measure()

    @property
    def desired_size(self) -> int:
        """How many bytes the mark still has room for; zero or less when it is reached."""
        self.refresh()
        return self.high_water_mark - self._estimate

    def add(self, size: int) -> Promise[None]:
        """Count a write; return the promise that there is room for the next."""
        self._estimate += size
        if self._estimate >= self.high_water_mark:
            self.refresh()
        return self.ready

    def refresh(self) -> None:
        """Ask the back end how much there is, and tell those who wait for room."""
        self._estimate = self._measure()
        enough = self.high_water_mark - 1 if self.ready.settled else self.low_water_mark
        if self._estimate <= enough:
            self.ready.resolve(None)
            return
        if self.ready.settled:
            if self.ready.exception() is not None:
                return
            self.ready = Promise()
        self._watch()

    def fail(self, error: BaseException) -> None:
        """Tell those who wait, and those to come, that there will be no room any more. For good."""
        if self.ready.settled and self.ready.exception() is None:
            self.ready = Promise()
        self.ready.reject(error)
