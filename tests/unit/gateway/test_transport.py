"""The transport keeps asyncio's contract: each test holds for asyncio's own over a socket as well."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.unit.bench import turn
from tests.unit.gateway.bench import BufferedRecorder, Recorder, until
from websocketstream.gateway.transport import KERNEL_BUFFER, GatewayTransport

LOST, LOST_BY_ERROR = ("lost", type(None)), ("lost", ConnectionResetError)


class World:
    """A transport, the protocol at its near end, and what happens at its far end."""

    transport: asyncio.Transport
    protocol: Recorder

    def __init__(self) -> None:
        self.reported: list[dict[str, Any]] = []
        """What has reached the event loop's exception handler."""

    def send(self, data: bytes) -> None:
        """Send data to the protocol."""
        raise NotImplementedError

    def end(self) -> None:
        """End in order."""
        raise NotImplementedError

    def lose(self) -> None:
        """Lose the connection."""
        raise NotImplementedError

    def written(self) -> bytes:
        """Take what has come from the protocol."""
        raise NotImplementedError

    def aborted(self) -> bool:
        """Whether the connection has ended here as well, and not in order."""
        raise NotImplementedError


class FarEnd:
    """The gateway's far end, driven by hand."""

    def __init__(self) -> None:
        self.transport: GatewayTransport
        self.written = bytearray()
        self.buffered_amount = 0
        self.calls: list[str] = []
        self.marks: tuple[int, int] | None = None
        self.error: Exception | None = None
        self.holds_close = False

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if self.error is not None:
            raise self.error
        self.written += data

    def resume(self) -> None:
        self.calls.append("resume")

    def set_send_marks(self, high: int, low: int) -> None:
        self.marks = high, low

    def close(self) -> None:
        self.calls.append("close")
        if not self.holds_close:
            self.transport.force_close(None)

    def abort(self) -> None:
        self.calls.append("abort")


class Gateway(World):
    """The gateway's transport."""

    transport: GatewayTransport

    def __init__(self, protocol: Recorder) -> None:
        super().__init__()
        self.protocol = protocol
        self.far_end = FarEnd()
        self.transport = GatewayTransport(
            asyncio.get_running_loop(), protocol, self._attach, {"peername": ("example.com", 80)}
        )
        protocol.connection_made(self.transport)

    def _attach(self, transport: GatewayTransport) -> FarEnd:
        self.far_end.transport = transport
        return self.far_end

    def send(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self.transport.deliver, data)

    def end(self) -> None:
        asyncio.get_running_loop().call_soon(self.transport.end)

    def lose(self) -> None:
        asyncio.get_running_loop().call_soon(self.transport.end, ConnectionResetError())

    def written(self) -> bytes:
        data, self.far_end.written = bytes(self.far_end.written), bytearray()
        return data

    def aborted(self) -> bool:
        return self.far_end.calls[-1:] == ["abort"]


class Socket(World):
    """asyncio's own transport, over a pair of sockets."""

    def __init__(self, transport: asyncio.Transport, protocol: Recorder, far: socket.socket) -> None:
        super().__init__()
        self.transport, self.protocol, self._far = transport, protocol, far
        self._far.setblocking(False)

    def send(self, data: bytes) -> None:
        self._far.sendall(data)

    def end(self) -> None:
        self._far.shutdown(socket.SHUT_WR)

    def lose(self) -> None:
        # What was sent comes first; a socket's reset would take it away.
        def reset() -> None:
            self.transport._force_close(ConnectionResetError())  # type: ignore[attr-defined]

        asyncio.get_running_loop().call_later(0.01, reset)

    def written(self) -> bytes:
        try:
            return self._far.recv(1 << 20)
        except BlockingIOError:
            return b""

    def aborted(self) -> bool:
        try:
            return self._far.recv(1) == b""
        except ConnectionResetError:
            return True


