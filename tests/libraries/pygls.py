"""A language server written with `pygls` itself."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lsprotocol import types as lsp
from pygls.io_ import run_websocket
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from websockets.asyncio.server import ServerConnection

from ._serving import websockets_server

LIBRARY = "pygls"
REQUIREMENTS = ("pygls[ws]",)
GROUP = "websockets-17"


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
async def serve() -> AsyncIterator[str]:
    async with websockets_server(language) as url:
        yield url
