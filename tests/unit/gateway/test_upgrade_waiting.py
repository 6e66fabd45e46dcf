"""Upgrades whose library or server does not read: who waits for whom."""

import warnings
from typing import Any

from tests.unit.bench import turn
from tests.unit.gateway import bench
from tests.unit.gateway.bench import (
    Library,
    Network,
    close_frame,
    closed_with,
    message_frame,
    opened,
    until,
)
from websocketstream.errors import ReceiveBufferWarning
from websocketstream.gateway.transport import KERNEL_BUFFER

# Waiting for the library


async def test_server_is_held_back() -> None:
    """A server is held back while a library does not read, with no more than the mark in between."""
    library = await opened(high_water_mark=1000)
    library.transport.pause_reading()
    taken = 0

    def took() -> None:
        nonlocal taken
        taken += 1

    for _ in range(30):
        library.network.peer.send(bytes(100)).when_settled(took)  # type: ignore[attr-defined]
    await turn(10)
    assert taken == 10
    library.transport.resume_reading()
    await until(lambda: len(library.messages) == 30)


async def test_server_that_can_not_be_held_back() -> None:
    """Where a server can't be held back, the library gets all, and a warning is given."""
    library = Library(Network(receive_backpressure=False), high_water_mark=1000)
    library.upgrade()
    library.network.peer.accept()
    await until(lambda: library.head)
    library.transport.pause_reading()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(30):
            library.network.peer.send(bytes(100))
        await turn(10)
    assert [each.category for each in caught] == [ReceiveBufferWarning]
    library.transport.resume_reading()
    await until(lambda: len(library.messages) == 30)


async def test_overflow() -> None:
    """With overflow="error" such a flood loses the connection, behind what was below the mark."""
    library = Library(Network(receive_backpressure=False), high_water_mark=1000, overflow="error")
    library.upgrade()
    library.network.peer.accept()
    await until(lambda: library.head)
    library.transport.pause_reading()
    for _ in range(30):
        library.network.peer.send(bytes(100))
    await until(lambda: library.network.peer.closed)
    assert library.network.peer.close_code == 4009
    await turn(5)
    assert len(library.calls) == 1
    library.transport.resume_reading()
    await until(lambda: library.lost)
    assert 10 <= len(library.messages) < 30
    assert isinstance(library.error, ConnectionResetError)
    assert "high_water_mark=1000" in str(library.error)
    assert set(library.options.unreachable_origins) == set()


# Waiting for the server


async def test_library_waits_for_a_server_that_does_not_read() -> None:
    """A library waits when its limit and the kernel's are full, and goes on when half has gone."""
    library = await opened()
    library.transport.set_write_buffer_limits(10_000)
    peer = library.network.peer
    peer.pause()
    await turn(2)
    library.write(message_frame(bytes(KERNEL_BUFFER)))
    assert library.transport.get_write_buffer_size() == 0
    library.write(message_frame(bytes(10_000)))
    assert library.transport.get_write_buffer_size() == 10_000
    assert library.steps[1:] == []
    library.write(message_frame(b"1"))
    assert library.steps[1:] == ["pause"]
    library.write(message_frame(b"2"))
    await turn(3)
    assert library.steps[1:] == ["pause"]
    await peer.recv()
    await turn(3)
    assert library.steps[1:] == ["pause", "resume"]
    peer.resume()
    await turn(3)
    assert library.transport.get_write_buffer_size() == 0


async def test_library_that_does_not_wait() -> None:
    """A library that goes on writing is asked to wait once, and let go on once."""
    library = await opened()
    peer = library.network.peer
    peer.pause()
    for _ in range(200):
        library.write(message_frame(bytes(10_000)))
    assert library.steps[1:] == ["pause"]
    await turn(3)
    peer.resume()
    await turn(5)
    assert library.steps[1:] == ["pause", "resume"]


async def test_room_that_a_write_finds() -> None:
    """A write that finds that there is room again does not call the library, a later turn does."""
    library = await opened()
    peer = library.network.peer
    peer.pause()
    for _ in range(200):
        library.write(message_frame(bytes(10_000)))
    wire: Any = peer._wire
    wire.buffered_amount = 0
    library.write(message_frame(bytes(10_000)))
    assert library.steps[1:] == ["pause"]
    await turn(2)
    assert library.steps[1:] == ["pause", "resume"]


async def test_limits_that_are_lowered() -> None:
    """A library that lowers its limits below what is on its way is asked to wait at once."""
    library = await opened()
    library.network.peer.pause()
    library.transport.set_write_buffer_limits(1_000_000)
    library.write(message_frame(bytes(KERNEL_BUFFER + 500_000)))
    assert library.steps[1:] == []
    library.transport.set_write_buffer_limits(0)
    assert library.steps[1:] == ["pause"]
    library.transport.set_write_buffer_limits(10_000_000)
    await turn(3)
    assert library.steps[1:] == ["pause", "resume"]


async def test_representation() -> None:
    """An upgrade shows its URL without what may be secret."""
    library = await opened()
    assert repr(library.transport._far_end) == "<WebSocketUpgrade ws://example.com:80/chat?…>"
    library.write(close_frame())
    await until(lambda: library.lost)
    assert bench.frames_of(library.rest) == [closed_with(1000)]
