"""A JSON-RPC server written with aiorpcX itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiorpcx import RPCSession, handler_invocation, serve_ws

from ._serving import HOST, serving

LIBRARY = "aiorpcX"
REQUIREMENTS = ("aiorpcX[ws]",)
GROUP = "websockets-17"


class Arithmetic(RPCSession):
    """Answers JSON-RPC requests."""

    async def handle_request(self, request: Any) -> Any:
        return await handler_invocation(_add if request.method == "add" else None, request)()


async def _add(a: int, b: int) -> int:
    return a + b


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with serving(serve_ws(Arithmetic, HOST, 0)) as url:
        yield url
