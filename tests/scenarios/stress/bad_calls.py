"""Callers that do everything wrong. What can be called is found by introspection of the package, so
that no function can be forgotten.

Each is called with wrong types, twice, in the wrong order, from two tasks and from a callback outside
of any task, in every state of a connection. It may work; or raise an exception that says what was
wrong, and then leave the connection as it was.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import websocketstream
from websocketstream import (
    DOMException,
    ReadableStream,
    ReadableStreamDefaultReader,
    WebSocketOpenInfo,
    WebSocketStream,
    WritableStream,
    WritableStreamDefaultWriter,
)

from ..env import Env
from ..steps import assert_echoes, outcome
from .env import StressEnv
from .registry import stress

WRONG: tuple[object, ...] = (
    None,
    True,
    -1,
    1001,
    2**70,
    1.5,
    float("nan"),
    "",
    "\ud800",
    "x" * 200,
    b"\xff",
    [],
    [1, 2],
    {},
    {"a": 1},
    object(),
    print,
    int,
    ValueError("no reason"),
)

CLEAR = (TypeError, ValueError, RuntimeError, DOMException)
"""The exceptions that a wrong call may raise. Others would mean that it failed somewhere inside."""

PASSIVE = (DOMException, tuple, Warning)
"""Values that are made and read only."""

GATEWAY = ("install", "uninstall")
"""Functions that change the event loop that this program runs on; they have tests of their own."""

Call = tuple[str, Callable[..., Any]]


class Sides:
    """A connection in some state, with its public objects."""

    def __init__(self, stream: WebSocketStream, opened: WebSocketOpenInfo) -> None:
        self.stream = stream
        self.opened = opened
        self.reader = opened.readable.get_reader()
        self.writer = opened.writable.get_writer()

    def instance(self, kind: type) -> Any:
        """Return the object of that class; each public class has to be listed here."""
        return {
            WebSocketStream: self.stream,
            ReadableStream: self.opened.readable,
            WritableStream: self.opened.writable,
            ReadableStreamDefaultReader: self.reader,
            WritableStreamDefaultWriter: self.writer,
        }[kind]

    def calls(self) -> Iterator[Call]:
        """Yield each public method, and each public property as a call without arguments."""
        for kind in classes():
            if issubclass(kind, PASSIVE) or kind is websocketstream.Support:
                continue
            made = self.instance(kind)
            for name, member in inspect.getmembers(kind):
                if name.startswith("_") and name not in ("__aiter__", "__enter__", "__aenter__"):
                    continue
                label = f"{kind.__name__}.{name}"
                if isinstance(member, property):
                    yield label, _getter(made, name)
                else:
                    yield label, getattr(made, name)

    def free(self) -> None:
        """Release both locks."""
        self.reader.release_lock()
        self.writer.release_lock()


def _getter(made: object, name: str) -> Callable[[], Any]:
    return lambda: getattr(made, name)


def classes() -> list[type]:
    """The public classes."""
    return [each for _, each in functions() if inspect.isclass(each)]


def functions() -> list[tuple[str, Any]]:
    """The public functions but for the gateway's, and the classes as what makes instances."""
    names = (name for name in websocketstream.__all__ if name not in GATEWAY)
    public = [(name, getattr(websocketstream, name)) for name in names]
    return [(name, each) for name, each in public if callable(each)]


async def attempt(label: str, call: Callable[..., Any], *args: Any, **options: Any) -> object:
    """Call, and await what comes; return the exception, which must be a clear one."""
    try:
        result = call(*args, **options)
        if inspect.isawaitable(result):
            async with asyncio.timeout(0.02):
                result = await result
    except TimeoutError:
        return None  # it waits, as it may
    except Exception as error:
        assert isinstance(error, CLEAR), f"{label}{args}{options} raised {error!r}"
        assert str(error) or isinstance(error, DOMException), f"{label}{args}: an empty {error!r}"
        return error
    return result


