"""How upgraded connections end in order: who closes first, and who never answers."""

import pytest
from websockets.frames import Opcode

from tests.unit.bench import turn
from tests.unit.gateway.bench import (
    close_frame,
    closed_with,
    frame,
    message_frame,
    nothing_is_left,
    opened,
    until,
)
from websocketstream.gateway.transport import KERNEL_BUFFER
from websocketstream.gateway.upgrade import CLOSE_TIMEOUT
from websocketstream.testing import FakePeer

LOST, LOST_BY_ERROR = ("lost", type(None)), ("lost", ConnectionResetError)
ORIGIN = "http://example.com:80"


# The server closes


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, ""), (1001, "away"), (1011, "broken"), (4000, "grüße"), (None, "")]
)
async def test_server_closes(code: int | None, reason: str) -> None:
    """The library gets the server's Close frame, sends its own, and then the transport ends."""
    library = await opened()
    library.network.peer.close(code, reason)
    await until(lambda: library.messages)
    assert library.messages == [closed_with(code, reason)]
    await turn(5)
    assert not library.lost
    library.write(close_frame(code))
    assert not library.lost
    await until(lambda: library.lost)
    assert library.calls[-2:] == ["eof", LOST]
    assert library.messages == [closed_with(code, reason)]
    assert nothing_is_left(library)


async def test_server_closes_and_the_library_answers_in_the_call() -> None:
    """So it is when the library answers in the call that has brought the Close frame."""
    library = await opened()
    library.on["data"] = lambda: library.write(close_frame())
    library.network.peer.close()
    await until(lambda: library.lost)
    assert library.calls[-3:] == [closed_with(1000).serialize(mask=False), "eof", LOST]
    assert nothing_is_left(library)


async def test_server_closes_and_the_library_never_answers() -> None:
    """A library that does not answer the Close frame has some time for it, then the transport ends."""
    library = await opened()
    library.network.peer.close()
    await until(lambda: library.messages)
    library.network.timers.advance(CLOSE_TIMEOUT - 0.1)
    await turn(5)
    assert not library.lost
    library.network.timers.advance(0.1)
    await until(lambda: library.lost)
    assert library.calls[-2:] == ["eof", LOST]
    assert nothing_is_left(library)


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_server_closes_and_the_library_closes_the_transport(how: str) -> None:
    """A library that answers by closing the transport is done at once."""
    library = await opened()
    library.network.peer.close()
    await until(lambda: library.messages)
    getattr(library.transport, how)()
    await until(lambda: library.lost)
    assert library.calls[-1] == LOST and "eof" not in library.calls
    assert nothing_is_left(library)


async def test_server_closes_behind_messages() -> None:
    """All messages that were sent before a Close frame come before it."""
    library = await opened()
    for index in range(500):
        library.network.peer.send(f"{index}")
    library.network.peer.close()
    library.on["data"] = lambda: None
    await until(lambda: library.messages and library.messages[-1] == closed_with(1000))
    assert library.messages[:-1] == [f"{index}" for index in range(500)]


async def test_server_closes_while_the_library_does_not_read() -> None:
    """The Close frame, and the time to answer it, wait until the library reads; messages come first."""
    library = await opened()
    library.transport.pause_reading()
    library.network.peer.send("message")
    library.network.peer.close(1001)
    await until(lambda: library.network.peer.closed)
    await turn(5)
    library.network.timers.advance(10 * CLOSE_TIMEOUT)
    library.write(message_frame("late"))
    await turn(5)
    assert library.calls[1:] == []
    library.transport.resume_reading()
    await until(lambda: library.messages)
    await turn(5)
    assert library.messages == ["message", closed_with(1001)]
    assert not library.lost
    library.write(close_frame(1001))
    await until(lambda: library.lost)
    assert nothing_is_left(library)


async def test_both_close_while_the_library_does_not_read() -> None:
    """A Close frame of a library that has not seen the server's is its answer, too."""
    library = await opened()
    library.transport.pause_reading()
    library.network.peer.send("message")
    library.network.peer.close(1001)
    await until(lambda: library.network.peer.closed)
    await turn(5)
    library.write(close_frame(4000))
    await turn(5)
    library.transport.resume_reading()
    await until(lambda: library.lost)
    assert library.messages == ["message", closed_with(1001)]
    assert library.calls[-2:] == ["eof", LOST]
    assert nothing_is_left(library)


async def test_protocol_that_stays_open() -> None:
    """A protocol that does not end with the connection is left alone; what it writes is dropped."""
    library = await opened()
    library.keep_open = True
    library.network.peer.close()
    await until(lambda: library.messages)
    library.write(close_frame())
    await until(lambda: "eof" in library.calls)
    library.write(message_frame("late"), frame(Opcode.PING))
    await turn(5)
    assert not library.lost
    library.transport.close()
    await until(lambda: library.lost)
    assert library.calls[-2:] == ["eof", LOST]


# The library closes


@pytest.mark.parametrize(
    ("code", "sent"), [(1000, 1000), (1001, 1000), (1011, 4011), (3000, 3000), (None, 1005)]
)
async def test_library_closes(code: int | None, sent: int) -> None:
    """The server gets a code that a page may send; the library sees its own again, and the end."""
    library = await opened()
    library.write(close_frame(code, "bye" if code else ""))
    await until(lambda: library.lost)
    peer = library.network.peer
    assert (peer.close_code, peer.close_reason) == (sent, "bye" if code else "")
    assert library.messages == [closed_with(code, "bye" if code else "")]
    assert library.calls[-2:] == ["eof", LOST]
    assert nothing_is_left(library)


