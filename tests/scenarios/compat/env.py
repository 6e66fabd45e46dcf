"""What a scenario sees of the world that it runs in: a client and a server."""

from __future__ import annotations

import itertools
import json
import secrets
import sys
from importlib import import_module
from typing import Any

from websocketstream import support

from ..env import Skip


class Env:
    """A client to test, and a server with the test routes.

    Args:
        package: ``"websockets"`` or ``"websocketstream"``: whose client.
        server: the server's URL: ``ws://host:port``, no path.
        options: keyword arguments of every ``connect()``, such as ``backend``.
    """

    _numbers = itertools.count(1)

    def __init__(self, package: str, server: str, **options: Any) -> None:
        self.package = package
        self.server = server
        self.options = options

    @property
    def ours(self) -> bool:
        """Whether this is our client: for the few differences that our documentation has."""
        return self.package == "websocketstream"

    @property
    def client(self) -> Any:
        """The module of the client."""
        return import_module(f"{self.package}.asyncio.client")

    @property
    def exceptions(self) -> Any:
        """The module of its exceptions."""
        return import_module(f"{self.package}.exceptions")

    @property
    def State(self) -> Any:
        """Its enumeration of states."""
        return import_module(f"{self.package}.protocol").State

    def connect(self, path: str, **options: Any) -> Any:
        """Return ``connect()`` for a route of the test server, such as ``"/echo"``."""
        return self.client.connect(self.server + path, **self.options, **options)

    @property
    def in_browser(self) -> bool:
        """Whether this is a page or a worker."""
        return sys.platform == "emscripten"

    def sync_connect(self, path: str, **options: Any) -> Any:
        """Call ``connect()`` of the synchronous client for a route of the test server."""
        client = import_module(f"{self.package}.sync.client")
        options.setdefault("legacy", True)
        return client.connect(self.server + path, **self.options, **options)

    def require_suspension(self) -> None:
        """Skip the scenario unless our client can wait here; theirs has threads."""
        self.require(not self.ours or support().jspi, "Python can't be suspended here")

    def wire(self, code: int) -> int:
        """Return what a server sees of a close with ``code``."""
        if not self.ours or code == 1000 or code >= 3000:
            return code
        return 1000 if code == 1001 else code + 3000

    def new_id(self) -> str:
        """Return an id that no other connection has, for the ``id`` parameter and the journal."""
        return f"compat-{next(self._numbers)}-{secrets.token_hex(4)}"

    async def journal(self, id: str, wait: str = "end") -> dict[str, Any]:
        """Return what the server saw of the connection with that ``id``, once it has ended."""
        async with self.connect(f"/journal?id={id}&wait={wait}") as websocket:
            entry: dict[str, Any] = json.loads(await websocket.recv())
        return entry

    def require(self, condition: bool, reason: str) -> None:
        """Skip the scenario, with a reason that was probed, unless ``condition`` holds."""
        if not condition:
            raise Skip(reason)


class BrowserEnv(Env):
    """Our client in a page or a worker of a real browser."""

    def __init__(self, *, backend: str, server: str, thread: str, engine: str) -> None:
        super().__init__("websocketstream", server, backend=backend)
