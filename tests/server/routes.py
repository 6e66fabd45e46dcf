"""The well-behaved routes. They use no more of a connection than `Socket` promises, so that a fake
in memory can run the very same handlers.
"""

import asyncio
import hashlib
import itertools
import json

from .payload import message, sample
from .table import Query, Socket, route


@route("/echo")
async def echo(ws: Socket, query: Query) -> None:
    """Echoes every message, text as text and binary as binary."""
    async for received in ws:
        await ws.send(received)


@route("/send", count=50, size=10, kind="text", delay_ms=0, code=1000, reason="", close=True)
async def send(ws: Socket, query: Query) -> None:
    """Sends `count` numbered messages of `size`, `delay_ms` before each, and closes; with close=0
    it stays open and reads until the client closes.
    """
    for index in range(query.count):
        if query.delay_ms:
            await asyncio.sleep(query.delay_ms / 1000)
        await ws.send(message(index, query.size, query.kind))
    if query.close:
        await ws.close(query.code, query.reason)
    async for _ in ws:
        pass


@route("/burst", corked=True, count=50, size=10, kind="text", code=1000, reason="")
async def burst(ws: Socket, query: Query) -> None:
    """Sends `count` numbered messages of `size` and the Close frame in one write with the handshake
    response.
    """
    for index in range(query.count):
        await ws.send(message(index, query.size, query.kind))
    await ws.close(query.code, query.reason)


@route("/close", code=None, reason="")
async def close(ws: Socket, query: Query) -> None:
    """Closes at once, with an empty Close frame if there is no `code`."""
    await ws.close(query.code, query.reason)


@route("/close-on-message", code=None, reason="")
async def close_on_message(ws: Socket, query: Query) -> None:
    """Closes when the first message arrives, with an empty Close frame if there is no `code`."""
    await ws.recv()
    await ws.close(query.code, query.reason)


@route("/sink", delay_ms=0, chunk=0)
async def sink(ws: Socket, query: Query) -> None:
    """Reads everything and answers nothing: a message per `delay_ms`, or with `chunk` at most so
    many bytes per `delay_ms`, while TCP holds back the rest.
    """
    async for _ in ws:
        if query.delay_ms and not query.chunk:
            await asyncio.sleep(query.delay_ms / 1000)


@route("/digest", delay_ms=0, chunk=0)
async def digest(ws: Socket, query: Query) -> None:
    """Takes in binary messages, and answers each text message with the number and the SHA-256 of
    all bytes so far, as one JSON text. With `chunk` it takes at most so many bytes per `delay_ms`.
    """
    size, total = 0, hashlib.sha256()
    async for received in ws:
        if isinstance(received, str):
            await ws.send(json.dumps({"bytes": size, "sha256": total.hexdigest()}))
        else:
            size += len(received)
            total.update(received)


@route("/flood", size=1024, total=100 * 1024 * 1024)
async def flood(ws: Socket, query: Query) -> None:
    """Sends numbered binary messages of `size` without pause until `total` bytes have gone out,
    then closes; the journal's `bytes_drained` tells how far it got.
    """
    for index in range(-(-query.total // max(query.size, 4))):
        await ws.send(message(index, query.size, "binary"))
    await ws.close()


@route("/samples", count=0, delay_ms=100)
async def samples(ws: Socket, query: Query) -> None:
    """Sends `count` samples of a curve, one per `delay_ms`, as JSON texts with "index" and "value", and
    closes; with count=0 it goes on until the client closes.
    """
    for index in range(query.count) if query.count else itertools.count():
        await ws.send(json.dumps({"index": index, "value": sample(index)}))
        await asyncio.sleep(query.delay_ms / 1000)
    await ws.close()


@route("/chat", room="")
async def chat(ws: Socket, query: Query) -> None:
    """Passes each message on to everyone who is in the same `room`, its sender included."""
    async for received in ws:
        ws.broadcast(received)


@route("/headers", token="")
async def headers(ws: Socket, query: Query) -> None:
    """Sends the handshake request's path, headers (names in lower case) and offered subprotocols as
    one JSON text, then echoes.
    """
    sent = {name.lower(): value for name, value in ws.request.headers.items()}
    offered = sent.get("sec-websocket-protocol", "").split(",")
    subprotocols = [name.strip() for name in offered if name.strip()]
    await ws.send(json.dumps({"path": ws.request.path, "headers": sent, "subprotocols": subprotocols}))
    await echo(ws, query)


@route("/journal", recorded=False, id="", wait="end", messages=0)
async def journal(ws: Socket, query: Query) -> None:
    """Sends what the server saw of connection `id` as one JSON text, and closes: once that
    connection has ended (wait=1), once it opened (wait=open), once its Close frame came
    (wait=close) or at once (wait=0); `messages` waits for so many messages from it besides.
    """
    record = ws.journal.find(query.id)
    if query.messages:
        await record.until(lambda record: record.messages_received >= query.messages)
    if query.wait == "open":
        await record.until(lambda record: record.opened)
    elif query.wait == "close":
        await record.until(lambda record: record.close_code is not None)
    elif query.wait == "end":
        await record.until(lambda record: False)
    await ws.send(json.dumps(record.entry()))
    await ws.close()
