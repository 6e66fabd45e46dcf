"""Routes that misbehave in the handshake, and one that waits for another's request. Where a client puts
up with it, they go on as /echo.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.http11 import Response
from websockets.utils import accept_key

from .connection import Connection
from .routes import echo
from .table import Query, register
from .tls import write_eof

OnRequest = Callable[[Connection, Query], Awaitable[Response | None]]
OnResponse = Callable[[Response, Query], None]


def on_request(
    path: str, *, group: str = "handshake", recorded: bool = True, **defaults: Any
) -> Callable[[OnRequest], OnRequest]:
    """Enter a route whose function answers the request itself, or delays the answer."""

    def enter(hook: OnRequest) -> OnRequest:
        hooks = {"on_request": hook, "recorded": recorded}
        register(path, group, hook.__doc__, echo, hooks=hooks, defaults=defaults)
        return hook

    return enter


def on_response(path: str, **defaults: Any) -> Callable[[OnResponse], OnResponse]:
    """Enter a route whose function spoils the response."""

    def enter(hook: OnResponse) -> OnResponse:
        register(path, "handshake", hook.__doc__, echo, hooks={"on_response": hook}, defaults=defaults)
        return hook

    return enter


@on_request("/refuse", status=403, cors=False)
async def refuse(connection: Connection, query: Query) -> Response:
    """Answers the handshake with the HTTP `status` and a short text; with cors=1 a page that asks
    over HTTP may see them.
    """
    response = connection.respond(query.status, "refused, as asked\n")
    if query.cors:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@on_request("/never-handshakes", delay_ms=4000)
async def never_handshakes(connection: Connection, query: Query) -> None:
    """Accepts the TCP connection, never answers the handshake, and ends TCP after `delay_ms`: Firefox
    keeps what the page has given up, and with six of them connects no more.
    """
    await asyncio.wait([connection.connection_lost_waiter], timeout=query.delay_ms / 1000)
    connection.abort()
    await connection.wait_closed()


@on_request("/requested", group="plain", recorded=False, id="")
async def requested(connection: Connection, query: Query) -> Response:
    """Answers over HTTP, once the request of connection `id` has come: while that one is connecting,
    browsers open no other WebSocket to the same server.
    """
    record = connection.journal.find(query.id)
    begun = asyncio.ensure_future(record.until(lambda record: record.path is not None))
    await asyncio.wait({begun, connection.connection_lost_waiter}, return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    return connection.respond(204, "")


@on_request("/drop-handshake")
async def drop_handshake(connection: Connection, query: Query) -> None:
    """Closes the TCP connection in the middle of its answer to the handshake."""
    connection.transport.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso")
    connection.cut = True
    connection.transport.close()
    await connection.wait_closed()


@on_request("/respond", data="")
async def respond(connection: Connection, query: Query) -> None:
    """Answers the handshake with the bytes `data`, in hexadecimal, and ends TCP; in them "{accept}"
    stands for the Sec-WebSocket-Accept that the client's key asks for.
    """
    assert connection.request is not None
    accept = accept_key(connection.request.headers["Sec-WebSocket-Key"])
    connection.transport.write(bytes.fromhex(query.data).replace(b"{accept}", accept.encode()))
    write_eof(connection.transport)
    connection.cut = True
    await connection.wait_closed()


@on_request("/slow-handshake", delay_ms=1000)
async def slow_handshake(connection: Connection, query: Query) -> None:
    """Answers the handshake `delay_ms` late, then goes on as /echo."""
    await asyncio.wait([connection.connection_lost_waiter], timeout=query.delay_ms / 1000)


@on_response("/no-subprotocol")
def no_subprotocol(response: Response, query: Query) -> None:
    """Selects no subprotocol, whatever is offered."""
    response.headers.pop("Sec-WebSocket-Protocol", None)


@on_response("/wrong-subprotocol")
def wrong_subprotocol(response: Response, query: Query) -> None:
    """Selects a subprotocol, "not-offered", that the client did not offer."""
    response.headers.pop("Sec-WebSocket-Protocol", None)
    response.headers["Sec-WebSocket-Protocol"] = "not-offered"


@on_response("/wrong-accept")
def wrong_accept(response: Response, query: Query) -> None:
    """Answers with a Sec-WebSocket-Accept that doesn't fit the client's key."""
    del response.headers["Sec-WebSocket-Accept"]
    response.headers["Sec-WebSocket-Accept"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="


@on_response("/unasked-extension")
def unasked_extension(response: Response, query: Query) -> None:
    """Agrees to an extension, "x-unasked", that the client did not offer."""
    response.headers["Sec-WebSocket-Extensions"] = "x-unasked"
