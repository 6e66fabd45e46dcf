"""Helpers for the gateway's tests: recording protocols, a fake network, frames of a client."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from tests.unit.bench import turn
from tests.worlds.fetch import FakeFetches
from websocketstream._core.rules import Message
from websocketstream.gateway.options import Options
from websocketstream.gateway.server import ServerConnection
from websocketstream.gateway.transport import GatewayTransport
from websocketstream.testing import FakeBackend, FakePeer

Handler = Callable[[FakePeer], Any]


async def until(condition: Callable[[], object]) -> None:
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(5):
        while not condition():
            await turn()


class Recorder(asyncio.Protocol):
    """A protocol that records its calls, and does in each what the test wants."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.keep_open = False
        """The return value of `eof_received()`."""
        self.on: dict[str, Callable[[], object]] = {}
        """Functions to call in a callback, by its name."""
        self.transport: Any = None
        self.error: BaseException | None = None
        """The exception given to `connection_lost()`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    @property
    def received(self) -> bytes:
        """All bytes that came."""
        return b"".join(call for call in self.calls if isinstance(call, bytes))

    @property
    def steps(self) -> list[object]:
        """The calls, with neighbouring pieces of data joined."""
        steps: list[object] = []
        for call in self.calls:
            if isinstance(call, bytes) and steps and isinstance(steps[-1], bytes):
                steps[-1] += call
            else:
                steps.append(call)
        return steps

    @property
    def lost(self) -> bool:
        return any(isinstance(call, tuple) for call in self.calls)

    def data_received(self, data: bytes) -> None:
        assert type(data) is bytes and data
        self._called(data, "data")

    def eof_received(self) -> bool:
        self._called("eof")
        return self.keep_open

    def pause_writing(self) -> None:
        self._called("pause")

    def resume_writing(self) -> None:
        self._called("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = exc
        self._called(("lost", type(exc)), "lost")

    def _called(self, call: object, name: str = "") -> None:
        assert not self.lost, f"{call!r} after the connection was lost"
        self.calls.append(call)
        self.on.get(name or str(call), lambda: None)()


class BufferedRecorder(Recorder, asyncio.BufferedProtocol):
    """A recorder with a buffer of its own for the data."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.buffer = bytearray(size)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self.buffer[:nbytes]))


# A network by hand


class Timers:
    """Timers of a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pending: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        timer = (self.now + seconds, callback)
        self.pending.append(timer)
        return lambda: self.pending.remove(timer) if timer in self.pending else None

    def advance(self, seconds: float) -> None:
        """Let that time pass, and what is due happen."""
        self.now += seconds
        for timer in [timer for timer in self.pending if timer[0] <= self.now]:
            self.pending.remove(timer)
            timer[1]()


class Network(FakeBackend):
    """A fake network whose peers are the test's own, with a clock that the test moves."""

    def __init__(self, handler: Handler | None = None, **options: Any) -> None:
        super().__init__(handler or leave, **options)
        self.timers = Timers()
        self.call_later = self.timers.call_later  # type: ignore[method-assign]

    @property
    def peer(self) -> FakePeer:
        """The server's side of the newest connection."""
        return self.peers[-1]


async def leave(peer: FakePeer) -> None:
    """Leave the peer to the test, which can set `answers_close`."""
    await peer.wait_closed()


