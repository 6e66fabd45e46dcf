"""Frames, with ``websockets`` and ``wsproto`` as oracles in both directions."""

import os
import time
import tracemalloc
from array import array
from collections.abc import Iterable
from typing import Any

import pytest
import websockets.frames
import websockets.utils
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.protocol import CLIENT, OPEN, Protocol
from wsproto.frame_protocol import FrameProtocol, Opcode

from tests.unit.gateway.client_frames import frame, read
from tests.unit.gateway.cutting import cut_places, pieces_of
from websocketstream.gateway.frames import (
    Close,
    Frame,
    FrameReader,
    Ping,
    Pong,
    close_frame,
    message_frames,
    pong_frame,
)

# What the tests send

payloads = st.binary(max_size=300)
texts = st.text(max_size=150)
messages = texts | payloads
control_frames = st.one_of(
    st.builds(Ping, st.binary(max_size=125)), st.builds(Pong, st.binary(max_size=125))
)
close_codes = st.sampled_from([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013]) | (
    st.integers(3000, 4999)
)
close_reasons = st.text(max_size=30)
closes = st.builds(Close, close_codes, close_reasons) | st.just(Close(None, ""))


# What libraries send


class WebsocketsClient:
    def __init__(self) -> None:
        self.protocol = Protocol(CLIENT, state=OPEN)

    def message(self, message: str | bytes, cuts: Iterable[int]) -> bytes:
        data = message.encode() if isinstance(message, str) else message
        parts = list(pieces_of(data, cuts))
        send: Any = self.protocol.send_text if isinstance(message, str) else self.protocol.send_binary
        for index, part in enumerate(parts):
            send(part, fin=index == len(parts) - 1)
            send = self.protocol.send_continuation
        return self._sent()

    def control(self, sent: Ping | Pong | Close) -> bytes:
        if isinstance(sent, Ping):
            self.protocol.send_ping(sent.payload)
        elif isinstance(sent, Pong):
            self.protocol.send_pong(sent.payload)
        else:
            self.protocol.send_close(sent.code, sent.reason)
        return self._sent()

    def _sent(self) -> bytes:
        return b"".join(self.protocol.data_to_send())


class WsprotoClient:
    def __init__(self) -> None:
        self.protocol = FrameProtocol(client=True, extensions=[])

    def message(self, message: str | bytes, cuts: Iterable[int]) -> bytes:
        # It encodes each part of a text, so it can't cut one between the bytes of a character.
        parts: list[Any] = [message] if isinstance(message, str) else list(pieces_of(message, cuts))
        last = len(parts) - 1
        return b"".join(
            bytes(self.protocol.send_data(part, fin=index == last)) for index, part in enumerate(parts)
        )

    def control(self, sent: Ping | Pong | Close) -> bytes:
        if isinstance(sent, Ping):
            return bytes(self.protocol.ping(sent.payload))
        if isinstance(sent, Pong):
            return bytes(self.protocol.pong(sent.payload))
        return bytes(self.protocol.close(sent.code, sent.reason or None))


CLIENTS = [WebsocketsClient, WsprotoClient]


@pytest.mark.parametrize("client_class", CLIENTS)
@given(
    sent=st.lists(st.tuples(messages, cut_places) | control_frames, max_size=6),
    close=closes,
    cuts=cut_places,
)
def test_reads_what_a_library_sends(
    client_class: type[WebsocketsClient | WsprotoClient],
    sent: list[tuple[str | bytes, list[int]] | Ping | Pong],
    close: Close,
    cuts: list[int],
) -> None:
    """Messages, in fragments or whole, and control frames come out as they went in, however cut."""
    client = client_class()
    data = b""
    expected: list[Frame] = []
    for each in sent:
        if isinstance(each, (Ping, Pong)):
            data += client.control(each)
            expected.append(each)
        else:
            data += client.message(*each)
            expected.append(each[0])
    data += client.control(close)
    assert read(data, cuts) == [*expected, close]


@given(payload=st.binary(max_size=70_000), cuts=cut_places)
@example(payload=bytes(125), cuts=[])
@example(payload=bytes(126), cuts=[])
@example(payload=bytes(65_535), cuts=[])
@example(payload=bytes(65_536), cuts=[])
@settings(max_examples=50)
def test_reads_payloads_of_any_size(payload: bytes, cuts: list[int]) -> None:
    """Lengths of one, two and eight bytes are understood, and every byte is unmasked."""
    assert read(frame(0x2, payload), cuts) == [payload]


@pytest.mark.parametrize("size", range(140))
def test_unmasks_every_size(size: int) -> None:
    """Each size that is dealt with in its own way comes out right, as text and as bytes."""
    text = os.urandom(size).hex()[:size]
    assert read(frame(0x1, text.encode())) == [text]
    payload = os.urandom(size)
    assert read(frame(0x2, payload)) == [payload]


def test_text_may_be_cut_within_a_character() -> None:
    """A text is decoded when it is complete."""
    data = "ä€𝄞".encode()
    sent = frame(0x1, data[:1], fin=False) + frame(0x0, data[1:4], fin=False) + frame(0x0, data[4:])
    assert read(sent) == ["ä€𝄞"]


