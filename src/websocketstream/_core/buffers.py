"""The receive and send buffers: byte-counted, with a high-water mark each. Pure Python.

The way of a message to its reader: the transport puts it into the :class:`ReceiveBuffer`, where read
requests wait in a queue. As many requests are woken as there are messages; each takes its message when
its task runs, and until then the message stays in the buffer. So a read that is cancelled, at whatever
moment, has nothing to give back and loses nothing: the message is there for the next request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from itertools import islice
from types import coroutine
from typing import Any, NamedTuple

from ..errors import InvalidStateError
from .promise import CallSoon, Promise, Waiter, resolved
from .rules import Message, size_of


class ReadResult(NamedTuple):
    """The result of ``reader.read()``: a message, or the end of the stream.

    ``value`` is ``str`` for text, ``bytes`` for binary, and ``None`` at the end, when ``done``::

        value, done = await reader.read()
    """

    value: Message | None
    done: bool


END = ReadResult(None, True)


class ReadRequest:
    """A position in the queue of reads; ``error`` is set when it is rejected or withdrawn.

    Standard: Streams, "read request".
    """

    __slots__ = ("error", "waiter")

    def __init__(self) -> None:
        self.waiter: Waiter | None = None
        self.error: BaseException | None = None


class Read(Coroutine[Any, Any, ReadResult]):
    """An awaitable :class:`ReadResult`, for a read request that is in the queue.

    Cancelling the await, or dropping the object without awaiting it, withdraws the request: the message
    goes to the next one. It is a coroutine, so that ``asyncio.create_task()`` takes it.
    """

    __slots__ = ("_buffer", "_request", "_result", "_steps")

    def __init__(self, buffer: ReceiveBuffer, request: ReadRequest) -> None:
        self._buffer = buffer
        self._request = request
        self._result: ReadResult | None = None
        self._steps: Generator[Any, None, ReadResult] | None = None

    def __await__(self) -> Generator[Any, None, ReadResult]:
        if self._result is None:
            message = yield from self._buffer.wait(self._request)
            self._result = END if message is None else ReadResult(message, False)
        return self._result

    def send(self, value: None) -> Any:
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        # A task that is cancelled before its first step throws into a coroutine that has not started.
        if self._steps is None:
            self._buffer.withdraw(self._request)
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self) -> None:
        with suppress(GeneratorExit):
            self.throw(GeneratorExit)

    def __del__(self) -> None:
        if self._result is None:
            self._buffer.withdraw(self._request)


class ReceiveBuffer:
    """Messages that have arrived and were not read yet, and the queue of read requests.

    ``on_room`` is called when reading has brought the size from the high-water mark down to half of
    it: the server need not be held back any longer. ``call_soon`` resumes waiting readers.
    """

    def __init__(self, high_water_mark: int, on_room: Callable[[], None], call_soon: CallSoon) -> None:
        self.high_water_mark = high_water_mark
        self.call_soon = call_soon
        self.size: int = 0
        self.finished: Promise[None] = Promise()
        """A promise that is settled when the stream has ended and its last message was read."""
        self._messages: deque[Message] = deque()
        self._requests: deque[ReadRequest] = deque()
        self._ended = False
        self._error: BaseException | None = None
        self.is_full: bool = False
        """Set at the high-water mark; reset when reading has brought the size down to half of it."""
        self._on_room = on_room
        self._consumer: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def room(self) -> int:
        """The number of bytes below the high-water mark; zero or less when it is reached."""
        return self.high_water_mark - self.size

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages, in order. After the end they are dropped."""
        if self._ended:
            return
        size = self.size
        append = self._messages.append
        for message in messages:
            append(message)
            # size_of(), inlined: a call would cost as much as the rest of the loop.
            size += len(message) if type(message) is bytes or message.isascii() else size_of(message)
        self.size = size
        if size >= self.high_water_mark:
            self.is_full = True
        if self._requests:
            self._wake()
        elif self._consumer is not None:
            self._consumer()

    def consume(self, callback: Callable[[], None] | None) -> None:
        """Call ``callback`` whenever messages have arrived and no read is waiting for them."""
        self._consumer = callback

    def end(self, error: BaseException | None = None) -> None:
        """End the stream: the messages in the buffer can still be read, then ``error`` is raised."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()
            self._finish_if_empty()

    def discard(self) -> None:
        """Drop the messages in the buffer, and end the stream cleanly."""
        self._messages.clear()
        self.size = 0
        self.is_full = False
        self._ended, self._error = True, None
        self._wake()
        self._finish_if_empty()

    def get_nowait(self) -> Message | None:
        """Return the next message; ``None`` if there is none, or an earlier read is waiting for it."""
        if not self._messages or self._requests:
            return None
        # _pop(), inlined: this is the way of each message in a burst.
        message = self._messages.popleft()
        self.size -= len(message) if type(message) is bytes or message.isascii() else size_of(message)
        if self.is_full or self._ended:
            self._taken()
        return message

    def get_batch(self, size: int) -> list[Message]:
        """Remove and return messages until they have ``size`` bytes together, or all are taken."""
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

    def read(self) -> Read:
        """Return a read request at the end of the queue."""
        return Read(self, self.request())

    def request(self) -> ReadRequest:
        """Put a read request at the end of the queue; the caller passes it to :meth:`wait`."""
        request = ReadRequest()
        self._requests.append(request)
        return request

    @coroutine
    def wait(self, request: ReadRequest) -> Generator[Waiter, None, Message | None]:
        """Wait for the message of a read request; ``None`` is the end of the stream.

        It is a generator, and no coroutine, because it yields the future that the task waits for.
        """
        result = self.take(request)
        while result is None:
            if request.waiter is not None:
                raise RuntimeError("this read is being awaited by another task already")
            request.waiter = Waiter(self.call_soon)
            try:
                yield request.waiter
            except BaseException:
                self.withdraw(request)
                raise
            finally:
                request.waiter = None
            result = self.take(request)
        return None if isinstance(result, ReadResult) else result

    def reject_requests(self, error: BaseException) -> None:
        """Reject the read requests that no message is waiting for."""
        while not self._ended and len(self._requests) > len(self._messages):
            request = self._requests.pop()
            request.error = error
            if request.waiter is not None:
                request.waiter.wake()

    def take(self, request: ReadRequest) -> Message | ReadResult | None:
        """Remove ``request`` from the queue; return its message, :data:`END`, or ``None`` to wait.

        Raises:
            Exception: the request was rejected, or the stream has ended with an error.
        """
        messages, requests = self._messages, self._requests
        if messages and requests and requests[0] is request:
            requests.popleft()
            message = self._pop()
            if messages and requests:
                self._wake()
            return message
        if request.error is not None:
            raise request.error.with_traceback(None)
        index = requests.index(request)
        if index < len(messages):
            if any(other.waiter is not None for other in islice(requests, index)):
                # Earlier requests that are being awaited take their messages first. If one of them is
                # cancelled instead, this one moves up.
                return None
            messages.rotate(-index)
            message = self._pop()
            messages.rotate(index)
            del requests[index]
            self._wake()
            return message
        if not self._ended:
            return None
        del requests[index]
        if self._error is not None:
            request.error = self._error
            raise self._error.with_traceback(None)
        return END

    def withdraw(self, request: ReadRequest) -> None:
        """Remove a read request from the queue; those behind it move up."""
        if request in self._requests:
            self._requests.remove(request)
            request.error = InvalidStateError("this read was cancelled: read again")
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
        ready = len(self._requests) if self._ended else len(self._messages)
        for request in islice(self._requests, ready):
            if request.waiter is not None:
                request.waiter.wake()

    def _finish_if_empty(self) -> None:
        if not self._messages:
            if self._error is not None:
                self.finished.reject(self._error)
            else:
                self.finished.resolve(None)


class SendBuffer:
    """The count of bytes that were written and have not gone to the network yet.

    It is an estimate, to which each write adds. The back end is asked for the amount (``measure``) only
    when the estimate reaches the mark, since that costs as much as sending a small message. While the
    buffer is full, ``watch`` has the back end call :meth:`refresh` when the amount has fallen.
    """

    def __init__(
        self, high_water_mark: int, measure: Callable[[], int], watch: Callable[[], None]
    ) -> None:
        self.high_water_mark = high_water_mark
        self.low_water_mark: int = high_water_mark // 2
        """The size at which waiting writers are resumed. Waking one costs as much as sending many small
        messages, so they are not woken at the first byte of room."""
        self.ready: Promise[None] = resolved(None)
        """A promise that is resolved while there is room; replaced by a pending one at the mark."""
        self._measure = measure
        self._watch = watch
        self.estimate: int = 0
        """The bytes, as far as they are known. Who writes adds to it, and calls :meth:`refresh` when it
        reaches the mark."""

    @property
    def buffered_amount(self) -> int:
        """The number of bytes in the buffer, by the back end's count."""
        return self._measure()

    @property
    def desired_size(self) -> int:
        """The number of bytes below the mark; zero or less when it is reached."""
        self.refresh()
        return self.high_water_mark - self.estimate

    def refresh(self) -> None:
        """Ask the back end for the amount, and resolve or replace :attr:`ready`."""
        self.estimate = self._measure()
        enough = self.high_water_mark - 1 if self.ready.settled else self.low_water_mark
        if self.estimate <= enough:
            self.ready.resolve(None)
            return
        if self.ready.settled:
            if self.ready.exception() is not None:
                return
            self.ready = Promise()
        self._watch()

    def fail(self, error: BaseException) -> None:
        """Reject the writers that wait, and all later ones."""
        if self.ready.settled and self.ready.exception() is None:
            self.ready = Promise()
        self.ready.reject(error)
