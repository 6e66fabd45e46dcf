"""The transport keeps asyncio's contract: each test holds for asyncio's own over a socket as well."""

import asyncio
from typing import Any

import pytest

from tests.unit.bench import turn
from tests.unit.gateway.bench import BufferedRecorder, Recorder, until
from tests.unit.gateway.transports import LOST, LOST_BY_ERROR, Gateway, World, opened

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
