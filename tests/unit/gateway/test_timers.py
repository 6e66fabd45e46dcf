"""Timers of the event loop, which the gateway mends."""

import asyncio
from contextvars import ContextVar, copy_context
from typing import Any

from tests.unit.gateway.bench import FakeProbes, Network
from websocketstream.gateway.loop import LoopPatch
from websocketstream.gateway.options import Options


def test_time_that_has_passed() -> None:
    """Where the loop refuses a time that has passed, as Pyodide's does, the callback runs at once."""

    class Strict(asyncio.SelectorEventLoop):
        def call_at(self, when: float, *args: Any, **options: Any) -> asyncio.TimerHandle:  # type: ignore[override]
            if when < self.time():
                raise ValueError("Can't schedule in the past")
            return super().call_at(when, *args, **options)

    LoopPatch(Strict, Options(backend=Network(), probe=FakeProbes()))
    variable: ContextVar[str] = ContextVar("variable")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        context = copy_context()
        context.run(variable.set, "the caller's")
        for when in (loop.time() - 1, loop.time() + 0.01):
            called: asyncio.Future[tuple[str, str]] = loop.create_future()

            def callback(called: asyncio.Future[tuple[str, str]], argument: str) -> None:
                called.set_result((argument, variable.get()))

            loop.call_at(when, callback, called, "an argument", context=context)
            assert await called == ("an argument", "the caller's")

    with asyncio.Runner(loop_factory=Strict) as runner:
        runner.run(main())
