"""Libraries as they are on PyPI, through the gateway."""

from __future__ import annotations

from typing import Any, Self

import aiohttp
import websockets
from aiohttp import ClientSession, ClientWebSocketResponse

import websocketstream

from .client import Client, Iterated
from .tally import Message, Tally


class Websockets(Iterated):
    """The asyncio client of `websockets`. Frames are neither compressed nor limited in size."""

    def __init__(self, socket: Any) -> None:
        self._socket = self.messages = socket
        self.read, self.write = socket.recv, socket.send

    @classmethod
    async def open(cls, url: str) -> Self:
        websocketstream.install()
        return cls(await websockets.connect(url, compression=None, max_size=None))

    async def close(self) -> None:
        await self._socket.close()


class Aiohttp(Client):
    """The client of `aiohttp`."""

    def __init__(self, session: ClientSession, socket: ClientWebSocketResponse) -> None:
        self._session = session
        self._socket = socket
        self.read, self.write = self._read, self._write

    @classmethod
    async def open(cls, url: str) -> Self:
        websocketstream.install()
        session = aiohttp.ClientSession()
        return cls(session, await session.ws_connect(url, max_msg_size=0))

    async def _read(self) -> Any:
        return (await self._socket.receive()).data

    async def receive(self, count: int) -> Tally:
        tally = Tally()
        async for message in self._socket:
            tally.add(message.data)
            if tally.messages == count:
                break
        return tally

    async def _write(self, message: Message) -> None:
        await self.send(message, 1)

    async def send(self, message: Message, count: int) -> None:
        send: Any = self._socket.send_str if isinstance(message, str) else self._socket.send_bytes
        for _ in range(count):
            await send(message)

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()
