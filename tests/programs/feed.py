"""A program written for the `websockets` library, from version 13 on, which knows nothing of browsers.

It sends, receives, iterates, reconnects, catches errors and cancels, and prints what it sees. Tests
run it with the library on CPython and in a page, and compare.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import (
    ConcurrencyError,
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)
from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.version import version as __version__


async def talk(server: str) -> None:
    async with connect(f"{server}/echo", subprotocols=[Subprotocol("v2")]) as websocket:
        print("connected:", websocket.state is State.OPEN, websocket.subprotocol)
        for message in ("hello", b"\x00\xff", ["in ", "parts"], "Straße → 🏠", "", b"x" * 70_000):
            await websocket.send(message)
            received = await websocket.recv()
            print("received:", received if len(received) < 100 else (type(received), len(received)))
        try:
            async with asyncio.timeout(0.05):
                await websocket.recv()
        except TimeoutError:
            print("nothing yet")
        await websocket.send("and now?")
        print("received:", await websocket.recv())
    print("closed:", websocket.protocol.close_code, websocket.state is State.CLOSED)


async def stream(server: str) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield b"part %d " % number

    async with connect(f"{server}/echo") as websocket:
        await websocket.send(parts())
        received: list[Any] = [part async for part in websocket.recv_streaming()]
        print("received:", b"".join(received))
        waiting = asyncio.create_task(websocket.recv())
        await asyncio.sleep(0)
        try:
            await websocket.recv()
        except ConcurrencyError as error:
            print("one at a time:", error)
        await websocket.send("for the first")
        print("received:", await waiting)


async def ping(server: str) -> None:
    async with connect(f"{server}/echo") as websocket:
        latency = await (await websocket.ping("are you there?"))
        print("pong:", 0 <= latency < 5, websocket.latency == latency)
        twice = [await websocket.ping(), await websocket.ping()]
        print("pongs:", [await pong < 5 for pong in twice])

    pongs = asyncio.Semaphore(0)

    class Counting(ClientConnection):
        async def ping(self, data: Any = None) -> Any:
            pong: Any = await super().ping(data)
            pong.add_done_callback(lambda _: pongs.release())
            return pong

    async with connect(f"{server}/echo", create_connection=Counting, ping_interval=0.01) as websocket:
        for _ in range(3):
            await pongs.acquire()
        print("kept alive:", websocket.state is State.OPEN)


async def transport(server: str) -> None:
    class Shouting(ClientConnection):
        async def shout(self, text: str) -> None:
            await self.send(text.upper())

    async with connect(f"{server}/echo", create_connection=Shouting, write_limit=1000) as websocket:
        assert isinstance(websocket, Shouting)
        await websocket.shout("hello")
        print("received:", await websocket.recv())
        print("limits:", websocket.transport.get_write_buffer_limits())
        print("buffered:", websocket.transport.get_write_buffer_size())
        print("closing:", websocket.transport.is_closing())
        print("to:", websocket.remote_address[1] == urlsplit(server).port)
    print("closing:", websocket.transport.is_closing())


async def listen(server: str) -> None:
    async with connect(f"{server}/send?count=3&size=1") as websocket:
        async for message in websocket:
            print("message:", message)
    print("the server has closed:", websocket.protocol.close_code)
    async with connect(f"{server}/send?count=300&size=1000&kind=binary", max_queue=4) as websocket:
        await asyncio.sleep(0.05)
        print("messages:", len([message async for message in websocket]))


async def tell_everyone(server: str) -> None:
    async with connect(f"{server}/echo") as one, connect(f"{server}/echo") as two:
        broadcast({one, two}, "to all")
        print("received:", await one.recv(), await two.recv())


async def close(server: str) -> None:
    paths = ("/close", "/close?code=1011&reason=broken", "/close?code=4001", "/close?code=1001")
    for path in (*paths, "/close?code=1000&reason=over", "/reset-on-message"):
        async with connect(server + path) as websocket:
            try:
                await websocket.send("is anybody there?")
                await websocket.recv()
            except (ConnectionClosedOK, ConnectionClosedError) as error:
                print("closed:", type(error).__name__, error, error.rcvd, error.sent)
    for code in (CloseCode.GOING_AWAY, 1000, 4002, CloseCode.POLICY_VIOLATION):
        websocket = await connect(f"{server}/echo")
        await websocket.close(code, "home time")
        try:
            await websocket.send("one more thing")
        except ConnectionClosed as error:
            print("closed:", type(error).__name__, error, error.rcvd, error.rcvd_then_sent)
    websocket = await connect(f"{server}/echo", max_size=100)
    await websocket.send("x" * 101)
    try:
        await websocket.recv()
    except ConnectionClosed as error:
        assert error.sent is not None
        print("too big:", error.sent.code is CloseCode.MESSAGE_TOO_BIG, error.rcvd)


async def reconnect(server: str) -> None:
    received: list[str | bytes] = []
    async for websocket in connect(f"{server}/send?count=2&size=1&code=4012"):
        try:
            async for message in websocket:
                received.append(message)
        except ConnectionClosed as error:
            assert error.rcvd is not None
            print("again, after", error.rcvd.code)
            if len(received) < 6:
                continue
        break
    print("received:", received)

    def give_up(error: Exception) -> Exception | None:
        print("asked about:", type(error).__name__)
        return RuntimeError("enough")

    try:
        async for _ in connect(f"{server}/refuse?status=503&cors=1", process_exception=give_up):
            raise AssertionError("connected")
    except RuntimeError as error:
        print("given up:", error, "because of", type(error.__cause__).__name__)


async def cancel(server: str) -> None:
    async with connect(f"{server}/echo") as websocket:
        task = asyncio.create_task(websocket.recv())
        await asyncio.sleep(0.01)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            print("cancelled")
        await websocket.send("not lost")
        print("received:", await websocket.recv())
    connecting = asyncio.ensure_future(_connect(f"{server}/never-handshakes"))
    await asyncio.sleep(0.05)
    connecting.cancel()
    print("connecting:", await asyncio.gather(connecting, return_exceptions=True))


async def _connect(url: str) -> ClientConnection:
    return await connect(url)


async def refuse(server: str) -> None:
    try:
        await connect(server.replace("ws:", "http:"))
    except InvalidURI as error:
        print("invalid:", error.msg)
    try:
        await connect(f"{server}/refuse?status=403&cors=1")
    except InvalidStatus as error:
        print("refused:", error.response.status_code, error)
    try:
        await connect("ws://127.0.0.1:4/")
    except (OSError, EOFError, InvalidHandshake):
        print("nobody there")
    try:
        await connect(f"{server}/never-handshakes", open_timeout=0.05)
    except TimeoutError as timeout:
        print("timeout:", timeout)


async def log(server: str) -> None:
    class Frames(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = record.getMessage()
            if line.startswith(("= connection", "> TEXT", "> CLOSE", "< TEXT", "< CLOSE")):
                print(record.levelname, line)

    logger = logging.getLogger("feed")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler := Frames())
    async with connect(f"{server}/echo", logger=logger) as websocket:
        await websocket.send("for the log")
        await websocket.recv()
    logger.removeHandler(handler)


PARTS = (
    talk,
    stream,
    ping,
    transport,
    listen,
    tell_everyone,
    close,
    reconnect,
    cancel,
    refuse,
    log,
)


async def main(server: str) -> None:
    print("websockets", __version__)
    for part in PARTS:
        print(f"# {part.__name__}")
        await part(server)