async def test_library_closes_and_the_server_has_more() -> None:
    """Messages that come before the server's answer are delivered, and the answer is the server's."""
    library = await opened()
    peer = library.network.peer
    peer.answers_close = False
    library.write(message_frame("last"), close_frame(1000))
    await until(lambda: peer.close_code)
    library.network.peer._wire.tell("more")
    await until(lambda: library.messages)
    peer.close(3001, "mine")
    await until(lambda: library.lost)
    assert library.messages == ["more", closed_with(3001, "mine")]
    assert await peer.recv() == "last"


async def test_library_closes_and_the_server_never_answers() -> None:
    """A server that does not answer the Close frame is given up, as a lost connection."""
    library = await opened()
    library.network.peer.answers_close = False
    library.write(close_frame())
    library.network.timers.advance(CLOSE_TIMEOUT - 0.1)
    await turn(5)
    assert not library.lost
    library.network.timers.advance(0.1)
    await until(lambda: library.lost)
    assert library.messages == []
    assert library.calls[-1] == LOST_BY_ERROR
    assert f"did not answer the close within close_timeout={CLOSE_TIMEOUT}" in str(library.error)
    assert nothing_is_left(library)


async def test_library_closes_and_the_server_drops() -> None:
    """A server that drops the connection in place of an answer has lost it."""
    library = await opened()
    library.network.peer.answers_close = False
    library.write(close_frame())
    library.network.peer.drop()
    await until(lambda: library.lost)
    assert (library.messages, library.calls[-1]) == ([], LOST_BY_ERROR)


async def test_library_closes_and_writes_on() -> None:
    """What a library writes behind its Close frame is ignored, as a server does."""
    library = await opened()
    library.write(close_frame() + message_frame("late"), frame(Opcode.PING), close_frame(4000))
    await until(lambda: library.lost)
    assert library.messages == [closed_with(1000)]
    assert library.network.peer.close_code == 1000


async def test_messages_of_the_library_come_before_its_close() -> None:
    """All that a library writes before its Close frame arrives before it, more than fits, too."""
    received: list[str | bytes] = []

    async def collect(peer: FakePeer) -> None:
        async for message in peer:
            received.append(message)

    library = await opened(collect)
    for index in range(4):
        library.write(message_frame(bytes([index]) * 800_000))
    library.write(close_frame())
    await until(lambda: library.lost)
    assert received == [bytes([index]) * 800_000 for index in range(4)]


# The library closes the transport


@pytest.mark.parametrize("message", ["last", ""])
async def test_closing_the_transport(message: str) -> None:
    """What was written goes out, if only an empty message, though the transport is closed at once."""
    received: list[str | bytes] = []

    async def collect(peer: FakePeer) -> None:
        async for message in peer:
            received.append(message)

    library = await opened(collect)
    library.write(message_frame(message))
    library.transport.close()
    assert library.calls[1:] == []
    await until(lambda: library.lost)
    assert library.calls[1:] == [LOST]
    await until(lambda: received == [message])
    await until(lambda: nothing_is_left(library))


async def test_closing_the_transport_of_a_slow_server() -> None:
    """The transport ends when what was written fits into the kernel's buffers, and not before."""
    library = await opened()
    peer = library.network.peer
    peer.pause()
    for _ in range(3):
        library.write(message_frame(bytes(KERNEL_BUFFER // 2)))
    library.transport.close()
    await turn(5)
    assert not library.lost
    assert await peer.recv() and await peer.recv()
    await until(lambda: library.lost)
    assert library.calls[-1] == LOST
    assert await peer.recv()


@pytest.mark.parametrize("how", ["drop", "timeout"])
async def test_closing_the_transport_of_a_server_that_is_lost(how: str) -> None:
    """A transport that can't send what was written ends with an error."""
    library = await opened()
    peer = library.network.peer
    peer.pause()
    library.write(message_frame(bytes(2 * KERNEL_BUFFER)))
    library.transport.close()
    await turn(5)
    if how == "drop":
        peer.drop()
    else:
        library.network.timers.advance(CLOSE_TIMEOUT)
    await until(lambda: library.lost)
    assert library.calls[-1] == LOST_BY_ERROR
    assert nothing_is_left(library)


@pytest.mark.parametrize("first", ["write", "close"])
async def test_aborting(first: str) -> None:
    """`abort()` drops what was written and not sent, also when the transport is closing already."""
    library = await opened()
    peer = library.network.peer
    peer.pause()
    library.write(message_frame(bytes(2 * KERNEL_BUFFER)))
    if first == "close":
        library.transport.close()
    library.transport.abort()
    await until(lambda: library.lost)
    assert library.calls[-1] == LOST
    await until(lambda: peer.closed)
    with pytest.raises(ConnectionError):
        await peer.recv()
    assert nothing_is_left(library)


async def test_protocol_that_raises() -> None:
    """A protocol that raises while it receives loses the connection; the server's side ends as well."""

    def fail() -> None:
        raise ValueError

    library = await opened()
    library.on["data"] = fail
    library.network.peer.send("message")
    library.network.peer.send("message")
    await until(lambda: library.lost)
    assert library.calls[-1] == ("lost", ValueError)
    assert isinstance(library.reported[0]["exception"], ValueError)
    await until(lambda: library.network.peer.closed)
    assert nothing_is_left(library)