def test_control_frames_keep_their_place_between_fragments() -> None:
    """A ping between the fragments of a message comes before the message."""
    sent = frame(0x2, b"ab", fin=False) + frame(0x9, b"p") + frame(0x0, b"cd") + frame(0xA, b"q")
    assert read(sent) == [Ping(b"p"), b"abcd", Pong(b"q")]


def test_frames_behind_a_fragmented_message_are_read() -> None:
    """A fragmented message leaves nothing behind for the next one."""
    sent = frame(0x2, b"ab", fin=False) + frame(0x0, b"cd")
    assert read(sent + sent + frame(0x1, b"abcd")) == [b"abcd", b"abcd", "abcd"]


def test_nothing_comes_of_nothing() -> None:
    """Empty writes, and incomplete frames, give no frame."""
    reader = FrameReader()
    assert reader.feed(b"") == []
    data = frame(0x2, bytes(1000))
    for byte in data[:-1]:
        assert reader.feed(bytes([byte])) == []
    assert reader.feed(data[-1:]) == [bytes(1000)]


@pytest.mark.parametrize("size", [5, 500])
@pytest.mark.parametrize("cut", [None, 4])
def test_what_is_written_may_be_changed_afterwards(size: int, cut: int | None) -> None:
    """A bytearray belongs to the library again as soon as it is written."""
    reader = FrameReader()
    payload = os.urandom(size)
    data = bytearray(frame(0x2, payload))
    got = reader.feed(data[:cut])
    rest = data[cut:] if cut else bytearray()
    data[:] = bytes(len(data))
    got += reader.feed(rest)
    rest[:] = bytes(len(rest))
    assert got == [payload]
    assert type(got[0]) is bytes


@pytest.mark.parametrize("size", [6, 502])
def test_memoryviews_of_any_format_are_read(size: int) -> None:
    """What counts of a memoryview is its bytes, whatever its items are."""
    payload = os.urandom(size)
    data = frame(0x2, payload)
    assert FrameReader().feed(memoryview(data)) == [payload]
    items = array("H", data)
    assert FrameReader().feed(memoryview(items)) == [payload]


# Cost


@pytest.mark.parametrize("piece", [1 << 10, 1 << 16])
def test_a_large_frame_in_pieces_is_put_together_once(piece: int) -> None:
    """The time for a frame in pieces grows with its size, not with its square (which would be hours)."""
    payload = os.urandom(1 << 20) * 32
    data = frame(0x2, payload)
    reader = FrameReader()
    began = time.perf_counter()
    got = [each for at in range(0, len(data), piece) for each in reader.feed(data[at : at + piece])]
    assert time.perf_counter() - began < 10
    assert got == [payload]


def peak_of(call: Any) -> int:
    """Return how many bytes were allocated at most during the call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_large_messages_are_copied_once() -> None:
    """A message to the library is copied into its frame, and nowhere else."""
    message = bytes(1 << 22)
    assert peak_of(lambda: message_frames([message])) < 1.1 * len(message)


def test_large_frames_are_not_held_many_times() -> None:
    """To unmask a frame takes no more than three times its size."""
    data = frame(0x2, bytes(1 << 22))
    assert peak_of(lambda: FrameReader().feed(data)) < 3 * len(data)


# Frames to the library


@given(sent=st.lists(messages, max_size=8), cuts=cut_places)
@example(sent=["a" * 125, "a" * 126, b"b" * 65_535, "c" * 65_536], cuts=[])
def test_libraries_read_messages(sent: list[str | bytes], cuts: list[int]) -> None:
    """What message_frames() returns is, for websockets and wsproto, those messages."""
    data = message_frames(sent)
    client = Protocol(CLIENT, state=OPEN)
    for piece in pieces_of(data, cuts):
        if piece:
            client.receive_data(piece)
    read_by_websockets = [
        bytes(each.data).decode() if each.opcode is websockets.frames.Opcode.TEXT else bytes(each.data)
        for each in client.events_received()
        if isinstance(each, websockets.frames.Frame)
    ]
    assert client.parser_exc is None
    assert read_by_websockets == sent

    other = FrameProtocol(client=True, extensions=[])
    other.receive_bytes(data)
    assert [each.payload for each in other.received_frames()] == sent


@given(pong=st.binary(max_size=125), close=closes)
def test_libraries_read_control_frames(pong: bytes, close: Close) -> None:
    """Pongs and Close frames are read by websockets and wsproto as they were meant."""
    data = pong_frame(pong) + close_frame(close.code, close.reason)
    client = Protocol(CLIENT, state=OPEN)
    client.receive_data(data)
    assert client.parser_exc is None
    assert client.close_rcvd == websockets.frames.Close(close.code or 1005, close.reason)
    assert client.events_received()[0].data == pong  # type: ignore[union-attr]

    other = FrameProtocol(client=True, extensions=[])
    other.receive_bytes(data)
    assert [(each.opcode, each.payload) for each in other.received_frames()] == [
        (Opcode.PONG, pong),
        (Opcode.CLOSE, (close.code or 1005, close.reason)),
    ]


def test_no_message_is_no_frame() -> None:
    """An empty batch is empty."""
    assert message_frames([]) == b""