@asynccontextmanager
async def opened(kind: str, protocol: Recorder) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    reported: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda loop, context: reported.append(context))
    world: World
    if kind == "gateway":
        world = Gateway(protocol)
        world.reported = reported
        yield world
    else:
        near, far = socket.socketpair()
        with far:
            transport, _ = await loop.create_connection(lambda: protocol, sock=near)
            world = Socket(transport, protocol, far)
            world.reported = reported
            yield world
            transport.abort()
            await turn(2)


@pytest.fixture(params=["gateway", "socket"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def world(kind: str) -> AsyncIterator[World]:
    async with opened(kind, Recorder()) as world:
        yield world


# Reading


async def test_data_is_received(world: World) -> None:
    """The protocol receives what the far end sends, as bytes and in order."""
    world.send(b"one")
    world.send(b"two")
    await until(lambda: len(world.protocol.received) == 6)
    assert world.protocol.received == b"onetwo"


async def test_nothing_is_received_while_paused(world: World) -> None:
    """A protocol that has paused reading gets nothing until it resumes, and then all of it."""
    transport = world.transport
    assert transport.is_reading()
    transport.pause_reading()
    transport.pause_reading()
    assert not transport.is_reading()
    world.send(b"one")
    world.send(b"two")
    world.end()
    await turn(10)
    assert world.protocol.calls == []
    transport.resume_reading()
    transport.resume_reading()
    assert transport.is_reading()
    assert world.protocol.calls == []
    await until(lambda: world.protocol.lost)
    assert world.protocol.steps == [b"onetwo", "eof", LOST]


async def test_pausing_and_resuming_in_one_turn(world: World) -> None:
    """Pausing again before anything came after resuming keeps the protocol from reading."""
    world.transport.pause_reading()
    world.send(b"data")
    await turn(5)
    world.transport.resume_reading()
    world.transport.pause_reading()
    await turn(10)
    assert world.protocol.calls == []
    world.transport.resume_reading()
    await until(lambda: world.protocol.received)


async def test_pausing_in_data_received(world: World) -> None:
    """A protocol that pauses in a call gets nothing more after it."""
    world.protocol.on["data"] = world.transport.pause_reading
    world.send(b"one")
    await until(lambda: world.protocol.received)
    world.send(b"two")
    world.end()
    await turn(10)
    assert world.protocol.calls == [b"one"]
    world.transport.resume_reading()
    await until(lambda: world.protocol.received == b"onetwo")
    world.transport.resume_reading()
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"one", b"two", "eof", LOST]


async def test_closing_in_data_received(world: World) -> None:
    """A protocol that closes in a call gets nothing after it but the end."""
    world.protocol.on["data"] = world.transport.close
    world.send(b"one")
    await until(lambda: world.protocol.received)
    world.send(b"two")
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"one", LOST]


async def test_tasks_run_between_data_and_the_end(world: World) -> None:
    """Data and the end behind it come in separate turns, so that what the data wakes runs between."""
    loop = asyncio.get_running_loop()
    seen: list[int] = []
    world.protocol.on["data"] = lambda: loop.call_soon(
        lambda: seen.append(len(world.protocol.calls)),
    )
    world.transport.pause_reading()
    world.send(b"data")
    world.end()
    await turn(5)
    world.transport.resume_reading()
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"data", "eof", LOST]
    assert seen == [1]


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_buffered_protocol(kind: str, size: int) -> None:
    """A protocol with a buffer of its own gets the data there, however small it is."""
    async with opened(kind, BufferedRecorder(size)) as world:
        world.send(b"0123456789")
        world.send(b"abc")
        world.end()
        await until(lambda: world.protocol.lost)
        assert world.protocol.steps == [b"0123456789abc", "eof", LOST]


async def test_buffered_protocol_that_pauses(kind: str) -> None:
    """A protocol that pauses when its buffer is full gets the rest when it resumes."""
    async with opened(kind, BufferedRecorder(4)) as world:
        world.protocol.on["data"] = world.transport.pause_reading
        world.send(b"0123456789")
        for received in (b"0123", b"01234567", b"0123456789"):
            await until(lambda: not world.transport.is_reading())
            await turn(5)
            assert world.protocol.received == received
            world.transport.resume_reading()


