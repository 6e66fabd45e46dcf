"""A program written for the `websockets` library, which knows nothing of browsers.

It sends, receives, iterates, reconnects, catches errors and cancels, and prints what it sees. Tests
run it with the library itself on CPython, and with our client in its place, and compare.
"""

import asyncio

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidHandshake, InvalidURI
from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.typing import Subprotocol


async def talk(server: str) -> None:
    async with connect(f"{server}/echo", subprotocols=[Subprotocol("v2")]) as websocket:
        print("connected:", websocket.state is State.OPEN, websocket.subprotocol)
        for message in ("hello", b"\x00\xff", ["in ", "parts"], "Straße → 🏠"):
            await websocket.send(message)
            print("received:", await websocket.recv())
        await websocket.send("as bytes")
        print("received:", await websocket.recv(decode=False))
        await (await websocket.ping())
        try:
            async with asyncio.timeout(0.05):
                await websocket.recv()
        except TimeoutError:
            print("nothing yet")
        await websocket.send("and now?")
        print("received:", await websocket.recv())
    print("closed:", websocket.close_code, websocket.state is State.CLOSED)


async def listen(server: str) -> None:
    async with connect(f"{server}/send?count=3&size=1") as websocket:
        async for message in websocket:
            print("message:", message)
    print("the server has closed:", websocket.close_code)


async def fail(server: str) -> None:
    for path in ("/close?code=1011&reason=broken", "/reset-on-message", "/close?code=4001"):
        async with connect(server + path) as websocket:
            try:
                await websocket.send("is anybody there?")
                await websocket.recv()
            except ConnectionClosedError as error:
                print("error:", error)
    websocket = await connect(f"{server}/echo", max_size=100)
    await websocket.send("x" * 101)
    try:
        await websocket.recv()
    except ConnectionClosed as error:
        assert error.sent is not None
        print("too big:", error.sent.code is CloseCode.MESSAGE_TOO_BIG, error.rcvd)
    websocket = await connect(f"{server}/echo")
    await websocket.close(CloseCode.GOING_AWAY, "home time")
    try:
        await websocket.send("one more thing")
    except ConnectionClosed as error:
        print("closed:", type(error).__name__, error)


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


async def refuse(server: str) -> None:
    try:
        await connect(server.replace("ws:", "http:"))
    except InvalidURI as error:
        print("invalid:", error.msg)
    try:
        await connect(f"{server}/refuse?status=403")
    except InvalidHandshake:
        print("refused")
    try:
        await connect(f"{server}/never-handshakes", open_timeout=0.05)
    except TimeoutError as timeout:
        print("timeout:", timeout)


async def main(server: str) -> None:
    for part in (talk, listen, fail, reconnect, cancel, refuse):
        print(f"# {part.__name__}")
        await part(server)
