"""Promises: one outcome for any number of waiters, whatever becomes of each."""

import asyncio
import gc
import traceback
from functools import partial

import pytest

from tests.unit.bench import raised_by, turn
from websocketstream._core.promise import Promise, rejected, resolved


async def test_resolve() -> None:
    """Whoever awaits, before or after, once or many times, gets the value."""
    promise: Promise[int] = Promise()
    waiters = [asyncio.create_task(get(promise)) for _ in range(3)]
    await turn()
    promise.resolve(7)
    assert await asyncio.gather(*waiters) == [7, 7, 7]
    assert await promise == await promise == promise.result() == 7
    assert promise.exception() is None


async def test_reject() -> None:
    """Whoever awaits gets the same exception object."""
    promise: Promise[int] = Promise()
    waiters = [asyncio.create_task(get(promise)) for _ in range(3)]
    await turn()
    error = ValueError("no")
    promise.reject(error)
    assert await asyncio.gather(*waiters, return_exceptions=True) == [error] * 3
    assert await raised_by(promise) is error
    assert promise.exception() is error
    with pytest.raises(ValueError, match="no"):
        promise.result()


async def test_settles_once() -> None:
    """The first outcome stays; later ones are ignored."""
    for promise in (resolved(1), rejected(ValueError())):
        before = (promise.exception(), repr(promise))
        promise.resolve(2)
        promise.reject(KeyError())
        assert (promise.exception(), repr(promise)) == before


async def test_pending() -> None:
    """There is no result before there is an outcome."""
    promise: Promise[int] = Promise()
    assert not promise.settled
    assert promise.exception() is None
    with pytest.raises(asyncio.InvalidStateError):
        promise.result()


async def test_cancelled_waiter() -> None:
    """A waiter that is cancelled leaves the promise and the other waiters alone."""
    promise: Promise[int] = Promise()
    one, other = asyncio.create_task(get(promise)), asyncio.create_task(get(promise))
    await turn()
    one.cancel()
    assert isinstance(await raised_by(one), asyncio.CancelledError)
    assert not promise.settled
    promise.resolve(7)
    assert await other == 7


async def test_waiter_cancelled_as_it_settles() -> None:
    """A waiter can be cancelled and served in the same turn, in either order."""
    for order in ("settle first", "cancel first"):
        promise: Promise[int] = Promise()
        waiter = asyncio.create_task(get(promise))
        await turn()
        if order == "cancel first":
            waiter.cancel()
        promise.resolve(7)
        waiter.cancel()
        assert isinstance(await raised_by(waiter), asyncio.CancelledError)
        assert await promise == 7


async def test_timeout() -> None:
    """Giving up after a time leaves the promise as it was."""
    promise: Promise[int] = Promise()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(promise, 0.001)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await promise
    promise.resolve(7)
    assert await asyncio.wait_for(promise, 0.001) == 7


async def test_when_settled() -> None:
    """A callback is called once: when the promise settles, or at once if it has."""
    promises: tuple[Promise[int], ...] = (Promise(), Promise())
    for promise in promises:
        calls: list[str] = []
        promise.when_settled(partial(calls.append, "before"))
        assert calls == []
        if promise is promises[0]:
            promise.resolve(7)
        promise.reject(ValueError())
        promise.when_settled(partial(calls.append, "after"))
        assert calls == ["before", "after"]


async def test_never_asked(caplog: pytest.LogCaptureFixture) -> None:
    """A rejection that nobody asks for is not complained about."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    rejected(ValueError())
    gc.collect()
    await turn()
    assert complaints == []
    assert caplog.records == []


async def test_traceback_does_not_grow() -> None:
    """Raising the same exception again and again does not lengthen its traceback."""
    promise = rejected(ValueError())
    lengths = set()
    for _ in range(5):
        error = await raised_by(promise)
        lengths.add(len(traceback.extract_tb(error.__traceback__)))
    assert len(lengths) == 1


@pytest.mark.parametrize(
    ("promise", "shown"),
    [
        (Promise(), "<Promise pending>"),
        (resolved("here"), "<Promise resolved 'here'>"),
        (rejected(ValueError("no")), "<Promise rejected ValueError('no')>"),
    ],
)
def test_repr(promise: Promise[object], shown: str) -> None:
    """Its repr tells how it stands."""
    assert repr(promise) == shown


async def get[T](promise: Promise[T]) -> T:
    return await promise