async def test_buffered_protocol_without_a_buffer(kind: str) -> None:
    """A protocol that gives an empty buffer loses the connection, instead of being asked for ever."""
    async with opened(kind, BufferedRecorder(0)) as world:
        world.send(b"data")
        await until(lambda: world.protocol.lost)
        assert world.protocol.calls == [("lost", RuntimeError)]
        assert "get_buffer() returned an empty buffer" in str(world.reported[0]["exception"])


async def test_another_protocol(world: World) -> None:
    """From `set_protocol()` on, another protocol is called; buffered or not."""
    first, transport = world.protocol, world.transport
    second, third = BufferedRecorder(4), Recorder()
    assert transport.get_protocol() is first
    first.on["data"] = lambda: transport.set_protocol(second)
    second.on["data"] = lambda: transport.set_protocol(third)
    world.send(b"one")
    await until(lambda: first.received)
    assert transport.get_protocol() is second
    world.send(b"0123456789")
    world.end()
    await until(lambda: third.lost)
    assert (first.calls, second.calls) == ([b"one"], [b"0123"])
    assert third.steps == [b"456789", "eof", LOST]


# Writing


async def test_writing(world: World) -> None:
    """What is written arrives in order, and may be changed afterwards."""
    data = bytearray(b"bytearray ")
    world.transport.write(b"bytes ")
    world.transport.write(data)
    world.transport.write(memoryview(data)[4:])
    world.transport.write(b"")
    data[:] = b"XXXXXXXXXX"
    world.transport.writelines([b"lines ", bytearray(b"of "), memoryview(b"bytes")])
    assert world.transport.get_write_buffer_size() == 0
    assert world.written() == b"bytes bytearray array lines of bytes"


@pytest.mark.parametrize("data", ["text", None, 1, [b"list"]])
async def test_writing_what_is_no_bytes(world: World, data: Any) -> None:
    """What is not bytes-like raises, also after the end, and does not end the connection."""
    with pytest.raises(TypeError, match=type(data).__name__):
        world.transport.write(data)
    assert not world.transport.is_closing()
    world.transport.abort()
    with pytest.raises(TypeError):
        world.transport.write(data)


async def test_writing_after_the_end(world: World) -> None:
    """What is written to a connection that is closing or has ended is dropped in silence."""
    world.transport.close()
    world.transport.write(b"closing")
    await until(lambda: world.protocol.lost)
    world.transport.write(b"closed")
    assert world.written() == b""
    assert world.reported == []


# How it ends


async def test_closing(world: World) -> None:
    """`close()` ends the connection with `connection_lost(None)`, in a later turn, once."""
    world.transport.write(b"data")
    world.transport.close()
    assert world.transport.is_closing() and not world.transport.is_reading()
    world.transport.close()
    assert world.protocol.calls == []
    world.transport.pause_reading()
    world.transport.resume_reading()
    await until(lambda: world.protocol.lost)
    world.transport.close()
    world.transport.abort()
    await turn(5)
    assert world.protocol.calls == [LOST]
    assert world.written() == b"data"
    assert world.transport.get_write_buffer_size() == 0


async def test_aborting(world: World) -> None:
    """`abort()` ends the connection with `connection_lost(None)` and drops what was not read."""
    world.transport.pause_reading()
    world.send(b"data")
    await turn(5)
    world.transport.abort()
    assert world.transport.is_closing()
    world.transport.abort()
    world.transport.close()
    assert world.protocol.calls == []
    await until(lambda: world.protocol.lost)
    await turn(5)
    assert world.protocol.calls == [LOST]
    assert world.aborted()


async def test_end_in_order(world: World) -> None:
    """After the end, `eof_received()` is called, and `connection_lost(None)`."""
    world.send(b"data")
    world.end()
    await until(lambda: world.protocol.lost)
    assert world.protocol.steps == [b"data", "eof", LOST]


async def test_end_that_keeps_the_transport_open(world: World) -> None:
    """A protocol that wants so can write after the end, and closes itself."""
    world.protocol.keep_open = True
    world.end()
    await until(lambda: world.protocol.calls)
    await turn(10)
    assert world.protocol.calls == ["eof"]
    assert not world.transport.is_closing()
    world.transport.write(b"late")
    assert world.written() == b"late"
    world.transport.close()
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == ["eof", LOST]


