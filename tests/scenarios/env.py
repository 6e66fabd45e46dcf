"""What a scenario sees of the world that it runs in."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable
from typing import Any

from websocketstream import WebSocketStream

NOBODY = "ws://127.0.0.1:65535"
"""Where no server listens."""


class Skip(Exception):
    """Raised by a scenario that can't hold here, with the reason that it has found out."""


class Env:
    """One world to run scenarios in: a back end, and a server with the test routes.

    Subclasses are the fake network, CPython with the ``websockets`` library, and the browser.
    """

    kind: str
    """``"fake"``, ``"library"`` or ``"browser"``."""
    backend: Any
    """What to pass as ``backend=``."""
    receive_backpressure: bool
    """Whether the server can be held back by not reading."""
    server: str
    """The server's URL: ``ws://host:port``, no path."""

    _numbers = itertools.count(1)

    @property
    def native(self) -> bool:
        """Whether this is the browser's own WebSocketStream."""
        return bool(self.backend == "native")

    def url(self, path: str, server: str | None = None) -> str:
        """Return the URL of a route of the test server, such as ``"/echo"`` or ``"/send?count=5"``."""
        return (self.server if server is None else server) + path

    def stream(self, path: str, **options: Any) -> WebSocketStream:
        """Connect to a route of the test server."""
        stream = WebSocketStream(self.url(path), backend=self.backend, **options)
        if "settled=1" in path:
            stream.opened.when_settled(lambda: self._say_that_it_is_open(stream))
        return stream

    def _say_that_it_is_open(self, stream: WebSocketStream) -> None:
        if stream.opened.exception() is None:
            with stream.opened.result().writable.get_writer() as writer:
                writer.write("open")

    def new_id(self) -> str:
        """Return an id that no other connection has, for the ``id`` parameter and the journal."""
        return f"{next(self._numbers)}-{secrets.token_hex(4)}"

    async def journal(self, id: str, wait: str = "end", **query: Any) -> dict[str, Any]:
        """Return what the server saw of the connection with that ``id``, once it has ended."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        async with self.stream(f"/journal?id={id}&wait={wait}{more}") as opened:
            text = await anext(aiter(opened.readable))
        entry: dict[str, Any] = json.loads(text)
        return entry

    async def seen(self, id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask the journal again and again until what it says fulfils ``condition``; return that."""
        while not condition(entry := await self.journal(id, wait="no")):
            await asyncio.sleep(0.001)
        return entry

    async def requested(self, id: str) -> None:
        """Wait until the server has the handshake's request of the connection with that ``id``.

        A connection that is given up earlier can be one that WebKit keeps: it can't stop connecting
        while TLS is negotiated.
        """
        await self.seen(id, lambda entry: entry["path"] is not None)

    async def round_trip(self) -> None:
        """Go to the server and back on a connection of its own.

        What could happen at once has happened then: the bound for "this does not happen".
        """
        async with self.stream("/echo") as opened:
            with opened.writable.get_writer() as writer:
                await writer.write("there and back")
            await anext(aiter(opened.readable))

    def abort_controller(self) -> Any:
        """Return an object with ``signal`` and ``abort(reason)``, as the browser's AbortController."""
        raise NotImplementedError

    def require(self, condition: bool, reason: str) -> None:
        """Skip the scenario, with a reason that was probed, unless ``condition`` holds."""
        if not condition:
            raise Skip(reason)


class BrowserEnv(Env):
    """A page or a worker in a real browser."""

    kind = "browser"

    def __init__(self, *, backend: str, server: str, thread: str, engine: str) -> None:
        self.backend = backend
        self.server = server
        self.thread = thread
        self.engine = engine
        self.receive_backpressure = backend == "native"

    def url(self, path: str, server: str | None = None) -> str:
        """Return the URL of a route of the test server, another one at each call.

        Firefox delays connections to a path where others have failed, and most scenarios are not about
        that.
        """
        return super().url(f"/@{self.new_id()}{path}", server)

    async def requested(self, id: str) -> None:
        from js import fetch

        # While a WebSocket is connecting, browsers open no other one to the same server.
        await fetch(self.url(f"/requested?id={id}").replace("ws", "http", 1), mode="no-cors")

    def abort_controller(self) -> Any:
        from js import AbortController

        return AbortController.new()
