"""Upgraded connections that are lost, libraries that break the protocol, handshakes that fail."""

import pytest
from websockets.frames import Opcode

from tests.unit.bench import turn
from tests.unit.gateway.bench import (
    Library,
    Network,
    closed_with,
    frame,
    message_frame,
    nothing_is_left,
    opened,
    until,
)
from websocketstream._core.outage import Outages
from websocketstream.errors import SecurityError
from websocketstream.gateway.transport import KERNEL_BUFFER

LOST, LOST_BY_ERROR = ("lost", type(None)), ("lost", ConnectionResetError)
ORIGIN = "http://example.com:80"


# Lost connections


@pytest.mark.parametrize("paused", [False, True])
async def test_drop(paused: bool) -> None:
    """A connection that is lost ends with an error, without a Close frame and after all messages."""
    library = await opened()
    if paused:
        library.transport.pause_reading()
    for index in range(300):
        library.network.peer.send(f"{index}")
    library.network.peer.drop()
    if paused:
        await until(lambda: library.network.peer.closed)
        await turn(5)
        assert library.calls[1:] == []
        library.transport.resume_reading()
    await until(lambda: library.lost)
    assert library.messages == [f"{index}" for index in range(300)]
    assert library.calls[-1] == LOST_BY_ERROR and "eof" not in library.calls
    assert set(library.options.unreachable_origins) == {ORIGIN}
    assert nothing_is_left(library)


async def test_messages_that_may_be_lost() -> None:
    """If the browser may have lost messages, the connection is lost, though the server has closed."""
    library = await opened()
    library.network.peer.send("message")
    await turn(3)
    library.network.peer.close(lost=True)
    await until(lambda: library.lost)
    assert library.messages == ["message"]
    assert library.calls[-1] == LOST_BY_ERROR
    assert "the last messages may be missing" in str(library.error)
    assert set(library.options.unreachable_origins) == set()


async def test_code_that_stands_for_a_failure() -> None:
    """A code that must not be in a Close frame does not get into one."""
    library = await opened()
    library.network.peer.close(1015)
    await until(lambda: library.lost)
    assert (library.messages, library.calls[-1]) == ([], LOST_BY_ERROR)


async def test_server_that_closes_while_messages_are_on_their_way() -> None:
    """A server that closes before it has read all gives the library its code all the same."""
    library = await opened()
    library.network.peer.pause()
    library.write(message_frame("unread"))
    library.network.peer.close(4001)
    await until(lambda: library.messages)
    assert library.messages == [closed_with(4001)]


@pytest.mark.parametrize("end", ["drop", "close"])
async def test_library_that_never_reads(end: str) -> None:
    """A library that waits to write to a server that is gone goes on, and learns of the end in time."""
    library = await opened()
    peer = library.network.peer
    library.transport.pause_reading()
    peer.pause()
    peer.send("message")
    library.write(message_frame(bytes(2 * KERNEL_BUFFER)))
    assert library.calls[1:] == ["pause"]
    getattr(peer, end)()
    await until(lambda: peer.closed)
    await turn(5)
    assert library.calls[1:] == ["pause", "resume"]
    library.write(message_frame(bytes(KERNEL_BUFFER)))
    await turn(5)
    assert not library.lost
    library.write(message_frame(b"x"), message_frame(b"y"))
    library.write(message_frame(b"z"))
    await until(lambda: library.lost)
    assert library.calls[1:] == ["pause", "resume", LOST_BY_ERROR]
    assert nothing_is_left(library)


# Violations


@pytest.mark.parametrize(
    ("data", "code", "sent"),
    [
        (b"\x81\x81\0\0\0\0\xff", 1007, 4007),
        (b"\xc1\x80\0\0\0\0", 1002, 4002),
    ],
    ids=["no UTF-8", "reserved bits"],
)
async def test_violation(data: bytes, code: int, sent: int) -> None:
    """A library that breaks the protocol gets a server's Close frame, in a later turn, and the end."""
    library = await opened()
    library.write(message_frame("before") + data + message_frame("after"))
    assert library.messages == []
    await until(lambda: library.lost)
    (close,) = library.messages
    assert not isinstance(close, (str, bytes))
    assert int.from_bytes(close.data[:2]) == code
    assert library.calls[-2:] == ["eof", LOST]
    assert await library.network.peer.recv() == "before"
    await until(lambda: library.network.peer.closed)
    assert library.network.peer.close_code == sent
    assert nothing_is_left(library)


async def test_violation_while_the_library_does_not_read() -> None:
    """What came before a violation is delivered first; what comes behind it is not."""
    library = await opened()
    peer = library.network.peer
    peer.answers_close = False
    library.transport.pause_reading()
    peer.send("before")
    await turn(5)
    library.write(frame(Opcode.TEXT, b"\xff"))
    await turn(5)
    assert library.calls[1:] == []
    library.keep_open = True
    library.transport.resume_reading()
    await until(lambda: "eof" in library.calls)
    peer._wire.tell("after")
    peer.close()
    await turn(5)
    before, close = library.messages
    assert before == "before" and not isinstance(close, (str, bytes)) and close.opcode is Opcode.CLOSE
    library.transport.close()
    await until(lambda: library.lost)
    assert nothing_is_left(library)


