"""What holds for the gateway's transport alone: its far end, and its share of the buffers."""

import asyncio
import logging
import socket

import pytest

from tests.unit.bench import turn
from tests.unit.gateway.bench import Recorder, until
from tests.unit.gateway.transports import LOST, FarEnd, Gateway
from websocketstream.gateway.transport import KERNEL_BUFFER, GatewayTransport


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
    """From `set_far_end()` on, another far end is asked."""
    other = FarEnd()
    other.transport = gateway.transport
    gateway.transport.set_far_end(other)
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
