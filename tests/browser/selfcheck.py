"""Scenarios that behave, or misbehave on purpose, to prove that the harness sees it.

They run in the page like those of tests/scenarios, but need neither the package nor the server.
`REPORTED` says what must stand in the report of each that misbehaves.
"""

import asyncio
import gc
import sys
import warnings
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any


class Skip(Exception):
    """What a scenario raises to be skipped."""


@dataclass
class Env:
    """Where the scenario runs."""

    backend: str
    server: str
    thread: str
    engine: str


@dataclass
class Scenario:
    """The same attributes as the real ones."""

    name: str
    doc: str
    run: Callable[[Env], Coroutine[Any, Any, None]]
    timeout: float
    expects: tuple[str, ...]


REPORTED: dict[str, str] = {}
_scenarios: dict[str, Scenario] = {}
_keep: list[Any] = []


def all_scenarios() -> dict[str, Scenario]:
    """Every scenario by name."""
    return _scenarios


def _scenario(reported: str = "", expects: tuple[str, ...] = ()) -> Any:
    def register(function: Callable[[Env], Coroutine[Any, Any, None]]) -> Any:
        name = function.__name__
        _scenarios[name] = Scenario(name, function.__doc__ or "", function, 30, expects)
        if reported:
            REPORTED[name] = reported
        return function

    return register


# Those that behave.


@_scenario()
async def passes(env: Env) -> None:
    await asyncio.sleep(0)


@_scenario()
async def skips(env: Env) -> None:
    raise Skip("for this reason")


@_scenario()
async def prints(env: Env) -> None:
    print("a line for the report")


@_scenario(expects=("expected noise",))
async def makes_expected_noise(env: Env) -> None:
    warnings.warn("expected noise", stacklevel=1)


@_scenario()
async def cleans_up(env: Env) -> None:
    """Proxies that are destroyed, a task that ends a little later, a timer that is cancelled."""
    from js import Object
    from pyodide.ffi import create_proxy

    create_proxy(lambda: None).destroy()
    Object.new()
    _keep.append(asyncio.create_task(asyncio.sleep(0.05)))
    _keep[-1].add_done_callback(lambda _: _keep.clear())
    asyncio.get_running_loop().call_later(60, print).cancel()


# Those that do not.


@_scenario("AssertionError\nWhere\n  env = ")
async def fails(env: Env) -> None:
    answer = 41
    assert answer == 42


@_scenario("proxies were not destroyed:\n<function forgets_a_proxy")
async def forgets_a_proxy(env: Env) -> None:
    from pyodide.ffi import create_proxy

    create_proxy(lambda: None)


@_scenario("1 more JavaScript objects are held")
async def keeps_a_js_object(env: Env) -> None:
    from js import Object

    _keep.append(Object.new())


@_scenario("an object of the package is left: <websocketstream.Left object")
async def keeps_an_object_of_the_package(env: Env) -> None:
    left = type("Left", (), {"__module__": "websocketstream"})
    _keep.append(left())


@_scenario("a task is left: <PyodideTask")
async def forgets_a_task(env: Env) -> None:
    _keep.append(asyncio.create_task(asyncio.sleep(3600)))


@_scenario("a timer is left, due in 3")
async def forgets_a_timer(env: Env) -> None:
    asyncio.get_running_loop().call_later(3600, print)


@_scenario("unhandledrejection: Error: nobody handles this")
async def rejects_without_a_handler(env: Env) -> None:
    from js import Error

    await _reject(Error.new("nobody handles this"))


@_scenario("unhandledrejection: 7")
async def rejects_with_a_number(env: Env) -> None:
    await _reject(7)


async def _reject(reason: Any) -> None:
    """Reject a promise that Python does not see: it would make a future of it, and handle it."""
    from js import Promise, setTimeout

    setTimeout(Promise.reject.bind(Promise), 0, reason)
    await asyncio.sleep(0.01)


@_scenario("error event: ")
async def raises_in_a_listener(env: Env) -> None:
    from js import Event, EventTarget
    from pyodide.ffi import create_proxy

    def listener(event: Any) -> None:
        raise ValueError("in a listener")

    proxy = create_proxy(listener)
    target = EventTarget.new()
    target.addEventListener("test", proxy)
    target.dispatchEvent(Event.new("test"))
    proxy.destroy()


@_scenario("console.error: trouble")
async def writes_to_the_console(env: Env) -> None:
    from js import console

    console.error("trouble")


@_scenario("console.warn: trouble")
async def warns_in_the_console(env: Env) -> None:
    from js import console

    console.warn("trouble")


@_scenario("stderr: trouble")
async def writes_to_stderr(env: Env) -> None:
    print("trouble", file=sys.stderr)


@_scenario("ValueError: never looked at")
async def never_retrieves_an_exception(env: Env) -> None:
    async def broken() -> None:
        raise ValueError("never looked at")

    task = asyncio.create_task(broken())
    await asyncio.sleep(0.01)
    del task


@_scenario("RuntimeWarning: coroutine 'passes' was never awaited")
async def never_awaits_a_coroutine(env: Env) -> None:
    passes(env)


@_scenario("ResourceWarning: unclosed")
async def leaves_something_unclosed(env: Env) -> None:
    warnings.warn("unclosed", ResourceWarning, stacklevel=1)


@_scenario("ZeroDivisionError")
async def raises_in_a_destructor(env: Env) -> None:
    class Broken:
        def __del__(self) -> None:
            1 / 0  # noqa: B018

    broken = Broken()
    del broken
    gc.collect()


@_scenario("harness_was_asked_to_stop")
async def cancels_itself(env: Env) -> None:
    raise asyncio.CancelledError("harness_was_asked_to_stop")


# Those that end only because the harness ends them.


async def _inner() -> None:
    await asyncio.get_running_loop().create_future()


@_scenario()
async def never_ends(env: Env) -> None:
    await _inner()


@_scenario()
async def never_ends_once_connected(env: Env) -> None:
    """Like `never_ends`; tells a server when it has begun."""
    from js import WebSocket

    _keep.append(WebSocket.new(env.server))
    await _inner()


@_scenario()
async def blocks(env: Env) -> None:
    while True:
        pass
