"""The Python clients, each used the way its makers mean it to be used."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal, Protocol, Self

import js
import pyscript
from pyodide.ffi import to_js
from wasmsockets import client as wasmsockets

from websocketstream import ReadableStreamDefaultReader, WebSocketStream

from .libraries import Aiohttp, Websockets
from .tally import Message, Tally


class Client(Protocol):
    """An open connection."""

    async def read(self) -> Any: ...

    async def receive(self, count: int) -> Tally: ...

    async def write(self, message: Message) -> None: ...

    async def send(self, message: Message, count: int) -> None: ...

    async def close(self) -> None: ...


class Ours:
    """This package: the stream's own methods."""

    def __init__(self, stream: WebSocketStream) -> None:
        self._stream = stream

    @classmethod
    async def open(cls, url: str, backend: Literal["native", "polyfill"]) -> Self:
        stream = WebSocketStream(url, backend=backend)
        await stream.opened
        return cls(stream)

    async def read(self) -> Any:
        return await self._stream.recv()

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        async for message in self._stream:
            tally.add(message)
            if tally.messages == count:
                break
        return tally

    async def write(self, message: Message) -> None:
        await self._stream.send(message)

    async def send(self, message: Message, count: int) -> None:
        stream = self._stream
        for _ in range(count):
            await stream.send(message)

    async def close(self) -> None:
        self._stream.close()
        await self._stream.closed


class OurStreams(Ours):
    """This package: a reader, a writer, and iteration over the readable stream, as in the standard."""

    def __init__(self, stream: WebSocketStream) -> None:
        super().__init__(stream)
        self._readable = stream.readable
        self._writer = stream.writable.get_writer()
        self._reader: ReadableStreamDefaultReader | None = None

    async def read(self) -> Any:
        reader = self._reader = self._reader or self._readable.get_reader()
        return (await reader.read()).value

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        async for message in self._readable:
            tally.add(message)
            if tally.messages == count:
                break
        return tally

    async def write(self, message: Message) -> None:
        await self._writer.write(message)

    async def send(self, message: Message, count: int) -> None:
        writer = self._writer
        for _ in range(count):
            await writer.write(message)


class Naive:
    """The browser's WebSocketStream, its promises awaited one by one."""

    def __init__(self, js_stream: Any, js_opened: Any) -> None:
        self._js_stream = js_stream
        self._js_reader = js_opened.readable.getReader()
        self._js_writer = js_opened.writable.getWriter()

    @classmethod
    async def open(cls, url: str) -> Self:
        js_stream = js.WebSocketStream.new(url)
        return cls(js_stream, await js_stream.opened)

    async def read(self) -> Any:
        return _py_message((await self._js_reader.read()).value)

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        reader = self._js_reader
        while tally.messages < count:
            result = await reader.read()
            tally.add(_py_message(result.value))
        return tally

    async def write(self, message: Message) -> None:
        await self._js_writer.write(to_js(message))

    async def send(self, message: Message, count: int) -> None:
        writer = self._js_writer
        for _ in range(count):
            await writer.write(to_js(message))

    async def close(self) -> None:
        self._js_stream.close()
        await self._js_stream.closed


class PyScript:
    """`pyscript.WebSocket`, by its handlers."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        socket.onmessage = lambda event: self._messages.put_nowait(event.data)

    @classmethod
    async def open(cls, url: str) -> Self:
        opened = asyncio.Event()
        socket = pyscript.WebSocket(url=url, onopen=lambda event: opened.set())
        await opened.wait()
        return cls(socket)

    async def read(self) -> Any:
        return await self._messages.get()

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

    async def write(self, message: Message) -> None:
        self._socket.send(message)

    async def send(self, message: Message, count: int) -> None:
        socket = self._socket
        for _ in range(count):
            socket.send(message)

    async def close(self) -> None:
        closed = asyncio.Event()
        self._socket.onclose = lambda event: closed.set()
        self._socket.close()
        await closed.wait()


class WasmSockets:
    """`wasmsockets`. It gives binary messages as JavaScript objects; here they are made bytes."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, url: str) -> Self:
        socket = await wasmsockets.connect(url)
        # It does not tell when it is open.
        await socket._isopen.wait()
        return cls(socket)

    async def read(self) -> Any:
        return _py_message(await self._socket.recv())

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        socket = self._socket
        while tally.messages < count:
            tally.add(_py_message(await socket.recv()))
        return tally

    async def write(self, message: Message) -> None:
        await self._socket.send(message)

    async def send(self, message: Message, count: int) -> None:
        socket = self._socket
        for _ in range(count):
            await socket.send(message)

    async def close(self) -> None:
        await self._socket.close()


def _py_message(value: Any) -> Message:
    return value if isinstance(value, str) else value.to_bytes()


CLIENTS: dict[str, Callable[[str], Awaitable[Client]]] = {
    "ours-native": partial(Ours.open, backend="native"),
    "ours-polyfill": partial(Ours.open, backend="polyfill"),
    "streams-native": partial(OurStreams.open, backend="native"),
    "streams-polyfill": partial(OurStreams.open, backend="polyfill"),
    "naive": Naive.open,
    "pyscript": PyScript.open,
    "wasmsockets": WasmSockets.open,
    "websockets": Websockets.open,
    "aiohttp": Aiohttp.open,
}
