"""Starting and stopping the server, and the way of a connection from its request to its handler."""

import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, cast

from websockets.asyncio.server import Server as LibraryServer
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as library_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from . import commanded, handshake, raw, routes  # noqa: F401 - they enter their routes into the table
from .connection import Connection, Hub
from .http2 import Front
from .journal import Entry, Journal
from .proxy import Proxy
from .table import find
from .tls import server_context, wrong_contexts

HOST = "127.0.0.1"

LET_GO_SECONDS = 2.0
"""Time that a client has to go when the server reads from it again."""


class Server:
    """A running server. It listens twice: for `ws:`, and with TLS for `wss:`."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.port = 0
        self.tls_port = 0
        self._listeners: list[LibraryServer] = []
        self._held: list[socket.socket] = []
        self._proxies: list[Proxy] = []
        self._front: Front
        self._wrong_urls: dict[str, str] = {}
        self._restarting: asyncio.Task[None] | None = None

    @property
    def journal(self) -> Journal:
        return self.hub.journal

    @property
    def connections(self) -> set[Connection]:
        """Whoever is connected at the moment."""
        return self.hub.connections

    @property
    def url(self) -> str:
        """The WebSocket URL to put a route's path behind."""
        return f"ws://{HOST}:{self.port}"

    @property
    def proxy_url(self) -> str:
        """The same through a proxy that does what networks do; see proxy.py."""
        return self._proxies[0].url

    @property
    def urls(self) -> dict[str, dict[str, str]]:
        """The URLs of the ``server`` and of the ``proxy`` by scheme, and of the ``server`` on HTTP/2."""
        return {
            "ws": {"server": self.url, "proxy": self.proxy_url},
            "wss": {"server": f"wss://{HOST}:{self.tls_port}", "proxy": self._proxies[1].url},
            "http2": {"server": self._front.url},
        }

    async def start(self, port: int = 0, *, compression: bool = True) -> None:
        """Listen on loopback; port 0 picks a free one."""
        self.port, self.tls_port = self._hold(port), self._hold(0)
        await self._listen(compression)
        for context in (None, server_context()):
            proxy = Proxy(HOST, self.port, context)
            await proxy.start()
            self._proxies.append(proxy)
        self._front = Front(HOST, self.port)
        await self._front.start()

        def restart(seconds: float) -> asyncio.Task[None]:
            self._restarting = asyncio.ensure_future(self._restart(seconds, compression))
            return self._restarting

        self.hub.restart = restart
        self.hub.wrong_urls = self._listen_with_wrong_certificates

    async def _restart(self, seconds: float, compression: bool) -> None:
        """Drop whoever is connected, and listen on the same ports again after so many seconds."""
        await self._let_go()
        await self._stop_listening()
        await asyncio.sleep(seconds)
        self.hub.stopping = False
        await self._listen(compression)

    async def _stop_listening(self) -> None:
        self.hub.stopping = True  # drops whoever is accepted from now on
        for listener in self._listeners:
            listener.close(close_connections=False)
        for connection in list(self.connections):
            connection.abort()
        for _ in range(2):  # turns until nobody is accepted any more
            await asyncio.sleep(0)
        for listener in self._listeners:
            if sys.version_info >= (3, 13):
                listener.server.abort_clients()  # those in the middle of TLS's handshake
            await listener.wait_closed()
        self._listeners.clear()
        self._wrong_urls.clear()

    async def _let_go(self) -> None:
        """Read from clients that wait for it, until they are gone.

        A page may have abandoned such a connection with a write in it. Chromium's own WebSocketStream
        lives until that is read, and crashes the tab if it is dropped: in some later scenario.
        """
        stopped = [connection for connection in self.connections if connection.stopped_reading]
        for connection in stopped:
            connection.resume_reading()
        if stopped:
            gone = [asyncio.ensure_future(connection.wait_closed()) for connection in stopped]
            await asyncio.wait(gone, timeout=LET_GO_SECONDS)

    def _hold(self, port: int) -> int:
        """Keep a port from everybody else, while the server does not listen, too; return it.

        On Linux, whose programs may bind a port twice as long as only one of them listens.
        """
        if sys.platform == "linux":
            held = socket.socket()
            self._held.append(held)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((HOST, port))
            port = held.getsockname()[1]
        return port

    async def _listen(self, compression: bool) -> None:
        self.port = await self._listen_at(self.port, compression, None)
        self.tls_port = await self._listen_at(self.tls_port, compression, server_context())

    async def _listen_at(self, port: int, compression: bool, context: ssl.SSLContext | None) -> int:
        listener = await library_serve(
            _handle,
            HOST,
            port,
            ssl=context,
            compression="deflate" if compression else None,
            select_subprotocol=_first_offered,
            process_request=_admit,
            process_response=_amend,
            create_connection=cast(Any, partial(Connection, self.hub)),
            open_timeout=None,
            ping_interval=None,
            close_timeout=None,
            max_size=None,
            backlog=512,
        )
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def _listen_with_wrong_certificates(self) -> dict[str, str]:
        if not self._wrong_urls:
            for fault, context in wrong_contexts().items():
                self._wrong_urls[fault] = f"wss://{HOST}:{await self._listen_at(0, True, context)}"
        return self._wrong_urls

    async def stop(self) -> None:
        """Stop listening and drop whoever is still connected, hung or not."""
        if self._restarting is not None:
            await self._restarting
        for proxy in self._proxies:
            await proxy.stop()
        await self._front.stop()
        await self._stop_listening()
        for held in self._held:
            held.close()

    def drop_all(self) -> None:
        """Drop whoever is connected and read from; :meth:`_let_go` says why not the others."""
        for connection in list(self.connections):
            if not connection.stopped_reading:
                connection.abort()

    async def entry(self, id: str, timeout: float = 10) -> Entry:
        """What the journal says of connection `id` once it has ended, or TimeoutError."""
        record = self.journal.find(id)
        async with asyncio.timeout(timeout):
            await record.until(lambda record: False)
        return record.entry()

    async def silence(self, id: str, seconds: float) -> None:
        """Return when no message has come on connection `id` for so many seconds."""
        record = self.journal.find(id)
        seen = -1
        while seen != (seen := record.messages_received):
            await asyncio.sleep(seconds)


