"""Whatever a library, a server and the network do in whatever order, the gateway keeps its promises."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.unit.bench import turn
from tests.unit.gateway.bench import (
    Library,
    Network,
    close_frame,
    frame,
    frames_of,
    message_frame,
    until,
)
from websocketstream._core.rules import Message
from websocketstream.gateway import transport, upgrade
from websocketstream.testing import FakePeer

KERNEL_BUFFER = 300
"""So small that buffers are full and empty again and again."""

LIBRARY_CODE, SERVER_CODE = 4001, 4002


class WatchedLibrary(Library):
    """A library that sees to it that the transport keeps its contract."""

    is_paused = has_left = flushes = writing = False
    waits = False
    """Whether it was asked to wait with writing."""

    def _called(self, call: object, name: str = "") -> None:
        assert not self.writing or call == "pause", f"{call!r} from write()"
        if self.flushes and call == ("lost", type(None)):
            assert self.transport._far_end.buffered_amount <= self.transport.send_marks[0]
        if name == "data" or call == "eof":
            assert not self.is_paused, f"{call!r} while paused"
            assert not self.has_left, f"{call!r} after close() or abort()"
        if call in ("pause", "resume"):
            assert self.waits == (call == "resume"), f"{call!r} twice"
            self.waits = call == "pause"
        super()._called(call, name)

    def write(self, *data: bytes) -> None:
        self.writing = True
        super().write(*data)
        self.writing = False


class World:
    """A library and a server, and what each has sent."""

    def __init__(self, receive_backpressure: bool, high_water_mark: int) -> None:
        network = Network(self._serve, receive_backpressure=receive_backpressure)
        self.library = WatchedLibrary(network, high_water_mark=high_water_mark)
        self.unwritten = b""
        """Frames of the library's whose bytes it has not written yet."""
        self.sent_by_library: list[Message] = []
        self.sent_by_server: list[Message] = []
        self.pings: list[bytes] = []
        self.received: list[Message] = []
        """What the server has received."""
        self.reads = asyncio.Event()
        self.reads.set()
        self.library.upgrade()
        self.library.network.peer.accept()

    @property
    def peer(self) -> FakePeer:
        return self.library.network.peer

    async def _serve(self, peer: FakePeer) -> None:
        peer.pause()
        while True:
            await self.reads.wait()
            try:
                self.received.append(await peer.recv())
            except ConnectionError:
                await peer.wait_closed()
                return

    # What the library does.

    def queue(self, size: int) -> None:
        """Begin to send a message; `write` and the ends send its bytes."""
        if not (self.closed_by_library or self.library.has_left):
            self.sent_by_library.append(numbered(len(self.sent_by_library), size))
            self.unwritten += message_frame(self.sent_by_library[-1])

    def ping(self) -> None:
        if not (self.closed_by_library or self.library.has_left):
            self.pings.append(b"%d" % len(self.pings))
            self.unwritten += frame(Opcode.PING, self.pings[-1])

    def write(self, size: int) -> None:
        """Write so many bytes."""
        data, self.unwritten = self.unwritten[:size], self.unwritten[size:]
        if data:
            self.library.write(data)
        transport = self.library.transport
        if not (transport.is_closing() or self.library.waits):
            assert transport.get_write_buffer_size() <= transport.get_write_buffer_limits()[1]

    closed_by_library = False

    def send_close(self) -> None:
        if not self.closed_by_library:
            self.closed_by_library = True
            self.unwritten += close_frame(LIBRARY_CODE)
            self.write(len(self.unwritten))

    def pause(self) -> None:
        self.library.is_paused = True
        self.library.transport.pause_reading()

    def pause_in_call(self) -> None:
        """Pause when the next data comes."""
        self.library.on["data"] = self.pause

    def resume(self) -> None:
        self.library.on.clear()
        self.library.is_paused = False
        self.library.transport.resume_reading()

    def limit(self, high: int) -> None:
        if not self.library.has_left:
            self.library.transport.set_write_buffer_limits(high)

    def leave(self, how: str) -> None:
        self.write(len(self.unwritten))
        self.library.has_left, self.library.flushes = True, how == "close"
        getattr(self.library.transport, how)()

    # What the server does.

    def serve(self, size: int) -> None:
        message = numbered(len(self.sent_by_server), size)
        try:
            self.peer.send(message)
        except ConnectionError:
            return
        self.sent_by_server.append(message)

    ended_by_server = dropped_by_server = False

    def end(self, how: str) -> None:
        self.ended_by_server = True
        if how == "drop":
            self.dropped_by_server = True
            self.peer.drop()
        else:
            self.peer.close(SERVER_CODE)

    stalled = False

    def stop_reading(self) -> None:
        self.stalled = True
        self.reads.clear()

    def go_on_reading(self) -> None:
        self.reads.set()

    def ignore_close(self) -> None:
        self.peer.answers_close = False

    # Time.

    async def pass_time(self) -> None:
        await turn(20)
        self.library.network.timers.advance(5)

    # The end.

    async def finish(self) -> None:
        """End what has not ended, and wait until nothing happens any more."""
        await turn(10)
        self.go_on_reading()
        self.resume()
        await turn(30)
        if not self.library.has_left:
            self.write(len(self.unwritten))
            await turn(30)
            waits = self.library.waits and not self.ended_by_server
            assert not waits or self.peer.closed, "asked to wait for ever"
            self.send_close()
        await turn(60)
        if self.stalled or not self.peer.answers_close:
            while not (self.library.lost and self.peer.closed) and self.library.network.timers.now < 100:
                await self.pass_time()
            await turn(60)
        while self.peer.closed:
            try:
                self.received.append(await self.peer.recv())
            except ConnectionError:
                break

    def check(self) -> None:
        library = self.library
        assert library.lost and library.calls[-1] == ("lost", type(library.error))
        assert library.reported == []
        assert self.peer.closed
        assert library.network.timers.pending == library.timers.pending == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        self._check_library()
        self._check_server()

    def _check_library(self) -> None:
        """What the library has received is what the server has sent, and the end of it."""
        library = self.library
        frames = frames_of(library.rest)
        pongs = [bytes(each.data) for each in frames if each.opcode is Opcode.PONG]
        assert pongs == self.pings[: len(pongs)]
        messages = [_message(each) for each in frames if each.opcode in (Opcode.TEXT, Opcode.BINARY)]
        assert messages == self.sent_by_server[: len(messages)]
        closes = [each for each in frames if each.opcode is Opcode.CLOSE]
        assert len(closes) <= 1 and frames[-1:][: len(closes)] == closes
        if library.has_left:
            return
        vanished = "before this was written" in str(library.error)
        assert vanished or messages == self.sent_by_server
        if closes:
            assert library.error is None and "eof" in library.calls
            assert int.from_bytes(closes[0].data[:2]) in (LIBRARY_CODE, SERVER_CODE)
        else:
            assert isinstance(library.error, ConnectionResetError)
            answered = self.peer.answers_close and not self.stalled
            assert vanished or self.dropped_by_server or not answered

    def _check_server(self) -> None:
        """What the server has received is what the library has sent before it closed."""
        assert self.received == self.sent_by_library[: len(self.received)]
        closed_in_order = self.closed_by_library and self.peer.close_code == LIBRARY_CODE
        closed = self.library.has_left and not (self.aborted or self.ended_by_server or self.stalled)
        flushed = closed and self.library.error is None and self.library.head
        if closed_in_order:
            assert self.received == self.sent_by_library
        if flushed:
            # Whether an empty message has gone out can't be told from the number of bytes that have not.
            assert [each for each in self.received if each] == [
                each for each in self.sent_by_library if each
            ]

    aborted = False

    def abort(self) -> None:
        self.aborted = True
        self.leave("abort")


