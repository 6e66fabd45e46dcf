"""HTTP and WebSockets on one port: the server side of `aiohttp`, with a route for each thing to try."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import WSMsgType, web

from ._cors import allowing
from ._serving import aiohttp_server

LIBRARY = "aiohttp"
REQUIREMENTS = ("aiohttp",)
GROUP = "websockets-17"
CHECKS = ("a_server_is_down", "a_header_is_refused", "redirects_are_followed")

routes = web.RouteTableDef()


@routes.get("/items/{number}")
async def item(request: web.Request) -> web.Response:
    """Answer with what was asked for."""
    answer = {"number": int(request.match_info["number"]), "query": dict(request.query)}
    return web.json_response(answer, headers={"X-Items": "7"})


@routes.post("/items")
async def add(request: web.Request) -> web.Response:
    return web.json_response({"added": await request.json()}, status=201)


@routes.post("/form")
async def form(request: web.Request) -> web.Response:
    return web.json_response({name: str(value) for name, value in (await request.post()).items()})


@routes.put("/digest")
async def digest(request: web.Request) -> web.Response:
    """Answer with the size and the hash of the body."""
    body = hashlib.sha256()
    size = 0
    async for chunk in request.content.iter_any():
        body.update(chunk)
        size += len(chunk)
    return web.json_response({"size": size, "sha256": body.hexdigest()})


@routes.get("/lines")
async def lines(request: web.Request) -> web.StreamResponse:
    """Send a line each few milliseconds."""
    response = web.StreamResponse(headers={"Access-Control-Allow-Origin": "*"})
    await response.prepare(request)
    with suppress(ConnectionResetError):
        for number in range(int(request.query["count"])):
            await response.write(b"line %d\n" % number)
            await asyncio.sleep(0.005)
    return response


@routes.get("/compressed")
async def compressed(request: web.Request) -> web.Response:
    response = web.json_response({"text": "again and " * 1000})
    response.enable_compression(web.ContentCoding.gzip)
    return response


@routes.get("/never")
async def never(request: web.Request) -> web.Response:
    """Answer when the client has gone, that is not at all."""
    await asyncio.sleep(3600)
    raise AssertionError("unreachable")


@routes.get("/forbidden")
async def forbidden(request: web.Request) -> web.Response:
    return web.json_response({"error": "not for you"}, status=403)


@routes.get("/moved")
async def moved(request: web.Request) -> web.Response:
    raise web.HTTPFound("/items/7")


@routes.get("/socket")
async def socket(request: web.Request) -> web.WebSocketResponse:
    """Echo messages; close as asked by "close 4001 reason"."""
    websocket = web.WebSocketResponse(protocols=("v2",), heartbeat=5)
    await websocket.prepare(request)
    async for message in websocket:
        if message.type is WSMsgType.BINARY:
            await websocket.send_bytes(message.data)
        elif message.data.startswith("close "):
            _, code, *reason = message.data.split()
            await websocket.close(code=int(code), message=" ".join(reason).encode())
        else:
            await websocket.send_str(message.data)
    return websocket


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    app = web.Application(middlewares=[allowing("content-type", "x-client")])
    app.add_routes(routes)
    async with aiohttp_server(app) as url:
        yield url
