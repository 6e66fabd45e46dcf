"""The gateway on CPython and a real network, with substitutes for what a browser has.

The libraries connect over the gateway, in an event loop that has its methods. Below it, the back end is
the `websockets` library, and `fetch` is `aiohttp`, over asyncio's own sockets. So what a library does
over the gateway can be compared with what it does over the network, without a browser.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import aiohttp

from tests.scenarios.gateway.env import LibrariesEnv
from tests.server.tls import client_context
from tests.worlds.fetch import FetchRequest
from tests.worlds.library import LibraryBackend
from websocketstream._backends.cpython import CPythonTransport
from websocketstream._core.transport import Events, start_timer
from websocketstream.testing import FakeAbortController

direct = ContextVar("direct", default=False)
"""True while code connects to the network itself, as the browser does."""


class PageLoop(asyncio.SelectorEventLoop):
    """The class whose methods `install()` replaces."""


class GatewayLoop(PageLoop):
    """The event loop of a page, in which the browser's own code reaches the network."""

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        cls = asyncio.SelectorEventLoop if direct.get() else PageLoop
        return await cls.create_connection(self, *args, **options)

    async def sock_connect(self, *args: Any) -> Any:
        cls = asyncio.SelectorEventLoop if direct.get() else PageLoop
        return await cls.sock_connect(self, *args)

    async def getaddrinfo(self, *args: Any, **options: Any) -> Any:
        cls = asyncio.SelectorEventLoop if direct.get() else PageLoop
        return await cls.getaddrinfo(self, *args, **options)


class NetworkBackend(LibraryBackend):
    """Connects to the network directly, as the browser does, without headers from the program."""

    sends_headers = False

    def connect(
        self,
        url: str,
        protocols: Sequence[str],
        events: Events,
        headers: Sequence[tuple[str, str]] = (),
    ) -> CPythonTransport:
        token = direct.set(True)
        try:
            return super().connect(url, protocols, events, headers)
        finally:
            direct.reset(token)

    def options(self, url: str) -> dict[str, Any]:
        options: dict[str, Any] = {"origin": "http://page.test", "proxy": None}
        if url.startswith("wss:"):
            options["ssl"] = client_context()
        return options


class Fetch(FetchRequest):
    """`fetch`, over `aiohttp`, which decodes bodies as browsers do."""

    def __post_init__(self) -> None:
        self._wanted = asyncio.Semaphore(0)
        token = direct.set(True)
        self._task = asyncio.create_task(self._run())
        direct.reset(token)

    def read(self) -> None:
        self._wanted.release()

    def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        headers, data = list(self.headers), self.body or None
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(self.method, self.url, headers=headers, data=data) as response,
            ):
                if "Access-Control-Allow-Origin" not in response.headers:
                    raise TypeError("Failed to fetch")
                self.on_head(response.status, response.reason or "", list(response.headers.items()))
                while True:
                    await self._wanted.acquire()
                    piece = await response.content.readany()
                    self.on_piece(piece or None)
        except (aiohttp.ClientError, TypeError) as error:
            self.on_error(TypeError(f"Failed to fetch: {error}"))


def probe(
    url: str, mode: str, seconds: float, on_answer: Callable[[int | None], None]
) -> Callable[[], None]:
    """Ask whether a server is there; see :func:`websocketstream._ffi.probe`."""

    async def ask() -> None:
        status: int | None = 0
        try:
            async with (
                asyncio.timeout(seconds),
                aiohttp.ClientSession() as session,
                session.get(url, allow_redirects=False) as response,
            ):
                if mode == "cors":
                    shown = "Access-Control-Allow-Origin" in response.headers
                    status = response.status if shown else None
        except TimeoutError:
            pass
        except aiohttp.ClientError:
            status = None
        on_answer(status)

    token = direct.set(True)
    task = asyncio.create_task(ask())
    direct.reset(token)

    def cancel() -> None:
        if task is not asyncio.current_task():  # it has answered, and is at its end
            task.cancel()

    return cancel


class PolicyWatch:
    """A page without a policy."""

    def directive_against(self, url: str) -> str | None:
        return None

    def close(self) -> None: ...


def browser() -> ModuleType:
    """Return a substitute for `websocketstream._ffi`."""
    module: Any = ModuleType("websocketstream._ffi")
    module.JsFetch, module.probe, module.JsPolicyWatch = Fetch, probe, PolicyWatch
    module.call_later = start_timer
    module.event_loop_class = lambda: PageLoop
    module.has_sockets = lambda: False
    module.page_url = lambda: None
    return module


class GatewayOnNetworkEnv(LibrariesEnv):
    """The libraries over the gateway, and the gateway over the network."""

    kind = "library"
    in_page = True
    receive_backpressure = True

    def __init__(self, *, server: str, proxy: str, rest: str, secure: str) -> None:
        self.server, self.proxy, self.rest, self.secure = server, proxy, rest, secure
        self.backend = NetworkBackend(server)

    def abort_controller(self) -> FakeAbortController:
        return FakeAbortController()
