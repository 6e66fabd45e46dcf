"""Servers that are down for some time, and how long clients take to be connected again.

Each client has an address of its own: Firefox lets one WebSocket at a time connect to an address, so a
client that is delayed would hold up the others.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from websockets.asyncio.server import Server, ServerConnection, serve

TOGETHER = 0.5
"""Seconds between the moment when all clients are connected and that at which the servers go down."""


class Outage:
    """One server, for one client."""

    def __init__(self, seconds: float, host: str) -> None:
        self.seconds = seconds
        self.url = ""
        self.connected = asyncio.Event()
        self.delay: float | None = None
        """Seconds after which the client was connected again."""
        self._host = host
        self._back_at: float | None = None
        self._server: Server

    async def listen(self, port: int = 0) -> None:
        """Listen, and write down when a client connects."""
        self._server = await serve(self._handle, self._host, port)
        self.url = "ws://{}:{}/".format(*self._server.sockets[0].getsockname())

    async def break_down(self) -> None:
        """Drop the client, and listen on the same port again later."""
        port = self._server.sockets[0].getsockname()[1]
        self._server.close(close_connections=False)
        for connection in self._server.connections:
            connection.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(self.seconds)
        await self.listen(port)
        self._back_at = asyncio.get_running_loop().time()

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _handle(self, connection: ServerConnection) -> None:
        if self._back_at is None:
            self.connected.set()
            await connection.send("hello")
        else:
            if self.delay is None:
                self.delay = asyncio.get_running_loop().time() - self._back_at
            await connection.send("again")
        await connection.wait_closed()


@contextmanager
def outages(durations: list[float]) -> Iterator[list[Outage]]:
    """Run a server for each duration in a thread; they go down once all have a client."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    found = [Outage(seconds, f"127.0.1.{number}") for number, seconds in enumerate(durations, 1)]

    async def run() -> None:
        stopping = asyncio.Event()
        for outage in found:
            await outage.listen()
        started.set_result((asyncio.get_running_loop(), stopping))
        down = asyncio.ensure_future(go_down())
        await stopping.wait()
        down.cancel()
        await asyncio.gather(down, return_exceptions=True)
        for outage in found:
            await outage.stop()

    async def go_down() -> None:
        for outage in found:
            await outage.connected.wait()
        await asyncio.sleep(TOGETHER)
        await asyncio.gather(*(outage.break_down() for outage in found))

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="outages", daemon=True)
    thread.start()
    loop, stopping = started.result(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
