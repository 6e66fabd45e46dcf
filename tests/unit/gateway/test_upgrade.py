"""Upgrades: the handshake, messages both ways, and pings."""

from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.unit.bench import turn
from tests.unit.gateway.bench import (
    Library,
    Network,
    closed_with,
    frame,
    message_frame,
    opened,
    until,
)
from websocketstream.errors import DOMSyntaxError, NotSupportedError
from websocketstream.gateway.headers import Handshake, all_of, dropped, in_query, openai
from websocketstream.testing import FakePeer

MESSAGES = ["", "text", b"", b"binary", "grüße", b"\0" * 300, "x" * 70_000]


async def echo(peer: FakePeer) -> None:
    async for message in peer:
        await peer.send(message)


# The handshake


async def test_handshake() -> None:
    """The library gets 101 with the answer to its key, once the connection is open and not before."""
    library = Library()
    library.upgrade("/chat?room=7")
    await turn(5)
    assert library.calls == []
    library.network.peer.accept()
    await until(lambda: library.head)
    assert library.head == [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]


async def test_subprotocol() -> None:
    """The subprotocol that the server selects goes to the library, if it has offered one itself."""
    library = Library()
    library.upgrade("/", "Sec-WebSocket-Protocol: chat, superchat")
    assert library.network.peer.protocols == ("chat", "superchat")
    library.network.peer.accept("superchat")
    await until(lambda: library.head)
    assert library.head[-1] == "Sec-WebSocket-Protocol: superchat"


async def test_subprotocol_of_a_hook() -> None:
    """A subprotocol that a hook has offered is none that the library could know."""
    library = Library(headers_to=openai)
    library.upgrade("/", "Authorization: Bearer s3cret", "X-Stainless-OS: x")
    assert library.network.peer.protocols == ("realtime", "openai-insecure-api-key.s3cret")
    library.network.peer.accept("realtime")
    await until(lambda: library.head)
    assert "Sec-WebSocket-Protocol" not in library.received.decode()


async def test_header_that_can_not_be_sent() -> None:
    """A header that a page can't send raises, with its name; nothing is opened."""
    library = Library()
    with pytest.raises(NotSupportedError, match="Authorization") as raised:
        library.upgrade("/", "Authorization: Bearer s3cret")
    assert "s3cret" not in str(raised.value)
    assert library.network.peers == []
    await until(lambda: library.lost)


async def test_hook() -> None:
    """A hook moves headers to the query, and drops others."""
    library = Library(headers_to=all_of(in_query({"Authorization": "token"}), dropped("Origin")))
    library.upgrade("/chat?room=7", "Authorization: Bearer s3cret", "Origin: http://x")
    assert library.network.peer.url == "ws://example.com:80/chat?room=7&token=s3cret"


async def test_back_end_that_sends_headers() -> None:
    """Where headers can be sent, they are, and the hook's changes count."""
    network = Network()
    network.sends_headers = True
    sent: list[Any] = []
    connect = network.connect

    def recording(url: str, protocols: Any, events: Any, headers: Any = ()) -> Any:
        sent.extend(headers)
        return connect(url, protocols, events, headers)

    network.connect = recording  # type: ignore[method-assign]
    library = Library(network, headers_to=dropped("Origin"))
    library.upgrade("/", "Authorization: Bearer s3cret", "Origin: x", "User-Agent: x")
    assert sent == [("Authorization", "Bearer s3cret")]


@pytest.mark.parametrize(
    ("path", "offered", "message"),
    [
        ("/#part", "chat", "fragment"),
        ("/", "chat, chat", "more than once"),
        ("/", "a b", "not a valid subprotocol"),
    ],
)
async def test_handshake_that_no_page_can_make(path: str, offered: str, message: str) -> None:
    """What the standard's constructor refuses, raises."""
    library = Library()
    with pytest.raises(DOMSyntaxError, match=message):
        library.upgrade(path, f"Sec-WebSocket-Protocol: {offered}")


async def test_hook_that_raises() -> None:
    """What a hook raises, the library's write raises."""

    def hook(handshake: Handshake) -> None:
        raise LookupError("no token")

    library = Library(headers_to=hook)
    with pytest.raises(LookupError, match="no token"):
        library.upgrade()


async def test_frames_before_the_answer() -> None:
    """Frames that are written before the connection is open go out when it is."""
    library = Library()
    library.upgrade()
    one = message_frame("one")
    library.write(one[:5], one[5:] + message_frame("two"))
    peer = library.network.peer
    peer.accept()
    assert [await peer.recv(), await peer.recv()] == ["one", "two"]


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_leaving_before_the_answer(how: str) -> None:
    """A library that goes away before the connection is open gives it up, and nobody is asked why."""
    library = Library()
    library.upgrade()
    library.write(message_frame("early"))
    getattr(library.transport, how)()
    await until(lambda: library.lost)
    assert library.calls == [("lost", type(None))]
    assert library.network.peer.closed
    assert library.probes.asked == []
    assert library.network.timers.pending == library.timers.pending == []


