"""A thread whose event loop runs the libraries' servers."""

import asyncio
import importlib
import threading
from typing import Any, Self

START_LIMIT = 60.0
STOP_LIMIT = 30.0


def _module(name: str) -> Any:
    return importlib.import_module(f"{__package__}.{name}")


class ServerThread:
    """Starts the server of a library when its URL is first asked for, and stops all at the end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="library servers", daemon=True
        )
        self._urls: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(STOP_LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def missing(self, name: str) -> str | None:
        """Return why a library's server can't be started here, or None."""
        module = _module(name)
        return module.missing() if hasattr(module, "missing") else None

    def url(self, name: str) -> str:
        """Return the URL of a library's server, which is started if it does not run."""
        if name not in self._urls:
            starting = asyncio.run_coroutine_threadsafe(self._start(_module(name)), self._loop)
            self._urls[name] = starting.result(START_LIMIT)
        return self._urls[name]

    async def _start(self, module: Any) -> str:
        started: asyncio.Future[str] = self._loop.create_future()
        task = self._loop.create_task(self._run(module, started), name=module.__name__)
        self._tasks.append(task)
        waiting: list[asyncio.Future[Any]] = [started, task]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            self._tasks.remove(task)
            await task
        return await started

    async def _run(self, module: Any, started: asyncio.Future[str]) -> None:
        # A task for each: what a server enters it has to leave in the same task.
        async with module.serve() as url:
            started.set_result(url)
            await self._stopping.wait()

    async def _stop(self) -> None:
        self._stopping.set()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        if errors := [end for end in ended if isinstance(end, Exception)]:
            raise ExceptionGroup("servers of libraries have failed", errors)
