"""The environment of the gateway's scenarios: the libraries, and the servers to use them with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientSession
from aiohttp.client import _WSRequestContextManager
from websockets.asyncio.client import connect

import websocketstream

from ..env import BrowserEnv, Env


class LibrariesEnv(Env):
    """One world to use the libraries in."""

    in_page: bool
    """True if there is a gateway between library and server."""
    proxy: str
    """The server's URL through the proxy that does what networks do."""
    rest: str
    """The URL of the server for other HTTP requests."""
    secure: str
    """The URL of a server that echoes over TLS."""

    options: Mapping[str, Any] = {}
    """Options that each `connect()` of `websockets` gets."""

    def install(self, **options: Any) -> None:
        """Install the gateway, with the cell's back end."""
        websocketstream.install(backend=self.backend, **options)

    def connect(self, target: str, **options: Any) -> connect:
        """Connect to a route of the test server, or to a URL, with `websockets`."""
        url = self.url(target) if target.startswith("/") else target
        return connect(url, **self.options, **options)

    def session(self, **options: Any) -> ClientSession:
        """Return a session of `aiohttp`."""
        return ClientSession(**options)

    def ws_connect(self, session: ClientSession, path: str, **options: Any) -> _WSRequestContextManager:
        """Connect to a route of the test server with `aiohttp`."""
        return session.ws_connect(self.url(path), **options)

    def faulty(self, fault: str, path: str) -> str:
        """Return the URL of a route over a network with a fault."""
        return self.url(path, f"{self.proxy}/~{fault}")

    def require_page(self, why: str) -> None:
        """Skip a scenario outside of a page."""
        self.require(self.in_page, f"not in a page: {why}")


class GatewayEnv(LibrariesEnv, BrowserEnv):
    """A page or a worker in a real browser."""

    in_page = True

    def __init__(self, *, proxy: str, rest: str, secure: str, **where: str) -> None:
        super().__init__(**where)
        self.proxy, self.rest, self.secure = proxy, rest, secure
