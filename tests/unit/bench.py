"""What the unit tests share: turns, peers that wait, and a back end that is driven by hand."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from websocketstream import WebSocketOpenInfo, WebSocketStream
from websocketstream._core.buffers import ReadResult, ReceiveBuffer
from websocketstream._core.connection import Connection
from websocketstream._core.options import ConnectionOptions
from websocketstream._core.rules import Message
from websocketstream._core.transport import UNCONNECTED, Events, call_soon_in
from websocketstream.testing import FakeBackend, FakePeer


async def turn(times: int = 1) -> None:
    """Let everybody else have a turn."""
    for _ in range(times):
        await asyncio.sleep(0)


async def raised_by(awaitable: Any) -> BaseException:
    """The exception that awaiting raises."""
    try:
        result = await awaitable
    except BaseException as error:
        return error
    raise AssertionError(f"nothing was raised, the result is {result!r}")


FAKE_URL = "wss://example.com/chat?room=7"

Handler = Callable[[FakePeer], Any]


async def wait(peer: FakePeer) -> None:
    """Leave the peer to the test."""
    await peer.wait_closed()


async def opened_with(
    handler: Handler = wait, *, receive_backpressure: bool = True, **options: Any
) -> tuple[WebSocketStream, WebSocketOpenInfo, FakePeer]:
    """A stream that a handler serves; the peer has accepted."""
    backend = FakeBackend(handler, receive_backpressure=receive_backpressure)
    stream = WebSocketStream(FAKE_URL, backend=backend, **options)
    peer = backend.peers[0]
    if handler is wait:
        peer.accept()
    return stream, await stream.opened, peer


async def read_all(opened: WebSocketOpenInfo) -> list[str | bytes]:
    """All messages up to the end."""
    return [message async for message in opened.readable]


def only_this_task() -> bool:
    """Whether no task is left but the test's own."""
    return asyncio.all_tasks() == {asyncio.current_task()}


class Bench(FakeBackend):
    """Opens `Rig`s, which the test drives event by event, with a clock of its own."""

    rig: "Rig"

    def __init__(self, *, receive_backpressure: bool = True) -> None:
        super().__init__(wait, name="bench")
        self.receive_backpressure = receive_backpressure
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def connect(
        self,
        url: str,
        protocols: Sequence[str],
        events: Events,
        headers: Sequence[tuple[str, str]] = (),
    ) -> "Rig":
        self.rig = Rig(events, self.receive_backpressure)
        return self.rig

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        timer = (self.now + seconds, callback)
        self.timers.append(timer)
        return lambda: self.timers.remove(timer) if timer in self.timers else None

    def pass_time(self, seconds: float) -> None:
        """Let that time pass, and what is due happen."""
        self.now += seconds
        for timer in [timer for timer in self.timers if timer[0] <= self.now]:
            self.timers.remove(timer)
            timer[1]()


class Rig:
    """A transport that writes down what it is asked for."""

    call_soon = staticmethod(call_soon_in)

    def __init__(self, events: Events, receive_backpressure: bool) -> None:
        self.events = events
        self.receive_backpressure = receive_backpressure
        self.buffered_amount = 0
        self.sent: list[Message] = []
        self.asked: list[object] = []
        """The calls other than ``send``, with their arguments."""

    def watch_buffer(self) -> None:
        self.asked.append("watch_buffer")

    def send(self, message: Message, size: int) -> None:
        self.sent.append(message)
        self.buffered_amount += size

    def pause_reading(self) -> None:
        self.asked.append("pause_reading")

    def resume_reading(self) -> None:
        self.asked.append("resume_reading")

    def discard(self) -> None:
        self.asked.append("discard")
        self.buffered_amount = 0

    def close(self, code: int | None, reason: str) -> None:
        self.asked.append((code, reason))

    def abandon(self) -> None:
        self.asked.append("abandon")

    def drain(self, left: int = 0) -> None:
        """Let the network take all but ``left`` bytes."""
        self.buffered_amount = left
        self.events.drained()

    def end(self, code: int = 1000, reason: str = "", *, clean: bool = True, lost: bool = False) -> None:
        """Report the end; all that was sent has gone if it is a clean one."""
        self.events.disconnected(code, reason, clean=clean, lost=lost)


def connection_on(bench: Bench, *, opened: bool = True, **options: Any) -> Connection:
    """A connection, open unless told otherwise, to drive through ``bench.rig``."""
    mark = options.pop("high_water_mark", 100)
    protocols = options.pop("protocols", ())
    # One mark for both buffers, unless a test sets them apart.
    marks = {"high_water_mark": mark, "send_high_water_mark": options.pop("send_high_water_mark", mark)}
    connection = Connection(
        "wss://example.test/", protocols, backend=bench, options=ConnectionOptions(**marks, **options)
    )
    connection.connect()
    if opened:
        connection.connected("", "")
    return connection


async def stream_on(bench: Bench, **options: Any) -> tuple[WebSocketStream, WebSocketOpenInfo]:
    """An open stream to drive through ``bench.rig``."""
    stream = WebSocketStream("wss://example.test/", backend=bench, **options)
    bench.rig.events.connected("", "")
    return stream, await stream.opened


def buffer_of(*messages: str | bytes, mark: int = 100) -> ReceiveBuffer:
    """A buffer with these messages."""
    buffer = ReceiveBuffer(mark, lambda: None, UNCONNECTED.call_soon)
    buffer.put(messages)
    return buffer


async def read_from(buffer: ReceiveBuffer) -> ReadResult:
    """Read; unlike the read itself this takes its place in line when it runs."""
    return await buffer.read()