async def test_loss(world: World) -> None:
    """A connection that is lost ends with its error, not `eof_received()`, after what came before."""
    world.send(b"data")
    world.lose()
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"data", LOST_BY_ERROR]


@pytest.mark.parametrize("name", ["data", "eof"])
@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_protocol_that_raises(world: World, name: str, error: type[BaseException]) -> None:
    """What a protocol raises ends the connection, and reaches the event loop's exception handler."""

    def fail() -> None:
        raise error

    world.protocol.on[name] = fail
    if name == "data":
        world.send(b"data")
    else:
        world.end()
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"data" if name == "data" else "eof", ("lost", error)]
    (context,) = world.reported
    called = {"data": "data_received", "eof": "eof_received"}[name]
    assert context["message"] == f"Fatal error: protocol.{called}() call failed."
    assert isinstance(context["exception"], error)
    assert context["transport"] is world.transport and context["protocol"] is world.protocol
    assert world.aborted()


async def test_protocol_that_raises_an_os_error(world: World) -> None:
    """An OSError of the protocol's ends the connection as one of the network's: without a report."""

    def fail() -> None:
        raise ConnectionResetError

    world.protocol.on["data"] = fail
    world.send(b"data")
    await until(lambda: world.protocol.lost)
    assert world.protocol.calls == [b"data", LOST_BY_ERROR]
    assert world.reported == []


async def test_connection_lost_that_raises(world: World) -> None:
    """What `connection_lost()` raises reaches the event loop's exception handler; all is over then."""

    def fail() -> None:
        raise ValueError

    world.protocol.on["lost"] = fail
    world.transport.close()
    await until(lambda: world.reported)
    assert isinstance(world.reported[0]["exception"], ValueError)
    assert world.transport.get_protocol() is None


# Limits


async def test_write_buffer_limits(world: World) -> None:
    """The limits are those of asyncio, by default and when they are set."""
    transport = world.transport
    assert transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)
    transport.set_write_buffer_limits(high=1000)
    assert transport.get_write_buffer_limits() == (250, 1000)
    transport.set_write_buffer_limits(low=1000)
    assert transport.get_write_buffer_limits() == (1000, 4000)
    transport.set_write_buffer_limits(high=0)
    assert transport.get_write_buffer_limits() == (0, 0)
    transport.set_write_buffer_limits()
    assert transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)
    for limits in ({"high": 1, "low": 2}, {"low": -1}, {"high": -1}):
        with pytest.raises(ValueError, match="must be >= low"):
            transport.set_write_buffer_limits(**limits)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
async def test_interrupts_pass(error: type[BaseException]) -> None:
    """What ends the program is raised to who has called, in whatever call of the protocol's."""

    def fail() -> None:
        raise error

    async with opened("gateway", Recorder()) as world:
        assert isinstance(world, Gateway)
        world.protocol.on["data"] = world.protocol.on["pause"] = fail
        with pytest.raises(error):
            world.transport.deliver(b"data")
        with pytest.raises(error):
            world.transport.pause_writing()
        assert world.reported == []


# What holds for the gateway alone


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with opened("gateway", Recorder()) as world:
        assert isinstance(world, Gateway)
        yield world


async def test_what_the_far_end_raises(gateway: Gateway) -> None:
    """What the far end raises is raised by `write()`, and ends the connection with it."""
    gateway.far_end.error = LookupError("not sendable")
    with pytest.raises(LookupError, match="not sendable"):
        gateway.transport.write(b"data")
    assert gateway.transport.is_closing()
    gateway.transport.close()
    await until(lambda: gateway.protocol.lost)
    assert gateway.protocol.calls == [("lost", LookupError)]
    assert gateway.far_end.calls == ["abort"]
    gateway.transport.abort()


