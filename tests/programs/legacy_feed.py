"""A program written for the older client of `websockets`, which lives on as `websockets.legacy`.

It prints what it sees; see feed.py.
"""

import asyncio
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from websockets.exceptions import (  # type: ignore[attr-defined]
        ConnectionClosed,
        ConnectionClosedError,
        InvalidHandshake,
        InvalidStatusCode,
    )
    from websockets.legacy.client import WebSocketClientProtocol, connect
    from websockets.typing import Subprotocol
    from websockets.version import version as __version__


async def talk(server: str) -> None:
    async with connect(f"{server}/echo", subprotocols=[Subprotocol("v2")]) as websocket:
        print("connected:", websocket.open, websocket.closed, websocket.subprotocol)
        for message in ("hello", b"\x00\xff", ["in ", "parts"], "Straße → 🏠", "", b"x" * 70_000):
            await websocket.send(message)
            received = await websocket.recv()
            print("received:", received if len(received) < 100 else (type(received), len(received)))
        latency = await (await websocket.ping(b"are you there?"))
        print("pong:", 0 <= latency < 5, websocket.latency == latency)
        try:
            await asyncio.wait_for(websocket.recv(), 0.05)
        except TimeoutError:
            print("nothing yet")
        await websocket.send("and now?")
        print("received:", await websocket.recv())
        print("limits:", websocket.transport.get_write_buffer_limits())
        print("closing:", websocket.transport.is_closing())
    print("closed:", websocket.open, websocket.closed, websocket.close_code, websocket.close_reason)


async def derive(server: str) -> None:
    class Shouting(WebSocketClientProtocol):
        async def shout(self, text: str) -> None:
            await self.send(text.upper())

    async with connect(f"{server}/echo", create_protocol=Shouting) as websocket:
        assert isinstance(websocket, Shouting)
        await websocket.shout("hello")
        print("received:", await websocket.recv())


async def keep_alive(server: str) -> None:
    pongs = asyncio.Semaphore(0)

    class Counting(WebSocketClientProtocol):
        async def ping(self, data: Any = None) -> Any:
            pong: Any = await super().ping(data)
            pong.add_done_callback(lambda _: pongs.release())
            return pong

    async with connect(f"{server}/echo", create_protocol=Counting, ping_interval=0.01) as websocket:
        for _ in range(3):
            await pongs.acquire()
        print("kept alive:", websocket.open)


async def listen(server: str) -> None:
    async with connect(f"{server}/send?count=3&size=1") as websocket:
        async for message in websocket:
            print("message:", message)
    print("the server has closed:", websocket.close_code)


async def close(server: str) -> None:
    for path in ("/close", "/close?code=1011&reason=broken", "/close?code=4001", "/reset-on-message"):
        async with connect(server + path) as websocket:
            try:
                await websocket.send("is anybody there?")
                await websocket.recv()
            except ConnectionClosed as error:
                print("closed:", type(error).__name__, error)
    websocket = await connect(f"{server}/echo")
    await websocket.close(4002, "home time")
    try:
        await websocket.send("one more thing")
    except ConnectionClosedError as error:
        print("closed:", error, error.rcvd)


async def reconnect(server: str) -> None:
    received: list[str | bytes] = []
    async for websocket in connect(f"{server}/send?count=2&size=1&code=4012"):
        try:
            async for message in websocket:
                received.append(message)
        except ConnectionClosedError as error:
            assert error.rcvd is not None
            print("again, after", error.rcvd.code)
            if len(received) < 6:
                continue
        break
    print("received:", received)


async def refuse(server: str) -> None:
    try:
        await connect(f"{server}/refuse?status=403&cors=1")
    except InvalidStatusCode as error:
        print("refused:", error.status_code, error)
    try:
        await connect("ws://127.0.0.1:4/")
    except (OSError, InvalidHandshake):
        print("nobody there")
    try:
        await connect(f"{server}/never-handshakes", open_timeout=0.05)
    except TimeoutError:
        print("timeout")


PARTS = (talk, derive, keep_alive, listen, close, reconnect, refuse)


async def main(server: str) -> None:
    print("websockets", __version__)
    for part in PARTS:
        print(f"# {part.__name__}")
        await part(server)