def wrong_arguments(call: Callable[..., Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield calls with wrong values, with too many arguments, and with unknown ones."""
    try:
        parameters = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    yield (), {}
    yield (None,) * (len(parameters) + 1), {}
    yield (), {"no_such_option": 1}
    for parameter in parameters:
        for value in WRONG:
            if parameter.kind is parameter.KEYWORD_ONLY:
                yield ("/echo",), {parameter.name: value}
            elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                yield (), {parameter.name: value}


async def connected(env: Env) -> Sides:
    stream = env.stream("/echo", close_timeout=5)
    return Sides(stream, await stream.opened)


STATES = ("open", "closed", "failed", "released", "closing", "cancelled", "aborted")


async def states(env: Env, chosen: Sequence[str]) -> AsyncIterator[tuple[str, Sides]]:
    """Yield a connection in each state."""
    for state in chosen:
        if state == "failed":
            stream = env.stream("/reset-on-message")
            sides = Sides(stream, await stream.opened)
            sides.writer.write("fail")
            await outcome(stream.closed)
        else:
            sides = await connected(env)
        if state == "released":
            sides.free()
        elif state in ("closing", "closed"):
            sides.stream.close()
        elif state == "cancelled":
            sides.reader.cancel()
        elif state == "aborted":
            sides.writer.abort()
        if state == "closed":
            await sides.stream.closed
        yield state, sides


@stress
async def bad_arguments(env: StressEnv) -> None:
    """Try every wrong argument."""
    env.figures["wrong arguments"] = await wrong_arguments_are_refused(env)


@stress
async def bad_order(env: StressEnv) -> None:
    """Try every order, in the states of the option."""
    chosen = STATES[: env.asked["states"]]
    env.figures["wrong order"] = await wrong_order_is_refused(env, chosen)


async def wrong_arguments_are_refused(env: Env) -> int:
    """Wrong types raise a clear exception, and the connection goes on working."""
    calls = 0
    sides = await connected(env)
    for label in [label for label, _ in sides.calls()]:
        call = dict(sides.calls())[label]
        for args, options in wrong_arguments(call):
            calls += 1
            result = await attempt(label, dict(sides.calls())[label], *args, **options)
            if isinstance(result, Exception):
                assert not sides.stream.closed.settled, f"{label}{args} has ended the stream"
            sides.free()
            if not isinstance(await outcome(_echoes(sides.opened)), type(None)):
                assert not isinstance(result, Exception), f"{label}{args}: it does not echo any more"
                sides.stream.close()
                await outcome(sides.stream.closed)
                sides = await connected(env)
            else:
                sides = Sides(sides.stream, sides.opened)
    await _end(sides)
    for name, function in functions():
        for args, options in wrong_arguments(function):
            calls += 1
            result = await attempt(name, function, *args, **options)
            if isinstance(result, WebSocketStream):
                result.close()
                await outcome(result.closed)
    return calls


async def _echoes(opened: WebSocketOpenInfo) -> None:
    async with asyncio.timeout(5):
        await assert_echoes(opened)


async def _end(sides: Sides) -> None:
    sides.stream.close()
    await outcome(sides.stream.closed)


async def wrong_order_is_refused(env: Env, chosen: Sequence[str] = STATES) -> int:
    """In every state every function is called, twice, by two tasks, and by a callback."""
    calls = 0
    loop = asyncio.get_running_loop()
    first = await connected(env)
    for label in [label for label, _ in first.calls()]:
        async for state, sides in states(env, chosen):
            where = f"{state}: {label}"
            call = dict(sides.calls())[label]
            args = () if _needs_nothing(call) else ("text",)
            await attempt(where, call, *args)
            await attempt(where, call, *args)
            await asyncio.gather(attempt(where, call, *args), attempt(where, call, *args))
            done = loop.create_future()
            loop.call_soon(_call_and_tell, call, args, done)
            error = await done
            assert error is None or isinstance(error, CLEAR), f"{where}, in a callback: {error!r}"
            calls += 5
            sides.free()
            await _end(sides)
    await _end(first)
    return calls


def _needs_nothing(call: Callable[..., Any]) -> bool:
    parameters = inspect.signature(call).parameters.values()
    return all(each.default is not each.empty for each in parameters)


def _call_and_tell(call: Callable[..., Any], args: Any, done: asyncio.Future[Any]) -> None:
    try:
        result = call(*args)
        if inspect.iscoroutine(result):
            result.close()
    except Exception as error:
        done.set_result(error)
    else:
        done.set_result(None)
