"""A program written for this package itself: on CPython its sockets are real, in a page the browser's.

It prints what it sees; see feed.py.
"""

import asyncio
import logging
from collections.abc import Iterator

from websocketstream import (
    HandshakeError,
    InvalidStateError,
    WebSocketError,
    WebSocketStream,
    reconnect,
)

# The library for which CPython's connections are made says what it does.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


async def talk(server: str) -> None:
    async with WebSocketStream(f"{server}/echo", protocols=["v2", "v1"], backend="safe") as ws:
        print("connected:", ws.protocol, ws.url.removeprefix(server))
        for message in ("hello", b"\x00\xff", "Straße → 🏠", "", b"x" * 70_000, bytearray(b"buffer")):
            await ws.send(message)
            received = await ws.recv()
            print("received:", received if len(received) < 100 else (type(received), len(received)))
        try:
            await asyncio.wait_for(ws.recv(), 0.05)
        except TimeoutError:
            print("nothing yet")
        await ws.send("and now?")
        print("received:", await ws.recv())
        with ws.readable.get_reader() as reader:
            await ws.send("through a reader")
            print("read:", await reader.read())
            try:
                await ws.recv()
            except TypeError as error:
                print("locked:", error)
        try:
            ws.send({"not": "a message"})
        except TypeError as error:
            print("refused:", error)
    print("closed:", await ws.closed)
    try:
        await ws.send("too late")
    except InvalidStateError as error:
        print("refused:", error)


async def listen(server: str) -> None:
    async with WebSocketStream(f"{server}/send?count=3&size=5&code=4001&reason=over") as ws:
        async for message in ws:
            print("message:", message)
        try:
            await ws.recv()
        except WebSocketError as error:
            print("the end:", error, error.close_code, error.reason)
    async with WebSocketStream(f"{server}/send?count=500&size=1000&kind=mixed") as ws:
        messages = [message async for message in ws]
        print("messages:", len(messages), sum(map(len, messages)), messages[-1][:4])


async def stream(server: str) -> None:
    async with WebSocketStream(f"{server}/digest", send_high_water_mark=64 * 1024) as ws:
        for number in range(100):
            await ws.send(bytes([number]) * 50_000)
        await ws.send("what have you got?")
        print("digest:", await ws.recv())


async def share(server: str) -> None:
    async with WebSocketStream(f"{server}/echo") as ws, asyncio.TaskGroup() as group:
        tasks = [group.create_task(ws.recv()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        for text in ("for the first", "for the third"):
            ws.send(text)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        print(
            "tasks:", [type(each).__name__ if isinstance(each, BaseException) else each for each in done]
        )


async def end(server: str) -> None:
    for code, reason in ((None, ""), (1000, "over"), (4999, "Straße"), (None, "reason alone")):
        ws = WebSocketStream(f"{server}/echo")
        await ws.opened
        ws.close(code, reason)
        print("closing:", await ws.closed)
    for path in ("/close", "/close?code=1011&reason=broken", "/close?code=4001"):
        ws = WebSocketStream(server + path)
        print("closed:", await ws.closed)
    ws = WebSocketStream(f"{server}/reset-on-message")
    await ws.opened
    await ws.send("is anybody there?")
    for attempt in (ws.recv(), ws.closed):
        try:
            await attempt
        except WebSocketError as error:
            print("lost:", error, error.close_code)
    for arguments in ((1001, ""), (1000, "x" * 124)):
        try:
            ws.close(*arguments)
        except ValueError as error:
            print("refused:", type(error).__name__, error)


async def refuse(server: str) -> None:
    for url in ("ftp://example.com/", f"{server}/echo#part", "ws://example.com:99999/"):
        try:
            WebSocketStream(url)
        except ValueError as error:
            print("refused:", type(error).__name__, str(error).replace(server, "…"))
    for path, seconds in (("/refuse?status=403", 60), ("/never-handshakes", 0.05)):
        try:
            async with WebSocketStream(server + path, open_timeout=seconds):
                raise AssertionError("connected")
        except HandshakeError as error:
            # Only CPython can say more.
            print("no connection:", str(error).replace(server, "…").partition(": ")[0])
            print("refused:", error.close_code, isinstance(error, ConnectionRefusedError))
    try:
        WebSocketStream(f"{server}/echo", idle_timeout=0)
    except ValueError as error:
        print("refused:", error)
    ws = WebSocketStream(f"{server}/send?count=1&close=0", idle_timeout=0.3)
    await ws.opened
    print("received:", await ws.recv())
    try:
        await ws.recv()
    except WebSocketError as error:
        print("lost:", error)


async def again(server: str) -> None:
    def soon() -> Iterator[float]:
        while True:
            yield 0.01

    received: list[str | bytes] = []
    async for ws in reconnect(f"{server}/send?count=2&size=1&code=4012", backoff=soon):
        received += [message async for message in ws]
        print("again, after", (await ws.closed).close_code)
        if len(received) >= 6:
            break
    print("received:", received)

    def give_up(error: WebSocketError) -> bool:
        print("asked about:", type(error).__name__, error.close_code)
        return False

    for path in ("/refuse?status=503", "/reset-on-message"):
        try:
            async for ws in reconnect(server + path, backoff=soon, retry=give_up):
                await ws.send("boom")
                try:
                    await ws.recv()
                except WebSocketError as error:
                    print("lost:", error.close_code)
        except WebSocketError as error:
            print("given up:", type(error).__name__)

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(record.levelname, record.getMessage().replace(server, "…"))

    logger = logging.getLogger("websocketstream")
    logger.setLevel(logging.INFO)
    logger.addHandler(lines := Lines())
    try:
        async for ws in reconnect(f"{server}/close?code=4013", backoff=lambda: [0.01, 0.02]):
            print("closed:", await ws.closed)
    finally:
        logger.removeHandler(lines)
        logger.setLevel(logging.NOTSET)


PARTS = (talk, listen, stream, share, end, refuse, again)


async def main(server: str) -> None:
    for part in PARTS:
        print(f"# {part.__name__}")
        await part(server)