async def test_leaving_at_the_answer() -> None:
    """A library that does not like the answer and closes gets nothing more."""
    library = Library()
    library.upgrade()
    library.on["data"] = library.transport.close
    library.network.peer.accept()
    library.network.peer.send("message")
    await until(lambda: library.lost)
    assert library.rest == b""
    await until(lambda: library.network.peer.closed)


async def test_answer_while_reading_is_paused() -> None:
    """The answer, and messages behind it, wait until the library reads."""
    library = Library()
    library.upgrade()
    library.transport.pause_reading()
    library.transport.resume_reading()
    await turn(2)
    library.transport.pause_reading()
    library.network.peer.accept()
    library.network.peer.send("message")
    await turn(5)
    assert library.calls == []
    library.transport.resume_reading()
    await until(lambda: library.messages)
    assert library.messages == ["message"]


# Messages


@pytest.mark.parametrize(
    "message", MESSAGES, ids=lambda message: f"{type(message).__name__}{len(message)}"
)
async def test_echo(message: str | bytes) -> None:
    """Messages go out and come back as they are, in frames without a mask."""
    library = await opened(echo)
    library.write(message_frame(message))
    await until(lambda: library.messages)
    assert library.messages == [message]


async def test_many_messages_come_together() -> None:
    """Messages that have come together are delivered together, in order."""
    library = await opened()
    library.transport.pause_reading()
    sent = [f"message {index}" for index in range(1000)]
    for message in sent:
        library.network.peer.send(message)
    await turn(5)
    library.transport.resume_reading()
    await until(lambda: len(library.messages) == 1000)
    assert library.messages == sent
    assert len(library.calls) == 2


async def test_large_messages_come_one_by_one() -> None:
    """No more than some 256 KiB come together, unless in one message."""
    library = await opened()
    library.transport.pause_reading()
    for _ in range(5):
        library.network.peer.send(bytes(200_000))
    await turn(5)
    library.transport.resume_reading()
    await until(lambda: len(library.messages) == 5)
    assert [len(call) for call in library.calls[1:] if isinstance(call, bytes)] == [
        400_020,
        400_020,
        200_010,
    ]


async def test_pausing_between_batches() -> None:
    """A library that pauses in a call gets no further batch."""
    library = await opened()
    library.transport.pause_reading()
    for _ in range(4):
        library.network.peer.send(bytes(200_000))
    await turn(5)
    library.on["data"] = library.transport.pause_reading
    library.transport.resume_reading()
    await turn(5)
    assert len(library.messages) == 2
    library.transport.resume_reading()
    await turn(5)
    assert len(library.messages) == 4


async def test_fragments() -> None:
    """A message in fragments is sent as one, with the control frames between them answered."""
    library = await opened()
    library.write(
        frame(Opcode.TEXT, b"one ", fin=False),
        frame(Opcode.PING, b"ping"),
        frame(Opcode.CONT, b"two "),
    )
    assert await library.network.peer.recv() == "one two "
    assert library.messages == [Frame(Opcode.PONG, b"ping")]


# Pings


async def test_ping() -> None:
    """A ping is answered, in a later turn; a pong is ignored."""
    library = await opened()
    library.write(frame(Opcode.PONG, b"unasked"), frame(Opcode.PING, b"ping"))
    assert library.messages == []
    await turn(2)
    assert library.messages == [Frame(Opcode.PONG, b"ping")]


async def test_ping_on_an_idle_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an idle timeout, a ping is answered if something has come in that time, or when it comes."""
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    library = await opened(idle_timeout=10)
    now = 110
    library.write(frame(Opcode.PING, b"1"))
    now = 110.1
    library.write(frame(Opcode.PING, b"2"))
    library.transport.pause_reading()
    library.transport.resume_reading()
    await turn(3)
    library.write(frame(Opcode.PING, b"3"))
    library.transport.pause_reading()
    library.network.peer.send("message")
    await turn(3)
    now = 120
    library.write(frame(Opcode.PING, b"4"))
    library.transport.resume_reading()
    await until(lambda: len(library.messages) == 4)
    pongs = [Frame(Opcode.PONG, payload) for payload in (b"1", b"3", b"4")]
    assert library.messages == [*pongs, "message"]


async def test_ping_to_a_server_that_has_gone() -> None:
    """A ping is not answered once the connection has ended, though the library does not know."""
    library = await opened()
    library.transport.pause_reading()
    library.network.peer.close()
    await until(lambda: library.network.peer.closed)
    await turn(2)
    library.write(frame(Opcode.PING, b"ping"))
    library.transport.resume_reading()
    await until(lambda: library.messages)
    assert library.messages == [closed_with(1000)]