async def test_abort_raises_what_write_has_raised(gateway: Gateway) -> None:
    """A library that takes an error of `write()` for a loss, and aborts, sees it again, once."""
    gateway.far_end.error = LookupError("not sendable")
    with pytest.raises(LookupError):
        gateway.transport.write(b"data")
    with pytest.raises(LookupError):
        gateway.transport.abort()
    gateway.transport.abort()


async def test_end_is_read_once(gateway: Gateway) -> None:
    """A protocol that pauses and resumes after the end does not hear of it again."""
    gateway.protocol.keep_open = True
    gateway.end()
    await until(lambda: gateway.protocol.calls)
    gateway.transport.pause_reading()
    gateway.transport.resume_reading()
    await turn(5)
    assert gateway.protocol.calls == ["eof"]


async def test_lines_after_the_end(gateway: Gateway) -> None:
    """`writelines()` after the end is dropped as well."""
    gateway.transport.abort()
    gateway.transport.writelines([b"late"])
    assert gateway.written() == b""


async def test_waiting_for_a_paused_reader_takes_no_turns(gateway: Gateway) -> None:
    """The end of a connection whose protocol has paused keeps the event loop from nothing."""
    gateway.transport.pause_reading()
    gateway.transport.deliver(b"data")
    gateway.transport.end()
    await turn(5)
    assert not asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    gateway.transport.resume_reading()
    await until(lambda: gateway.protocol.lost)


async def test_can_not_write_eof(gateway: Gateway) -> None:
    """The transport can't be half closed, as one over TLS."""
    assert not gateway.transport.can_write_eof()
    with pytest.raises(NotImplementedError):
        gateway.transport.write_eof()


async def test_buffered_amount_beyond_the_kernels(gateway: Gateway) -> None:
    """The write buffer is what would not fit into the kernel's."""
    for amount, size in ((0, 0), (KERNEL_BUFFER, 0), (KERNEL_BUFFER + 5, 5)):
        gateway.far_end.buffered_amount = amount
        assert gateway.transport.get_write_buffer_size() == size
    gateway.transport.abort()
    assert gateway.transport.get_write_buffer_size() == 0


@pytest.mark.parametrize("high", [0, 1, 64 * 1024, 100_000_000])
async def test_marks(gateway: Gateway, high: int) -> None:
    """The library waits with more than its upper limit, and goes on below its lower one."""
    gateway.transport.set_write_buffer_limits(high)
    low, _ = gateway.transport.get_write_buffer_limits()
    assert gateway.far_end.marks is not None
    wait, go_on = gateway.far_end.marks
    assert wait - KERNEL_BUFFER == high + 1
    assert KERNEL_BUFFER // 2 <= go_on <= KERNEL_BUFFER + low


async def test_pausing_the_writer(gateway: Gateway) -> None:
    """The protocol is asked to wait once, at the call, and let go on once, in a later turn."""
    transport = gateway.transport
    transport.pause_writing()
    transport.pause_writing()
    assert gateway.protocol.calls == ["pause"]
    transport.resume_writing()
    transport.resume_writing()
    assert gateway.protocol.calls == ["pause"]
    await turn(2)
    assert gateway.protocol.calls == ["pause", "resume"]
    transport.resume_writing()
    await turn(2)
    assert gateway.protocol.calls == ["pause", "resume"]


async def test_full_again_before_the_writer_goes_on(gateway: Gateway) -> None:
    """The protocol is not let go on if there is no room any more when its turn has come."""
    gateway.transport.pause_writing()
    gateway.transport.resume_writing()
    gateway.transport.pause_writing()
    await turn(2)
    assert gateway.protocol.calls == ["pause"]
    gateway.transport.resume_writing()
    await turn(2)
    assert gateway.protocol.calls == ["pause", "resume"]


async def test_writer_of_a_lost_connection(gateway: Gateway) -> None:
    """A protocol hears nothing of the write buffer after the connection was lost."""
    gateway.transport.pause_writing()
    gateway.transport.abort()
    gateway.transport.resume_writing()
    await turn(2)
    gateway.transport.pause_writing()
    assert gateway.protocol.calls == ["pause", LOST]