class FakeProbes:
    """Questions whether a server is there, answered by the test."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        """The URL and the mode of each."""
        self.cancelled = 0
        self._answer: Callable[[int | None], None] | None = None

    def __call__(
        self, url: str, mode: str, seconds: float, on_answer: Callable[[int | None], None]
    ) -> Callable[[], None]:
        assert seconds == 2
        self.asked.append((url, mode))
        self._answer = on_answer
        return self._cancel

    def answer(self, status: int | None) -> None:
        """Answer the newest: `None` if nothing was reached, 0 if the page may not see the status."""
        assert self._answer is not None, "nobody asks"
        answer, self._answer = self._answer, None
        answer(status)

    def _cancel(self) -> None:
        if self._answer is not None:
            self._answer = None
            self.cancelled += 1


class Library(Recorder):
    """A protocol on a transport of the gateway, which a test drives as a library would."""

    transport: GatewayTransport

    def __init__(self, network: Network | None = None, *, secure: bool = False, **options: Any) -> None:
        super().__init__()
        self.network = network or Network()
        self.fetches, self.probes = FakeFetches(), FakeProbes()
        self.timers = Timers()
        self.reported: list[dict[str, Any]] = []
        defaults: dict[str, Any] = {
            "backend": self.network,
            "fetch": self.fetches,
            "probe": self.probes,
            "call_later": self.timers.call_later,
        }
        self.options = Options(**defaults | options)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: self.reported.append(context))

        def make_far_end(transport: GatewayTransport) -> ServerConnection:
            return ServerConnection(transport, "example.com:80", secure, self.options)

        self.connection_made(GatewayTransport(loop, self, make_far_end, {}))

    def write(self, *data: bytes) -> None:
        for each in data:
            self.transport.write(each)

    def request(self, line: str = "GET / HTTP/1.1", *headers: str, body: bytes = b"") -> None:
        """Send a request."""
        self.write("\r\n".join([line, "Host: example.com", *headers, "", ""]).encode() + body)

    def upgrade(self, path: str = "/", *headers: str, version: int = 13) -> None:
        """Send the opening handshake."""
        self.request(
            f"GET {path} HTTP/1.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            f"Sec-WebSocket-Version: {version}",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *headers,
        )

    @property
    def head(self) -> list[str]:
        """The lines of the first response's head."""
        head, found, _ = self.received.partition(b"\r\n\r\n")
        return head.decode().split("\r\n") if found else []

    @property
    def rest(self) -> bytes:
        """The bytes after the first response's head."""
        return self.received.partition(b"\r\n\r\n")[2]

    @property
    def messages(self) -> list[Message | Frame]:
        """The frames behind the response's head: messages of one frame as such, others as frames."""
        found: list[Message | Frame] = []
        for frame in frames_of(self.rest):
            if frame.opcode is Opcode.TEXT:
                found.append(bytes(frame.data).decode())
            else:
                found.append(bytes(frame.data) if frame.opcode is Opcode.BINARY else frame)
        return found


def frames_of(data: bytes) -> list[Frame]:
    """Parse what a server has sent, with the `websockets` library."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames = []
    while not yield_from(reader.at_eof()):
        frames.append(yield_from(Frame.parse(reader.read_exact, mask=False)))
    return frames


def yield_from(generator: Generator[None, None, Any]) -> Any:
    """Run a generator that needs no input."""
    try:
        while True:
            next(generator)
    except StopIteration as end:
        return end.value


def frame(opcode: Opcode, data: bytes = b"", **options: Any) -> bytes:
    """Return a frame as a client sends it."""
    return Frame(opcode, data, **options).serialize(mask=True)


def message_frame(message: Message) -> bytes:
    """Return a message as a client sends it."""
    if isinstance(message, str):
        return frame(Opcode.TEXT, message.encode())
    return frame(Opcode.BINARY, message)


def close_frame(code: int | None = 1000, reason: str = "") -> bytes:
    """Return a Close frame as a client sends it."""
    return frame(Opcode.CLOSE, b"" if code is None else Close(code, reason).serialize())


def closed_with(code: int | None, reason: str = "") -> Frame:
    """Return the Close frame that a server sends."""
    return Frame(Opcode.CLOSE, b"" if code is None else Close(code, reason).serialize())


async def opened(handler: Handler | None = None, *headers: str, **options: Any) -> Library:
    """Return a library whose handshake was answered with 101; without a handler the test is the peer."""
    library = Library(Network(handler), **options)
    library.upgrade("/chat?room=7", *headers)
    if handler is None:
        library.network.peer.accept()
    await until(lambda: library.head)
    assert library.head[0] == "HTTP/1.1 101 Switching Protocols"
    return library


def nothing_is_left(library: Library) -> bool:
    """Return True if no timer runs and the server's side has ended."""
    return (
        not library.timers.pending and not library.network.timers.pending and library.network.peer.closed
    )
