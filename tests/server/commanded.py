"""Routes that do what the client says: for stress tests, which make up what happens as they go."""

import asyncio

from .connection import Connection
from .payload import message
from .raw import raw
from .table import Query
from .wire import BINARY, header

WRITE = 256 * 1024
"""Bytes that /blast encodes before it writes them."""


@raw("/obey", size=10)
async def obey(connection: Connection, query: Query) -> None:
    """Does what text messages say that begin with "!": "!send 5" (numbered messages of `size`),
    "!close 4000 bye", "!eof" and "!reset". Takes in all others.
    """
    sent = 0
    async for received in connection:
        words = received.split(" ", 2) if isinstance(received, str) else []
        match words:
            case ["!send", count]:
                for index in range(sent, sent + int(count)):
                    await connection.send(message(index, query.size, "text"))
                sent += int(count)
            case ["!close", code, *reason]:
                await connection.close(int(code), *reason)
            case ["!eof"]:
                connection.write_eof()
                await connection.until_gone()
            case ["!reset"]:
                connection.reset()


@raw("/bytes", data="")
async def write_bytes(connection: Connection, query: Query) -> None:
    """Writes the bytes `data`, in hexadecimal, and ends TCP behind them, whatever they say."""
    connection.write(bytes.fromhex(query.data))
    connection.write_eof()
    await connection.until_gone()


@raw("/restart", delay_ms=0)
async def restart(connection: Connection, query: Query) -> None:
    """Restarts the server when the first message arrives: drops everybody, and listens again later."""
    await connection.recv()
    connection.hub.restart(query.delay_ms / 1000)
    await connection.until_gone()


@raw("/blast", count=1000, size=32, window=0)
async def blast(connection: Connection, query: Query) -> None:
    """Sends `count` binary messages of `size`, numbered in their first 4 bytes, as fast as can be,
    and reads until the client closes. With `window`, waits for a message from the client whenever
    twice so many bytes are out, each message of which acknowledges so many.
    """
    head, body = header(BINARY, query.size), bytes(query.size - 4)
    per_write = max(1, WRITE // query.size)
    per_window = max(1, query.window // query.size) if query.window else query.count
    connection.send_data()  # the response to the handshake
    unacknowledged = 0
    for first in range(0, query.count, per_write):
        last = min(first + per_write, query.count)
        numbers = (index.to_bytes(4, "big") for index in range(first, last))
        connection.transport.write(b"".join(part for number in numbers for part in (head, number, body)))
        await connection.drain()
        await asyncio.sleep(0)
        unacknowledged += last - first
        if unacknowledged >= 2 * per_window:
            await connection.recv()
            unacknowledged -= per_window
    await connection.until_gone()
