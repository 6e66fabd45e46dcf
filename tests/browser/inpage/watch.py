"""What a scenario may not leave behind, and how that is found out.

- proxies of Python objects that nobody destroyed, and JavaScript objects that Python still holds;
- live objects of the package, other than those that were there before;
- asyncio tasks and timers that still wait;
- anything in the console: see probe.js, and the hooks of Python that are set here.

All of it is looked at after a garbage collection and a turn of the event loop, again and again
until nothing is left or the time is up.
"""

import asyncio
import gc
import sys
import time
import traceback
import warnings
import weakref
from collections.abc import Iterable
from enum import Enum
from typing import Any

PACKAGE = "websocketstream"

MAX_OBJECTS = 6
"""Objects that are described one by one; where one is left, those that it holds are left too."""

QUICK_TURNS = 3
MIN_TURNS = 20
"""Turns of the event loop that a scenario's remains have to go away, however long they take."""


class Watch:
    """Compares the page after a scenario with the page before it."""

    def __init__(self, js_probe: Any) -> None:
        self._js_probe = js_probe
        self._loop = asyncio.get_running_loop()
        self._timers: weakref.WeakKeyDictionary[asyncio.Handle, float] = weakref.WeakKeyDictionary()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._objects: dict[int, Any] = {}
        self._js_objects = 0
        self._install()

    def _install(self) -> None:
        note = self._js_probe.note
        loop: Any = self._loop
        call_later = loop.call_later

        def traced_call_later(delay: float, *args: Any, **kwargs: Any) -> asyncio.Handle:
            handle: asyncio.Handle = call_later(delay, *args, **kwargs)
            if delay > 0:
                self._timers[handle] = time.monotonic() + delay
            return handle

        # call_at and call_soon go through it too.
        loop.call_later = traced_call_later

        def on_loop_error(loop: Any, context: dict[str, Any]) -> None:
            note("asyncio", _describe_context(context))

        loop.set_exception_handler(on_loop_error)

        def on_unraisable(unraisable: Any) -> None:
            text = "".join(
                traceback.format_exception(
                    unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback
                )
            )
            note("unraisable", f"{unraisable.err_msg or 'in'} {unraisable.object!r}\n{text}")

        sys.unraisablehook = on_unraisable

        def on_warning(message: Any, category: Any, filename: str, lineno: int, *rest: Any) -> None:
            note("warning", f"{filename}:{lineno}: {category.__name__}: {message}")

        warnings.showwarning = on_warning  # type: ignore[assignment]
        warnings.simplefilter("always")

    def begin(self) -> None:
        """Remember what is there now."""
        gc.collect()
        self._objects = {id(found): found for found in _package_objects()}
        self._tasks = asyncio.all_tasks()
        self._timers.clear()
        self._js_probe.proxies.mark()
        self._js_objects = self._js_probe.heldObjects()

    def take_records(self) -> list[tuple[str, str]]:
        """What the console got since the last time, oldest first."""
        return [(kind, text) for kind, text in self._js_probe.take().to_py()]

    async def settle(self, limit: float) -> list[str]:
        """Give what is left `limit` seconds to go away; return what stays, described."""
        deadline = time.monotonic() + limit
        await self._fence()
        late = False
        turns = 0
        while (left := self._left(describe=late)) and not late:
            # Not only turns of no length: they can starve timers, in Firefox's workers for seconds.
            await asyncio.sleep(0 if turns < QUICK_TURNS else 0.005)
            turns += 1
            # A machine that stalls may let the time pass without letting anything happen.
            late = time.monotonic() > deadline and turns >= MIN_TURNS
        return left

    async def clear(self) -> bool:
        """End the tasks and timers that were left; return whether that worked."""
        for handle in list(self._timers):
            handle.cancel()
        tasks = asyncio.all_tasks() - self._tasks
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)
        return all(task.done() for task in tasks)

    def _left(self, describe: bool) -> list[str]:
        gc.collect()
        left = [*self._left_tasks(), *self._left_timers(), *self._left_objects()]
        if proxies := self._js_probe.proxies.count():
            what = self._js_probe.proxies.describe() if describe else ""
            left.append(f"{proxies} proxies were not destroyed:\n{what}")
        if (held := self._js_probe.heldObjects() - self._js_objects) > 0:
            left.append(f"{held} more JavaScript objects are held by Python than before")
        return left

    async def _fence(self) -> None:
        """Return when every rejection so far has been reported."""
        sys.stdout.flush()
        sys.stderr.flush()
        await self._js_probe.fence()

    def _left_tasks(self) -> Iterable[str]:
        for task in asyncio.all_tasks() - self._tasks:
            yield f"a task is left: {describe_task(task)}"

    def _left_timers(self) -> Iterable[str]:
        now = time.monotonic()
        for handle, due in list(self._timers.items()):
            if not handle.cancelled() and due > now:
                yield f"a timer is left, due in {due - now:.1f} s: {handle!r}"

    def _left_objects(self) -> Iterable[str]:
        fresh = [found for found in _package_objects() if id(found) not in self._objects]
        for found in fresh[:MAX_OBJECTS]:
            owners = {type(owner).__name__ for owner in gc.get_referrers(found)}
            # Lists and generators are those of this search, more often than not.
            held = ", ".join(sorted(owners - {"generator", "list"}))
            yield f"an object of the package is left: {repr(found)[:200]}, held by: {held}"
        if len(fresh) > MAX_OBJECTS:
            yield f"… and {len(fresh) - MAX_OBJECTS} more objects of the package"


def _package_objects() -> list[Any]:
    """The live instances of the package's classes. Members of an enum live as long as their class."""
    return [
        found
        for found in gc.get_objects()
        if str(type(found).__module__).partition(".")[0] == PACKAGE and not isinstance(found, Enum)
    ]


def describe_task(task: asyncio.Task[Any]) -> str:
    """A task with the stack of what it waits for; asyncio itself shows only the first frame."""
    lines = [repr(task)]
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        frame = frame or getattr(awaited, "ag_frame", None)
        if frame is None:
            # What stands here is an iterator over the future, which does not name it.
            break
        summary = traceback.extract_stack(frame, limit=1)
        lines += [line.rstrip() for line in traceback.format_list(summary)]
        awaited = (
            getattr(awaited, "cr_await", None)
            or getattr(awaited, "gi_yieldfrom", None)
            or getattr(awaited, "ag_await", None)
        )
    return "\n".join(lines)


def _describe_context(context: dict[str, Any]) -> str:
    lines = [context.get("message") or "Unhandled exception in event loop"]
    lines += [
        f"{key}: {value!r}"
        for key, value in sorted(context.items())
        if key not in ("message", "exception")
    ]
    if exception := context.get("exception"):
        lines += traceback.format_exception(exception)
    return "\n".join(lines)