@pytest.mark.parametrize("name", ["pause", "resume"])
async def test_flow_control_that_raises(gateway: Gateway, name: str) -> None:
    """What the protocol raises about its write buffer is reported, and nothing ends, as in asyncio."""

    def fail() -> None:
        raise ValueError

    gateway.protocol.on[name] = fail
    gateway.transport.pause_writing()
    gateway.transport.resume_writing()
    await turn(2)
    assert gateway.protocol.calls == ["pause", "resume"]
    (context,) = gateway.reported
    assert context["message"] == f"protocol.{name}_writing() failed"
    assert not gateway.transport.is_closing()


async def test_far_end_that_flushes(gateway: Gateway) -> None:
    """`close()` waits until the far end has sent what was written; `abort()` then waits for nothing."""
    gateway.far_end.holds_close = True
    gateway.far_end.buffered_amount = 2 * KERNEL_BUFFER
    gateway.transport.close()
    await turn(5)
    assert gateway.protocol.calls == []
    assert gateway.transport.get_write_buffer_size() == KERNEL_BUFFER
    gateway.transport.abort()
    await until(lambda: gateway.protocol.lost)
    assert gateway.far_end.calls == ["close", "abort"]
    assert gateway.protocol.calls == [LOST]


async def test_delivering_soon(gateway: Gateway) -> None:
    """What is delivered soon comes in a later turn, and before what is delivered afterwards."""
    gateway.transport.deliver_soon(b"one")
    gateway.transport.deliver_soon(b"two")
    assert gateway.protocol.calls == []
    await turn(2)
    assert gateway.protocol.calls == [b"one", b"two"]
    gateway.transport.deliver_soon(b"three")
    gateway.transport.deliver(b"four")
    assert gateway.protocol.received == b"onetwothreefour"


async def test_delivering_after_the_end(gateway: Gateway) -> None:
    """What the far end delivers behind its own end, or to a closed transport, is dropped."""
    gateway.protocol.keep_open = True
    gateway.transport.end()
    gateway.transport.end(ConnectionResetError())
    gateway.transport.deliver(b"late")
    gateway.transport.deliver_soon(b"late")
    await turn(5)
    assert gateway.protocol.calls == ["eof"]
    gateway.transport.abort()
    gateway.transport.deliver(b"late")
    gateway.transport.deliver_soon(b"late")
    await turn(5)
    assert gateway.protocol.calls == ["eof", LOST]


async def test_far_end_resumes(gateway: Gateway) -> None:
    """The far end is asked for more when the protocol reads again, in a later turn."""
    gateway.transport.pause_reading()
    gateway.transport.resume_soon()
    await turn(2)
    assert gateway.far_end.calls == []
    gateway.transport.resume_reading()
    assert gateway.far_end.calls == []
    await turn(2)
    assert gateway.far_end.calls == ["resume"]


async def test_handing_over(gateway: Gateway) -> None:
    """From `hand_over()` on, another far end is asked."""
    other = FarEnd()
    other.transport = gateway.transport
    gateway.transport.hand_over(other)
    gateway.transport.write(b"data")
    gateway.transport.close()
    assert (bytes(other.written), other.calls) == (b"data", ["close"])
    assert (bytes(gateway.far_end.written), gateway.far_end.calls) == (b"", [])


async def test_socket_is_closed() -> None:
    """A socket that a program has handed over is closed with the connection."""
    with socket.socket() as sock:
        loop = asyncio.get_running_loop()
        far_end = FarEnd()
        transport = GatewayTransport(loop, Recorder(), lambda transport: far_end, {"socket": sock})
        assert transport.get_extra_info("socket") is sock
        assert transport.get_extra_info("cipher", "none") == "none"
        transport.abort()
        await turn(2)
        assert sock.fileno() == -1


async def test_writes_after_the_end_are_logged(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A write to a closed connection leaves a line in the debug log, without what was written."""
    caplog.set_level(logging.DEBUG, "websocketstream")
    gateway.transport.close()
    gateway.transport.write(b"s3cret")
    assert "closed or closing" in caplog.text and "s3cret" not in caplog.text
