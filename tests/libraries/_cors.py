"""CORS: lets pages of other origins use a REST API."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def allowing(*headers: str) -> Any:
    """Return a middleware that lets every page use an API, with these request headers."""
    allowed = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": ", ".join(headers),
        "Access-Control-Expose-Headers": "*",
    }

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=allowed)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(allowed)
            raise
        if not response.prepared:
            response.headers.update(allowed)
        return response

    return middleware
