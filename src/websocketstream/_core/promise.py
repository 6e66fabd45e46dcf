"""A promise for asyncio: one outcome that any number of tasks can await, any number of times.

An :class:`asyncio.Future` as a public attribute would not do: a task that times out on it cancels it for
all, and an exception that nobody retrieves is logged. Imports nothing of the package.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

type Step = Callable[[Any], object]
"""The function that resumes a task: its argument is the future that the task has waited for."""

type CallSoon = Callable[[Step, Any, Context], object]
"""A function that calls a step with its argument in the next turn of the event loop, in that context."""

_NOTHING: Any = iter(())
"""An iterator that is exhausted: what ``__await__`` returns if there is nothing to wait for."""


class Waiter:
    """A future for one task, which waits until :meth:`wake`.

    The task's coroutine yields it. When the task is resumed it calls :meth:`result`.

    An :class:`asyncio.Future` resumes its task through the event loop, which is slow in a browser:
    Pyodide makes a new proxy each time. A waiter uses the transport's ``call_soon``.
    """

    __slots__ = ("_asyncio_future_blocking", "_call_soon", "_cancelled", "_context", "_loop", "_step")

    def __init__(self, call_soon: CallSoon) -> None:
        self._asyncio_future_blocking = True
        self._call_soon: CallSoon | None = call_soon
        self._cancelled: asyncio.CancelledError | None = None
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Resume the task. After the first call, or after :meth:`cancel`, it does nothing."""
        call_soon, self._call_soon = self._call_soon, None
        if call_soon is not None:
            try:
                call_soon(self._step, self, self._context)
            except Exception:  # It is JavaScript's. asyncio's is slower, but does not fail.
                self._loop.call_soon(self._step, self, context=self._context)

    # What asyncio's tasks use of a future. There is no get_loop(), so they read `_loop`: one call less.

    def add_done_callback(self, step: Step, *, context: Context) -> None:
        self._step, self._context = step, context

    def result(self) -> None:
        if self._cancelled is not None:
            raise self._cancelled

    def cancel(self, msg: Any = None) -> bool:
        if self._call_soon is None:
            return False
        self._call_soon = None
        self._cancelled = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._loop.call_soon(self._step, self, context=self._context)
        return True


class Promise[T]:
    """An outcome, now or later. Await it; cancelling one waiter has no effect on the others."""

    __slots__ = ("_callbacks", "_error", "_value", "_waiters", "settled")

    def __init__(self) -> None:
        self.settled: bool = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._callbacks: list[Callable[[], None]] = []

    def resolve(self, value: T) -> None:
        """Settle with a value. A promise settles once: later calls do nothing."""
        if not self.settled:
            self._value = value
            self._settle()

    def reject(self, error: BaseException) -> None:
        """Settle with an exception. A promise settles once: later calls do nothing."""
        if not self.settled:
            self._error = error
            self._settle()

    def _settle(self) -> None:
        self.settled = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception as error:  # Whoever settles the promise has more to do.
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "Exception in the callback of a promise", "exception": error}
                )

    def when_settled(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the promise is settled, which may be at once."""
        if self.settled:
            callback()
        else:
            self._callbacks.append(callback)

    def result(self) -> T:
        """Return the value or raise the exception.

        Raises:
            asyncio.InvalidStateError: it is not settled yet.
        """
        if not self.settled:
            raise asyncio.InvalidStateError("the promise is not settled yet")
        if self._error is not None:
            # It may be raised many times: the traceback must not grow each time.
            raise self._error.with_traceback(None)
        return self._value  # type: ignore[return-value]

    def exception(self) -> BaseException | None:
        """Return the exception; ``None`` if there is none, or none yet."""
        return self._error

    def __await__(self) -> Generator[Any, None, T]:
        if self.settled and self._error is None and self._value is None:
            return _NOTHING  # type: ignore[no-any-return]  # Saves a generator for each message sent.
        return self._wait()

    def _wait(self) -> Generator[Any, None, T]:
        if not self.settled:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        return self._value if self._error is None else self.result()  # type: ignore[return-value]

    def __repr__(self) -> str:
        if not self.settled:
            return "<Promise pending>"
        if self._error is not None:
            return f"<Promise rejected {self._error!r}>"
        return f"<Promise resolved {self._value!r}>"


def resolved[T](value: T) -> Promise[T]:
    """Return a promise that is resolved already."""
    promise: Promise[T] = Promise()
    promise.resolve(value)
    return promise


def rejected(error: BaseException) -> Promise[Any]:
    """Return a promise that is rejected already."""
    promise: Promise[Any] = Promise()
    promise.reject(error)
    return promise
