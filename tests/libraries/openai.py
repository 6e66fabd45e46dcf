"""OpenAI's realtime API: the stand-in of `_openai_realtime.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from . import _openai_realtime
from ._serving import websockets_server

LIBRARY = "openai"
REQUIREMENTS = ("openai[realtime]",)
GROUP = "websockets-15"
CHECKS = ("blocking", "a_wrong_key_is_refused")
EXPECTS = ("The following transport option(s) are not supported on Emscripten",)


@asynccontextmanager
async def serve() -> AsyncIterator[str]:
    async with websockets_server(
        _openai_realtime.handle,
        process_request=_openai_realtime.check,
        select_subprotocol=_openai_realtime.select,
    ) as url:
        yield url
