"""The code that most programs have: `js.WebSocket` and a queue, and no library."""

import asyncio
from typing import Any, Self

import js
from pyodide.ffi import create_proxy, to_js

from .client import Handlers
from .tally import Message


class Handwritten(Handlers):
    """What such a program can't do without. It holds back neither the server nor itself."""

    def __init__(self, js_socket: Any) -> None:
        super().__init__()
        self.opened, self._closed = asyncio.Event(), asyncio.Event()
        self._js_socket = js_socket
        js_socket.binaryType = "arraybuffer"
        handlers = (self._receive, lambda event: self.opened.set(), lambda event: self._closed.set())
        self._proxies = [create_proxy(handler) for handler in handlers]
        js_socket.onmessage, js_socket.onopen, js_socket.onclose = self._proxies

    @classmethod
    async def open(cls, url: str) -> Self:
        client = cls(js.WebSocket.new(url))
        await client.opened.wait()
        return client

    def _receive(self, event: Any) -> None:
        data = event.data
        self.queue.put_nowait(data if isinstance(data, str) else data.to_bytes())

    async def send(self, message: Message, count: int) -> None:
        js_socket = self._js_socket
        for _ in range(count):
            js_socket.send(message if isinstance(message, str) else to_js(message))

    async def close(self) -> None:
        self._js_socket.close()
        await self._closed.wait()
        for proxy in self._proxies:
            proxy.destroy()