@asynccontextmanager
async def serve(port: int = 0, *, compression: bool = True) -> AsyncIterator[Server]:
    """Run a server in this event loop: ``async with serve() as server``."""
    server = Server()
    await server.start(port, compression=compression)
    try:
        yield server
    finally:
        await server.stop()


class ThreadedServer:
    """A server that runs in a thread of its own, for tests that have no event loop."""

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
        self.url = server.url
        self.proxy_url = server.proxy_url
        self.urls = server.urls
        self.port = server.port
        self.stop: Callable[[], object] = lambda: loop.call_soon_threadsafe(stopping.set)
        self.drop_all: Callable[[], object] = lambda: loop.call_soon_threadsafe(server.drop_all)
        self._server = server
        self._loop = loop

    def entry(self, id: str, timeout: float = 10) -> Entry:
        """What the journal says of connection `id` once it has ended, or TimeoutError."""
        answer = self._server.entry(id, timeout)
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    def wait_for_silence(self, id: str, seconds: float = 0.5) -> None:
        """Return when no message has come on connection `id` for so many seconds."""
        answer = self._server.silence(id, seconds)
        asyncio.run_coroutine_threadsafe(answer, self._loop).result()


@contextmanager
def serve_in_thread(port: int = 0, *, compression: bool = True) -> Iterator[ThreadedServer]:
    """Run a server in a thread: ``with serve_in_thread() as server``."""
    started: Future[ThreadedServer] = Future()
    stopping = asyncio.Event()

    async def run() -> None:
        try:
            async with serve(port, compression=compression) as server:
                started.set_result(ThreadedServer(server, asyncio.get_running_loop(), stopping))
                await stopping.wait()
        except OSError as error:
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="test server", daemon=True)
    thread.start()
    server = started.result()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


async def _admit(connection: ServerConnection, request: Request) -> Response | None:
    assert isinstance(connection, Connection)
    try:
        route, query = find(request.path)
    except LookupError as error:
        return connection.respond(404, f"{error}\n")
    except ValueError as error:
        return connection.respond(400, f"{error}\n")
    connection.begin(route, query)
    if route.on_request is not None:
        return cast(Response | None, await route.on_request(connection, query))
    return None


def _first_offered(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


def _amend(connection: ServerConnection, request: Request, response: Response) -> None:
    assert isinstance(connection, Connection)
    if response.status_code == 101 and connection.route.on_response is not None:
        connection.route.on_response(response, connection.query)


async def _run(connection: Connection) -> None:
    if connection.query.settled:
        # Once the client has sent something, it has taken up the connection.
        await connection.recv()
        connection.corked = connection.route.corked
    await connection.route.handler(connection, connection.query)


async def _handle(connection: ServerConnection) -> None:
    """Run the route's handler for as long as the client is there, and not a moment longer."""
    assert isinstance(connection, Connection)
    extensions = [str(extension.name) for extension in connection.protocol.extensions]
    connection.record.open(connection.subprotocol, extensions)
    handler = asyncio.ensure_future(_run(connection))
    await asyncio.wait({handler, connection.connection_lost_waiter}, return_when=asyncio.FIRST_COMPLETED)
    handler.cancel()
    with suppress(ConnectionClosed, OSError, asyncio.CancelledError):
        await handler