def numbered(index: int, size: int) -> Message:
    """Return a message that is like no other, unless it is empty: text and binary in turn."""
    text = f"{index}:".ljust(size, "ü")[:size]
    return text if index % 2 else text.encode()


def _message(each: Frame) -> Message:
    return bytes(each.data).decode() if each.opcode is Opcode.TEXT else bytes(each.data)


sizes = st.sampled_from([0, 1, 20, 130, 400])
type Step = tuple[tuple[Any, ...], int]
"""What to do, and how many turns of the event loop to wait then."""

library_actions = st.one_of(
    st.tuples(st.just("queue"), sizes),
    st.tuples(st.just("write"), st.integers(1, 500)),
    st.sampled_from([("write", 10_000), ("ping",), ("pause",), ("pause_in_call",), ("resume",)]),
    st.tuples(st.just("limit"), st.sampled_from([0, 100, 1000])),
)
server_actions = st.one_of(
    st.tuples(st.just("serve"), sizes),
    st.sampled_from([("stop_reading",), ("go_on_reading",), ("ignore_close",)]),
)
endings = st.sampled_from(
    [("send_close",), ("leave", "close"), ("abort",), ("end", "close"), ("end", "drop")]
)
turns = st.sampled_from([0, 0, 1, 2, 6])
steps = st.lists(st.tuples(library_actions | server_actions, turns), max_size=60)
tails = st.lists(
    st.tuples(endings | library_actions | server_actions | st.just(("pass_time",)), turns), max_size=8
)


async def play(
    steps: list[Step], opened: bool, receive_backpressure: bool, high_water_mark: int
) -> None:
    world = World(receive_backpressure, high_water_mark)
    if opened:
        await until(lambda: world.library.head)
    for (name, *args), turns in steps:
        done: Awaitable[None] | None = getattr(world, name)(*args)
        if done is not None:
            await done
        await turn(turns)
    await world.finish()
    world.check()


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KERNEL_BUFFER", KERNEL_BUFFER)
    monkeypatch.setattr(upgrade, "KERNEL_BUFFER", KERNEL_BUFFER)
    monkeypatch.setattr(upgrade, "BATCH_BYTES", 500)


@pytest.mark.filterwarnings("ignore::websocketstream.ReceiveBufferWarning")
@settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps, tails, st.booleans(), st.booleans(), st.sampled_from([200, 1 << 20]))
@example([(("pause",), 0), (("serve", 20), 0)], [(("end", "close"), 6)], True, True, 200)
def test_random_steps(
    steps: list[Step], tail: list[Step], opened: bool, receive_backpressure: bool, high_water_mark: int
) -> None:
    """Nothing is lost, reordered or called when it must not be; the end comes once; nothing is left."""
    asyncio.run(play(steps + tail, opened, receive_backpressure, high_water_mark))
