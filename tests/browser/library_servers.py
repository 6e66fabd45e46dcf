"""Real servers for the third-party libraries of docs/libraries.md, all in one thread.

Each is what people run for such a client: ariadne under uvicorn for GraphQL, the central system of
`ocpp` for charging stations, the server side of `aiorpcX`, a language server made with `pygls`.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import aiorpcx
import uvicorn
from ariadne import SubscriptionType, gql, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLTransportWSHandler
from lsprotocol import types as lsp
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import RegistrationStatus
from pygls.io_ import run_websocket
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

HOST = "127.0.0.1"

subscription = SubscriptionType()


@subscription.source("countdown")
async def countdown(_root: Any, _info: Any, start: int) -> AsyncGenerator[int]:
    for number in range(start, -1, -1):
        yield number


@subscription.field("countdown")
def one(number: int, _info: Any, start: int) -> int:
    return number


SCHEMA = make_executable_schema(
    gql("type Query { hello: String } type Subscription { countdown(start: Int!): Int! }"), subscription
)


@asynccontextmanager
async def graphql() -> AsyncIterator[str]:
    app = GraphQL(SCHEMA, websocket_handler=GraphQLTransportWSHandler())
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, lifespan="off", log_level="error"))
    # Not its own signal handlers, which only the main thread may have.
    running = asyncio.ensure_future(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://{HOST}:{port}"
    server.should_exit = True
    await running


class CentralSystem(ChargePoint):  # type: ignore[misc]
    """Takes stations on, and answers their heartbeats."""

    @on("BootNotification")
    def on_boot(self, charge_point_model: str, charge_point_vendor: str, **more: Any) -> Any:
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(now, 300, RegistrationStatus.accepted)

    @on("Heartbeat")
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(datetime.now(UTC).isoformat())


async def charge_point(websocket: ServerConnection) -> None:
    assert websocket.request is not None
    with suppress(ConnectionClosed):
        await CentralSystem(websocket.request.path.strip("/"), websocket).start()


class Arithmetic(aiorpcx.RPCSession):  # type: ignore[misc]
    """Answers JSON-RPC requests."""

    async def handle_request(self, request: Any) -> Any:
        return await aiorpcx.handler_invocation(_add if request.method == "add" else None, request)()


async def _add(a: int, b: int) -> int:
    return a + b


class OneOfMany(LanguageServerProtocol):
    """Ends with its connection, not with the process."""

    @lsp_method(lsp.EXIT)
    def lsp_exit(self, *args: Any) -> Any:
        self._closing = asyncio.ensure_future(self.writer.close())  # type: ignore[union-attr,type-var]


async def language(websocket: ServerConnection) -> None:
    server = LanguageServer("words", "1", protocol_cls=OneOfMany)

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION)
    def complete(params: lsp.CompletionParams) -> lsp.CompletionList:
        items = [lsp.CompletionItem(label=word) for word in ("hello", "world")]
        return lsp.CompletionList(is_incomplete=False, items=items)

    await run_websocket(websocket, threading.Event(), server.protocol)


@asynccontextmanager
async def serving(server: Awaitable[Server]) -> AsyncIterator[str]:
    async with await server as running:
        (socket,) = running.sockets
        yield f"ws://{HOST}:{socket.getsockname()[1]}"


SERVERS: dict[str, Callable[[], Any]] = {
    "gql": graphql,
    "ocpp": lambda: serving(serve(charge_point, HOST, 0, subprotocols=[Subprotocol("ocpp1.6")])),
    "aiorpcX": lambda: serving(aiorpcx.serve_ws(Arithmetic, HOST, 0)),
    "pygls": lambda: serving(serve(language, HOST, 0)),
}
"""What serves each library, by the library's name."""


@contextmanager
def serve_in_thread() -> Iterator[dict[str, str]]:
    """Run all the servers in a thread; gives their URLs, by the library's name."""
    started: Future[tuple[asyncio.AbstractEventLoop, dict[str, str]]] = Future()
    stopping = asyncio.Event()

    async def run() -> None:
        async with AsyncExitStack() as stack:
            urls = {name: await stack.enter_async_context(make()) for name, make in SERVERS.items()}
            started.set_result((asyncio.get_running_loop(), urls))
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="library servers", daemon=True)
    thread.start()
    loop, urls = started.result(timeout=30)
    try:
        yield urls
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