async def test_violation_in_the_answer_to_a_close() -> None:
    """A library that answers a Close frame by breaking the protocol is done, too."""
    library = await opened()
    library.network.peer.close()
    await until(lambda: library.messages)
    library.write(frame(Opcode.TEXT, b"\xff"))
    await until(lambda: library.lost)
    assert library.messages == [closed_with(1000)]


# Handshakes that fail


async def failed(**options: object) -> Library:
    """Return a library whose handshake the server has refused."""
    library = Library(**options)  # type: ignore[arg-type]
    library.upgrade("/chat?token=s3cret")
    library.network.peer.refuse()
    await until(lambda: library.network.peer.closed)
    await turn(3)
    return library


async def test_nothing_answers() -> None:
    """If nothing answers over HTTP either, the connection is refused, and the origin is suspected."""
    library = await failed()
    assert library.probes.asked == [("http://example.com:80/chat?token=s3cret", "cors")]
    library.probes.answer(None)
    await turn()
    assert library.probes.asked[1:] == [("http://example.com:80/chat?token=s3cret", "no-cors")]
    library.probes.answer(None)
    await until(lambda: library.lost)
    assert isinstance(library.error, ConnectionRefusedError)
    assert str(library.error).endswith(f"nothing answers at {ORIGIN}")
    assert set(library.options.unreachable_origins) == {ORIGIN}


@pytest.mark.parametrize("status", [401, 404, 429, 503])
async def test_status_that_the_page_may_see(status: int) -> None:
    """The status of a plain request is the answer, where the page may see it and it is an error."""
    library = await failed()
    library.probes.answer(status)
    await until(lambda: library.lost)
    assert library.head[0].startswith(f"HTTP/1.1 {status} ")
    assert f"answers a plain request with {status}".encode() in library.rest
    assert "s3cret" not in library.rest.decode()
    assert library.calls[-2:] == ["eof", LOST]


@pytest.mark.parametrize("status", [0, 200, 400, 426])
async def test_server_that_is_there(status: int) -> None:
    """A server that is there, and says no more than that, is a bad gateway."""
    library = await failed()
    library.probes.answer(status)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 502 Bad Gateway"
    assert set(library.options.unreachable_origins) == set()


async def test_server_that_is_there_and_hides() -> None:
    """So is one that answers only where the page may not see it."""
    library = await failed()
    library.probes.answer(None)
    await turn()
    library.probes.answer(0)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 502 Bad Gateway"
    assert b"the connection to ws://example.com" in library.rest


async def test_without_probe() -> None:
    """With `probe=False` every failure is a bad gateway."""
    library = await failed(probe=None)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 502 Bad Gateway"


async def test_forbidden_by_the_policy() -> None:
    """What the page's policy has forbidden is answered with 403 and the directive; nobody is asked."""
    url = "ws://example.com/chat?token=s3cret"
    library = await failed(forbidden_by={url: "connect-src"}.get)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 403 Forbidden"
    assert b"directive connect-src" in library.rest and b"s3cret" not in library.rest
    assert library.probes.asked == []


@pytest.mark.parametrize("moment", [1, 2])
@pytest.mark.parametrize("how", ["close", "abort"])
async def test_leaving_while_it_is_asked(moment: int, how: str) -> None:
    """A library that goes away while the reason is looked for calls that off."""
    library = await failed()
    if moment == 2:
        library.probes.answer(None)
        await turn()
    getattr(library.transport, how)()
    await until(lambda: library.lost)
    assert library.probes.cancelled == 1
    assert library.calls == [LOST]


async def test_server_that_never_answers_the_handshake() -> None:
    """A handshake that is never answered fails after a while, also if the library would wait longer."""
    library = Library()
    library.upgrade()
    library.network.timers.advance(60)
    await turn(3)
    library.probes.answer(0)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 502 Bad Gateway"
    assert b"open_timeout=60" in library.rest
    assert nothing_is_left(library)


@pytest.mark.parametrize("raises", [False, True])
async def test_forbidden_at_once(raises: bool) -> None:
    """What the browser refuses to open at all raises or is answered with 403, as it comes."""
    network = Network()
    if raises:

        def refuse(*args: object) -> None:
            raise SecurityError("mixed content")

        network.connect = refuse  # type: ignore[method-assign, assignment]
        library = Library(network)
        with pytest.raises(SecurityError):
            library.upgrade()
        return
    library = Library(network)
    library.upgrade()
    library.transport._far_end._connection.fail(SecurityError("mixed content"))  # type: ignore[attr-defined]
    await until(lambda: library.lost)
    assert (library.head[0], library.rest) == ("HTTP/1.1 403 Forbidden", b"mixed content\n")


async def test_server_that_is_back() -> None:
    """A connection that opens clears its origin."""
    unreachable_origins = Outages()
    unreachable_origins.add(ORIGIN)
    library = await opened(unreachable_origins=unreachable_origins)
    assert set(unreachable_origins) == set()
    library.transport.abort()
    await until(lambda: library.lost)
