"""The Python clients, each used the way its makers mean it to be used."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal, Self

import js
import niquests
import pyscript
from pyodide.ffi import to_js

from websocketstream import ReadableStreamDefaultReader, WebSocketStream

from .client import Client, Handlers, Iterated
from .handwritten import Handwritten
from .libraries import Aiohttp, Websockets
from .tally import Message, Tally


class Ours(Iterated):
    """This package: the stream's own methods."""

    def __init__(self, stream: WebSocketStream) -> None:
        self._stream = self.messages = stream
        self.read, self.write = stream.recv, stream.send

    @classmethod
    async def open(cls, url: str, backend: Literal["native", "polyfill"], **options: Any) -> Self:
        stream = WebSocketStream(url, backend=backend, **options)
        await stream.opened
        return cls(stream)

    async def close(self) -> None:
        self._stream.close()
        await self._stream.closed


class OurStreams(Ours):
    """This package: a reader, a writer, and iteration over the readable stream, as in the standard."""

    def __init__(self, stream: WebSocketStream) -> None:
        super().__init__(stream)
        self.messages = stream.readable
        self.read, self.write = self._read, stream.writable.get_writer().write
        self._reader: ReadableStreamDefaultReader | None = None

    async def _read(self) -> Any:
        reader = self._reader = self._reader or self._stream.readable.get_reader()
        return (await reader.read()).value


class Naive(Client):
    """The browser's WebSocketStream, its promises awaited one by one."""

    def __init__(self, js_stream: Any, js_opened: Any) -> None:
        self._js_stream = js_stream
        self._js_reader = js_opened.readable.getReader()
        self._js_writer = js_opened.writable.getWriter()
        self.read, self.write = self._read, self._write

    @classmethod
    async def open(cls, url: str) -> Self:
        js_stream = js.WebSocketStream.new(url)
        return cls(js_stream, await js_stream.opened)

    async def _read(self) -> Any:
        value = (await self._js_reader.read()).value
        return value if isinstance(value, str) else value.to_bytes()

    async def _write(self, message: Message) -> None:
        await self._js_writer.write(to_js(message))

    async def close(self) -> None:
        self._js_stream.close()
        await self._js_stream.closed


class PyScript(Handlers):
    """`pyscript.WebSocket`, by its handlers."""

    def __init__(self, socket: Any) -> None:
        super().__init__()
        self._socket = socket
        socket.onmessage = lambda event: self.queue.put_nowait(event.data)

    @classmethod
    async def open(cls, url: str) -> Self:
        opened = asyncio.Event()
        socket = pyscript.WebSocket(url=url, onopen=lambda event: opened.set())
        await opened.wait()
        return cls(socket)

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        received = asyncio.Event()

        def on_message(event: Any) -> None:
            tally.add(event.data)
            if tally.messages == count:
                received.set()

        self._socket.onmessage = on_message
        await received.wait()
        return tally

    async def send(self, message: Message, count: int) -> None:
        socket = self._socket
        for _ in range(count):
            socket.send(message)

    async def close(self) -> None:
        closed = asyncio.Event()
        self._socket.onclose = lambda event: closed.set()
        self._socket.close()
        await closed.wait()


class Niquests(Client):
    """`niquests`, which has a WebSocket of its own for Pyodide. Its `close()` waits for nothing."""

    def __init__(self, session: niquests.AsyncSession, extension: Any) -> None:
        self._session, self._extension = session, extension
        self.read, self.write = extension.next_payload, extension.send_payload

    @classmethod
    async def open(cls, url: str) -> Self:
        session = niquests.AsyncSession()
        return cls(session, (await session.get(url)).extension)

    async def close(self) -> None:
        await self._extension.close()
        await self._session.close()


CLIENTS: dict[str, Callable[[str], Awaitable[Client]]] = {
    "ours-native": partial(Ours.open, backend="native"),
    "ours-polyfill": partial(Ours.open, backend="polyfill"),
    "ours-native-no-run-sync": partial(Ours.open, backend="native", run_sync=False),
    "ours-polyfill-no-run-sync": partial(Ours.open, backend="polyfill", run_sync=False),
    "streams-native": partial(OurStreams.open, backend="native"),
    "streams-polyfill": partial(OurStreams.open, backend="polyfill"),
    "naive": Naive.open,
    "pyscript": PyScript.open,
    "handwritten": Handwritten.open,
    "niquests": Niquests.open,
    "websockets": Websockets.open,
    "aiohttp": Aiohttp.open,
}
