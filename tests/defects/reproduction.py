"""The server of the reproductions: one port that serves a page and a WebSocket with bad manners.

A bug report needs three files: this one, which uses the standard library only, and a reproduction's
page and program. The server speaks frames, not messages: a library would not stop reading, reset or
close when told to.
"""

import argparse
import base64
import hashlib
import socket
import struct
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path

BINARY = 2
CLOSE = 8


class Peer:
    """The server's end of a WebSocket, after the handshake."""

    def __init__(self, connection: socket.socket, stream: BufferedIOBase) -> None:
        self.told = threading.Event()
        """Set when the page of this connection fetches "/tell"."""
        self._connection = connection
        self._stream = stream

    def send(self, *payloads: bytes) -> None:
        """Send binary messages, all in one write."""
        self._connection.sendall(b"".join(frame(BINARY, payload) for payload in payloads))

    def send_close(self, code: int, reason: str = "") -> None:
        """Send a Close frame."""
        self._connection.sendall(frame(CLOSE, struct.pack("!H", code) + reason.encode()))

    def receive(self) -> tuple[int, bytes]:
        """Wait for the next frame; return its opcode and payload."""
        first, second = self._read(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        mask, masked = self._read(4), self._read(size)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked)) if size < 126 else masked
        return first & 0x0F, payload

    def receive_until_close(self) -> int:
        """Wait for the Close frame; return the number of messages before it."""
        messages = 0
        while self.receive()[0] != CLOSE:
            messages += 1
        return messages

    def wait_for_data(self) -> None:
        """Wait until something has arrived, and read next to nothing of it."""
        self._read(1)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        linger_for_no_time = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        # Two file objects share the descriptor and would keep it open: only detaching really closes it.
        socket.close(self._connection.detach())

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise ConnectionError("the browser has gone")
        return data


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole, unmasked frame."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def serve(file: str, talk: Callable[[Peer], None]) -> None:
    """Serve the page that lies beside a reproduction, and a WebSocket, until interrupted.

    `talk` is the server's part of a connection, in a thread. The page's `running` is a promise of an
    object with `defect`, a boolean, and `details`; it stays pending when the tab crashes.
    """
    page = Path(file).with_suffix(".html").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        peer: Peer | None = None

        def do_GET(self) -> None:
            if key := self.headers["Sec-WebSocket-Key"]:
                self.shake_hands(key)
            elif self.path == "/":
                self.answer(200, page)
            elif self.path == "/tell" and Handler.peer:
                Handler.peer.told.set()
                self.answer(200, b"")
            else:
                self.answer(404, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def shake_hands(self, key: str) -> None:
            digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
            self.end_headers()
            self.close_connection = True
            Handler.peer = Peer(self.connection, self.rfile)
            try:
                talk(Handler.peer)
            except OSError as error:
                self.log_message("%s", error)

    parser = argparse.ArgumentParser(description="Serve a page that shows a defect of Chromium's.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    options = parser.parse_args()
    with ThreadingHTTPServer(("127.0.0.1", options.port), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        print(f"Open {url} in Chromium: the page says what it expects, and what it sees.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.exit()
