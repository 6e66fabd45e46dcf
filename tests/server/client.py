"""What tests of the server talk to it with: the library's client, and sockets without any manners.

Sockets are blocking: read from them with `asyncio.to_thread` where the server shares the event loop.
"""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as library_connect
from websockets.exceptions import ConnectionClosed

from .app import Server, serve
from .journal import Entry
from .wire import TEXT, masked_frame

connect = partial(library_connect, proxy=None, max_size=None, ping_interval=None)


@asynccontextmanager
async def serve_briefly(limit: float = 60) -> AsyncIterator[Server]:
    """A server that drops all connections after `limit` seconds, so that no test waits for ever."""
    async with serve() as server:
        timer = asyncio.get_running_loop().call_later(limit, server.drop_all)
        yield server
        timer.cancel()


async def received(ws: ClientConnection) -> list[str | bytes]:
    """All messages until the connection ends, however it ends."""
    messages: list[str | bytes] = []
    with suppress(ConnectionClosed):
        while True:
            messages.append(await ws.recv())
    return messages


async def journal(server: Server, query: str) -> Entry:
    """What /journal says."""
    async with connect(f"{server.url}/journal?{query}") as ws:
        entry: Entry = json.loads(await ws.recv())
        return entry


def shake(server: Server, target: str) -> socket.socket:
    """A blocking socket that has sent a handshake request, and has read nothing."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    lines = (
        f"GET {target} HTTP/1.1",
        "Host: test",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    sock.sendall("\r\n".join((*lines, "", "")).encode())
    return sock


async def shaken(server: Server, target: str) -> socket.socket:
    """The same, once the handshake is done."""
    sock = shake(server, target)
    response = b""
    while not response.endswith(b"\r\n\r\n"):
        response += await asyncio.to_thread(sock.recv, 1)
    return sock


def read_to_end(sock: socket.socket) -> bytes:
    data = b""
    while chunk := sock.recv(1 << 16):
        data += chunk
    return data


def send_until_full(sock: socket.socket, limit: int) -> int:
    """How many bytes go out before TCP takes no more, `limit` at most."""
    sock.settimeout(0.5)
    one = masked_frame(TEXT, b"x" * 1000, b"key!")
    many, sent = one * 64, 0
    with suppress(TimeoutError):
        while sent < limit:
            sent += sock.send(many)
    return sent


def close_with_rst(sock: socket.socket) -> None:
    """Go away without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
