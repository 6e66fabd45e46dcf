"""A program written for `aiohttp`, which knows nothing of browsers: HTTP first, then a WebSocket.

It prints what it sees; see feed.py.
"""

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import ClientSession, ClientTimeout, WSMsgType


async def ask(session: ClientSession, server: str) -> None:
    async with session.get(
        "/items/3", params={"sort": "up & down"}, headers={"X-Client": "7"}
    ) as answer:
        print(answer.status, answer.reason, answer.headers["X-Items"], answer.content_type)
        print(await answer.json())
    async with session.post("/items", json={"name": "Straße"}) as answer:
        print(answer.status, await answer.json())
    async with session.post("/form", data={"a": "1", "b": "2 & 3"}) as answer:
        print(answer.status, await answer.json())
    async with session.head("/items/3") as answer:
        print(answer.status, await answer.read())
    async with session.get("/compressed") as answer:
        print(answer.status, len((await answer.json())["text"]))


async def stream(session: ClientSession, server: str) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(100):
            await asyncio.sleep(0)
            yield b"%04d" % number * 256

    async with session.put("/digest", data=parts()) as answer:
        print(answer.status, await answer.json())
    async with session.put("/digest", data=io.BytesIO(b"x" * 3_000_000)) as answer:
        print(answer.status, await answer.json())
    async with session.get("/lines?count=50") as answer:
        lines = [line async for line in answer.content]
        print(answer.status, len(lines), lines[-1])
    async with session.get("/lines?count=100000") as answer:
        print("first:", await anext(aiter(answer.content)))
    print("left early:", answer.closed)


async def fail(session: ClientSession, server: str) -> None:
    async with session.get("/forbidden") as answer:
        print(answer.status, answer.ok, await answer.json())
        try:
            answer.raise_for_status()
        except aiohttp.ClientResponseError as error:
            print("error:", error.status, error.message)
    async with session.get("/nowhere") as answer:
        print(answer.status, await answer.text())
    try:
        async with session.get("/never", timeout=ClientTimeout(total=0.1)):
            raise AssertionError("it has answered")
    except TimeoutError as error:
        print("timeout:", type(error).__name__)
    task = asyncio.create_task(session.get("/never").__aenter__())
    await asyncio.sleep(0.05)
    task.cancel()
    print("cancelled:", await asyncio.gather(task, return_exceptions=True))
    try:
        await session.get("http://127.0.0.1:4/")
    except aiohttp.ClientOSError:
        print("nobody there")


async def talk(session: ClientSession, server: str) -> None:
    async with session.ws_connect("/socket", protocols=("v2",), heartbeat=1.0) as websocket:
        print("connected:", websocket.protocol, websocket.closed)
        await websocket.send_str("Straße → 🏠")
        print(await websocket.receive_str())
        await websocket.send_bytes(b"\x00\xff")
        print(await websocket.receive_bytes())
        await websocket.send_json({"answer": 42})
        print(await websocket.receive_json())
        await websocket.send_bytes(b"x" * 1_000_000)
        print(len(await websocket.receive_bytes()))
        try:
            await websocket.receive(timeout=0.05)
        except TimeoutError:
            print("nothing yet")
        try:
            async with asyncio.timeout(1.3):
                await websocket.receive()
        except TimeoutError:
            print("nothing yet, and alive:", not websocket.closed)
        await websocket.ping(b"ping")
        await websocket.send_str("still there")
        print(await websocket.receive_str())
    print("closed:", websocket.closed, websocket.close_code)


async def pong(session: ClientSession, server: str) -> None:
    async with session.ws_connect("/socket", autoping=False) as websocket:
        await websocket.ping(b"are you there?")
        message = await websocket.receive()
        print(message.type is WSMsgType.PONG, message.data)


async def close(session: ClientSession, server: str) -> None:
    for words in ("close 1000", "close 1001 going", "close 1011 broken", "close 4001 own reason"):
        async with session.ws_connect("/socket") as websocket:
            await websocket.send_str("last words")
            await websocket.send_str(words)
            messages = [message.data async for message in websocket]
            print(words, messages, websocket.close_code, websocket.exception())
    async with session.ws_connect("/socket") as websocket:
        await websocket.send_str("close 4002 the reason")
        message = await websocket.receive()
        print(message.type is WSMsgType.CLOSE, message.data, message.extra)
        print((await websocket.receive()).type is WSMsgType.CLOSED)
    for code in (1000, 4003):
        async with session.ws_connect("/socket") as websocket:
            print("closing:", await websocket.close(code=code, message=b"bye"), websocket.close_code)
    async with session.ws_connect("/socket", max_msg_size=100) as websocket:
        await websocket.send_str("x" * 200)
        message = await websocket.receive()
        print("too big:", message.type, websocket.close_code)


async def refuse(session: ClientSession, server: str) -> None:
    try:
        await session.ws_connect("/forbidden")
    except aiohttp.WSServerHandshakeError as error:
        print("refused:", error.status, error.message)
    try:
        await session.ws_connect("ws://127.0.0.1:4/")
    except aiohttp.ClientOSError:
        print("nobody there")


PARTS = (ask, stream, fail, talk, pong, close, refuse)


async def main(server: str) -> None:
    print("aiohttp", aiohttp.__version__)
    for part in PARTS:
        print(f"# {part.__name__}")
        async with ClientSession(server.replace("ws:", "http:")) as session:
            await part(session, server)
