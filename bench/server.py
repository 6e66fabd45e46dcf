"""The benchmark's server: a process of its own that does as little as it can while it is measured.

Frames to send are made beforehand and written about a megabyte at a time; of the frames that come only
the headers are looked at. The `websockets` library does the handshake, and the echo.

    /flood?kind=&size=&count=   waits for a message, then sends so many messages; with `seconds`, stops
                                after that time and says "end"
    /sink?kind=&size=&count=    answers "done" when it has received so many messages
    /paced?kind=&size=&count=&rate=   waits for a message, then sends so many messages a second, and
                                answers "done" when as many have come back
    /echo                       sends each message back

Each connection to /flood, /sink and /paced leaves a `Report`, which `BenchServer.report` gives out by
the `id` of the URL, and one to /echo if it has an `id`. Its `busy` says how long the server itself has
worked, not waiting for the browser: where that is nearly all the time, the server was what limited the
rate. Its `cpu` is the CPU time that the process `page` of the URL has used, on Linux.
"""

import contextlib
import multiprocessing
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from urllib.parse import parse_qsl, urlencode, urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.server.wire import TEXT, close_frame, frame

from .frames import Counter, blocks
from .processes import cpu

READ_BYTES = 1 << 18
START_LIMIT = 30
REPORT_LIMIT = 10
"""Seconds within which the report is there when the page has closed its connection."""


@dataclass(frozen=True)
class Report:
    """What the server saw of one connection."""

    id: str
    messages: int
    payload_bytes: int
    busy: float
    """For how many seconds, from the first message to the last, it did not wait for the browser."""
    cpu: float = 0.0
    """Microseconds from the handshake to the Close frame."""


class Peer:
    """One connection, after its handshake."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._begun = self._waited = 0.0
        self._protocol = ServerProtocol()
        while not (events := self._protocol.events_received()):
            self._protocol.receive_data(self._recv())
        request = events[0]
        assert isinstance(request, Request)
        parts = urlsplit(request.path)
        self._path, self._query = parts.path, dict(parse_qsl(parts.query))
        self._protocol.send_response(self._protocol.accept(request))
        self._page = int(self._query.get("page", 0))
        self._used = cpu(self._page)
        self._flush()

    def serve(self) -> Report | None:
        """Do what the path says."""
        report = self._serve()
        return report and replace(report, cpu=cpu(self._page) - self._used)

    def _serve(self) -> Report | None:
        if self._path == "/echo":
            self._begin()
            self._echo()
            return self._report(0, 0) if "id" in self._query else None
        kind, size, count = self._query["kind"], int(self._query["size"]), int(self._query["count"])
        if self._path == "/flood":
            return self._flood(kind, size, count)
        if self._path == "/paced":
            return self._paced(kind, size, count)
        return self._sink(kind, count)

    def _flood(self, kind: str, size: int, count: int) -> Report:
        limit = float(self._query.get("seconds", "inf"))
        self._recv()
        self._begin()
        sent = 0
        for block in blocks(kind, size, count):
            if time.perf_counter() - self._begun > limit:
                break
            self._send(block)
            sent += len(block)
        messages = sent // len(next(blocks(kind, size, 1)))
        report = self._report(messages, messages * size)
        if "seconds" in self._query:
            self._send(memoryview(frame(TEXT, b"end")))
        self._finish(Counter("text"))
        return report

    def _sink(self, kind: str, count: int) -> Report:
        counter = Counter(kind)
        self._receive(counter)
        self._begin()
        while counter.messages < count:
            self._receive(counter)
        report = self._report(counter.messages, counter.payload_bytes)
        self._send(memoryview(frame(TEXT, b"done")))
        self._finish(counter)
        return report

    def _paced(self, kind: str, size: int, count: int) -> Report:
        one, rate, counter = next(blocks(kind, size, 1)), float(self._query["rate"]), Counter(kind)
        self._recv()
        self._begin()
        mine, sent, rest = [self._socket], 0, one[:0]
        # Sending must not keep from reading: the page may do no more before its own messages go.
        while counter.messages < count:
            early = sent / rate - (time.perf_counter() - self._begun)
            if early <= 0 and not rest and sent < count:
                rest, sent = one, sent + 1
            limit = None if rest or sent == count else max(0.0, early)
            readable, writable, _ = select.select(mine, mine if rest else [], [], limit)
            if readable:
                counter.feed(self._recv())
            if writable:
                rest = rest[self._socket.send(rest, socket.MSG_DONTWAIT) :]
        report = self._report(counter.messages, counter.payload_bytes)
        self._send(memoryview(frame(TEXT, b"done")))
        self._finish(counter)
        return report

    def _echo(self) -> None:
        while not self._protocol.close_expected():
            self._protocol.receive_data(self._recv())
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._protocol.send_text(bytes(event.data))
            self._flush()

    def _finish(self, counter: Counter) -> None:
        """Wait for the Close frame, and answer it: the page closes first."""
        while not counter.closing:
            self._receive(counter)
        self._send(memoryview(close_frame(1000)))

    def _recv(self) -> bytes:
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the page went without a Close frame")
        return data

    def _receive(self, counter: Counter) -> None:
        self._wait(read=True)
        counter.feed(self._recv())

    def _send(self, data: memoryview) -> None:
        while data:
            self._wait(read=False)
            data = data[self._socket.send(data, socket.MSG_DONTWAIT) :]

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)

    def _wait(self, *, read: bool) -> None:
        begun = time.perf_counter()
        mine = [self._socket]
        select.select(mine if read else [], [] if read else mine, [])
        self._waited += time.perf_counter() - begun

    def _begin(self) -> None:
        self._begun, self._waited = time.perf_counter(), 0.0

    def _report(self, messages: int, payload_bytes: int) -> Report:
        busy = time.perf_counter() - self._begun - self._waited
        return Report(self._query["id"], messages, payload_bytes, busy)


class BenchServer:
    """The server as its parent sees it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._reports: dict[str, Report] = {}
        if not pipe.poll(START_LIMIT):
            raise TimeoutError(f"the benchmark's server did not start within {START_LIMIT} s")
        self._port = pipe.recv()

    def url(self, path: str, **query: object) -> str:
        """The URL of a path."""
        return f"ws://127.0.0.1:{self._port}{path}?{urlencode(query)}"

    def report(self, id: str) -> Report:
        """The report of a connection, once it has been closed."""
        while id not in self._reports:
            if not self._pipe.poll(REPORT_LIMIT):
                raise TimeoutError(f"the server has no report of {id}: the page did not close it")
            report = self._pipe.recv()
            self._reports[report.id] = report
        return self._reports.pop(id)


@contextlib.contextmanager
def serve() -> Iterator[BenchServer]:
    """Run the server on a free port of the loopback interface, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield BenchServer(mine)
    finally:
        mine.close()
        process.join(5)
        process.kill()


def _run(pipe: Connection) -> None:
    """Serve until the parent closes the pipe, or ends."""
    lock = threading.Lock()

    def talk(sock: socket.socket) -> None:
        # A browser may go away, and may open a connection without using it.
        with sock, contextlib.suppress(ConnectionError):
            if report := Peer(sock).serve():
                with lock:
                    pipe.send(report)

    def accept(listener: socket.socket) -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=talk, args=(sock,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        pipe.send(listener.getsockname()[1])
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        # The parent says nothing; its end of the pipe closes, with reports unread or without.
        with contextlib.suppress(EOFError, ConnectionError):
            pipe.recv()
