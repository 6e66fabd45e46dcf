"""A server for ordinary HTTP requests, which records what it sees of them.

A page of another origin may use each route but ``/unshared``. Routes that wait for each other share a
``name`` of the client's choice.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from aiohttp import web

from ._cors import allowing
from ._serving import aiohttp_server

routes = web.RouteTableDef()
SHARED = {"Access-Control-Allow-Origin": "*"}

_told: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
_gone: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)


@routes.route("*", "/echo")
async def echo(request: web.Request) -> web.Response:
    """Answer with what was asked for."""
    body = await request.read()
    return web.json_response(
        {
            "method": request.method,
            "target": request.path_qs,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "size": len(body),
            "sha256": sha256(body).hexdigest(),
        }
    )


@routes.get("/status/{status}")
async def status(request: web.Request) -> web.Response:
    """Answer with a status, and a header of its own."""
    body = None if request.match_info["status"] in ("204", "304") else "as asked\n"
    return web.Response(status=int(request.match_info["status"]), text=body, headers={"X-Own": "yes"})


@routes.get("/pieces/{name}")
async def pieces(request: web.Request) -> web.StreamResponse:
    """Send one piece, and another once ``/next`` was asked for."""
    response = web.StreamResponse(headers=SHARED)
    await response.prepare(request)
    await response.write(b"first")
    await _told[request.match_info["name"]].wait()
    await response.write(b"second")
    return response


@routes.get("/next/{name}")
async def tell(request: web.Request) -> web.Response:
    """Have ``/pieces`` go on."""
    _told[request.match_info["name"]].set()
    return web.Response()


@routes.get("/endless/{name}")
async def endless(request: web.Request) -> web.StreamResponse:
    """Send without an end, until the client goes away."""
    response = web.StreamResponse(headers=SHARED)
    await response.prepare(request)
    try:
        while True:
            await response.write(bytes(64 * 1024))
            await asyncio.sleep(0.001)
    finally:
        _gone[request.match_info["name"]].set()


@routes.get("/gone/{name}")
async def gone(request: web.Request) -> web.Response:
    """Answer once the client of ``/endless`` has gone away."""
    await _gone[request.match_info["name"]].wait()
    return web.Response()


@routes.get("/broken")
async def broken(request: web.Request) -> web.StreamResponse:
    """Promise 100 bytes, send ten, and reset TCP."""
    response = web.StreamResponse(headers=SHARED | {"Content-Length": "100"})
    await response.prepare(request)
    await response.write(bytes(10))
    assert request.transport is not None
    await asyncio.sleep(0.05)
    request.transport.abort()
    return response


@routes.get("/compressed")
async def compressed(request: web.Request) -> web.Response:
    """Answer with a compressed text."""
    response = web.Response(text="again and " * 1000)
    response.enable_compression(web.ContentCoding.gzip)
    return response


@routes.get("/blob")
async def blob(request: web.Request) -> web.Response:
    """Answer with 250 different bytes, again and again."""
    return web.Response(body=bytes(range(250)) * int(request.query["times"]))


@routes.get("/moved")
async def moved(request: web.Request) -> web.Response:
    """Send the client to ``/echo``."""
    raise web.HTTPFound("/echo?moved=1")


@routes.get("/unshared")
async def unshared(request: web.Request) -> web.Response:
    """Answer, but not to pages of other origins."""
    return web.Response(text="for my own pages\n")


@web.middleware
async def _unless_unshared(request: web.Request, handler: object) -> web.StreamResponse:
    if request.path == "/unshared":
        return await unshared(request)
    response: web.StreamResponse = await _allow(request, handler)
    return response


_allow = allowing("content-type", "x-own", "authorization")


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    app = web.Application(middlewares=[_unless_unshared], client_max_size=64 << 20)
    app.add_routes(routes)
    async with aiohttp_server(app) as url:
        yield url.replace("ws:", "http:")
