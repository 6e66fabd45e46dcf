"""Frames, with ``websockets`` and ``wsproto`` as oracles in both directions."""

import os
import time
import tracemalloc
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import websockets.frames
import websockets.utils
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.protocol import CLIENT, OPEN, SERVER, Protocol
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from websocketstream.gateway.frames import (
    Close,
    Frame,
    FrameReader,
    Ping,
    Pong,
    Violation,
    close_frame,
    message_frames,
    ping_frame,
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


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bool = True,
    size: int = 0,
) -> bytes:
    """Return a frame, in which anything may be wrong. ``size`` is the number of bytes of its length."""
    first = fin << 7 | rsv << 4 | opcode
    length = len(payload)
    if size == 8 or length >= 1 << 16:
        head = bytes([first, mask << 7 | 127]) + length.to_bytes(8)
    elif size == 2 or length >= 126:
        head = bytes([first, mask << 7 | 126]) + length.to_bytes(2)
    else:
        head = bytes([first, mask << 7 | length])
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + websockets.utils.apply_mask(payload, key)


def pieces_of(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    """Cut ``data`` where ``cuts`` say, as far as they are within it."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        yield data[start:end]


cut_places = st.lists(st.integers(0, 1 << 16), max_size=8)


def read(data: bytes, cuts: Iterable[int] = (), reader: FrameReader | None = None) -> list[Frame]:
    reader = reader or FrameReader()
    return [each for piece in pieces_of(data, cuts) for each in reader.feed(piece)]


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


@pytest.mark.parametrize("size", [2, 8])
def test_accepts_a_length_in_more_bytes_than_needed(size: int) -> None:
    """A length that would fit into fewer bytes is accepted, as the server of websockets does."""
    data = frame(0x2, b"12345", size=size)
    assert read(data) == [b"12345"]
    assert verdict_of_websockets(data) is None


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
    """The end of a fragmented message is the end of its limits, too."""
    reader = FrameReader(4)
    sent = frame(0x2, b"ab", fin=False) + frame(0x0, b"cd")
    assert read(sent + sent + frame(0x1, b"abcd"), (), reader) == [b"abcd", b"abcd", "abcd"]


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


# What a server closes the connection for


def verdict_of_websockets(data: bytes) -> int | None:
    """Return the code that the server of websockets closes with, if it does."""
    server = Protocol(SERVER, state=OPEN)
    server.receive_data(data)
    if server.parser_exc is None:
        return None
    assert server.close_sent is not None
    return int(server.close_sent.code)


def verdict_of_wsproto(data: bytes) -> int | None:
    server = FrameProtocol(client=False, extensions=[])
    server.receive_bytes(data)
    try:
        list(server.received_frames())
    except ParseFailed as failed:
        return int(failed.code)
    return None


def verdict(data: bytes, cuts: Iterable[int] = ()) -> int | None:
    frames = read(data, cuts)
    assert not any(isinstance(each, Violation) for each in frames[:-1])
    return frames[-1].code if frames and isinstance(frames[-1], Violation) else None


START = frame(0x1, b"start", fin=False)

VIOLATIONS = {
    "not masked": (frame(0x1, b"x", mask=False), 1002),
    "not masked, empty": (frame(0x2, mask=False), 1002),
    "RSV1": (frame(0x1, b"x", rsv=4), 1002),
    "RSV2": (frame(0x2, b"x", rsv=2), 1002),
    "RSV3": (frame(0x9, b"x", rsv=1), 1002),
    "fragmented Ping": (frame(0x9, b"x", fin=False), 1002),
    "fragmented Pong": (frame(0xA, b"x", fin=False), 1002),
    "fragmented Close": (frame(0x8, b"", fin=False), 1002),
    "long Ping": (frame(0x9, bytes(126)), 1002),
    "very long Ping": (frame(0x9, bytes(65_536)), 1002),
    "long Close": (frame(0x8, b"\x03\xe8" + bytes(124)), 1002),
    "continuation of nothing": (frame(0x0, b"x"), 1002),
    "continuation of a whole message": (frame(0x1, b"x") + frame(0x0, b"x"), 1002),
    "text in a message": (START + frame(0x1, b"x"), 1002),
    "bytes in a message": (START + frame(0x2, b"x"), 1002),
    "beginning in a message": (START + frame(0x2, b"x", fin=False), 1002),
    "Close of one byte": (frame(0x8, b"\x03"), 1002),
    "Close with a reason that is not UTF-8": (frame(0x8, b"\x03\xe8\xff"), 1007),
    **{f"opcode {code}": (frame(code, b"x"), 1002) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    **{
        f"close code {code}": (frame(0x8, code.to_bytes(2)), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
}

BAD_TEXTS = {
    "a byte that is never UTF-8": b"a\xff",
    "a surrogate": "\ud800".encode("utf-8", "surrogatepass"),
    "an overlong form": b"\xc0\xaf",
    "half a character": "€".encode()[:2],
    "a long one": b"a" * 1000 + b"\xff",
}


@pytest.mark.parametrize(("data", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
@pytest.mark.parametrize("cuts", [[], range(1, 30)], ids=["at once", "byte by byte"])
def test_violations_are_what_servers_close_for(data: bytes, code: int, cuts: Iterable[int]) -> None:
    """A violation has the code that websockets and wsproto close with."""
    assert verdict(data, cuts) == code
    assert verdict_of_websockets(data) == code
    assert verdict_of_wsproto(data) == code


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
@pytest.mark.parametrize("cut", [None, 1])
def test_text_must_be_utf8(text: bytes, cut: int | None) -> None:
    """A message that says to be text and isn't, is a violation, in fragments too."""
    data = (
        frame(0x1, text) if cut is None else frame(0x1, text[:cut], fin=False) + frame(0x0, text[cut:])
    )
    assert verdict(data) == verdict_of_wsproto(data) == 1007


def test_a_length_of_63_bits_at_most() -> None:
    """The highest bit of a length of eight bytes must not be set; without it, it is a mere length."""
    head = b"\x82\xff" + bytes([0x80]) + bytes(7)
    assert verdict(head) == verdict_of_wsproto(head) == 1002
    assert verdict(b"\x82\xff" + b"\x7f" + b"\xff" * 7) is None


def test_a_close_frame_may_come_between_fragments() -> None:
    """RFC 6455 lets every control frame come between fragments. (The server of websockets does not.)"""
    data = START + frame(0x8, b"\x03\xe8")
    assert read(data) == [Close(1000, "")]
    assert verdict_of_wsproto(data) is None


def test_every_registered_close_code_is_accepted() -> None:
    """1014 (bad gateway) is newer than RFC 6455, and registered."""
    data = frame(0x8, (1014).to_bytes(2))
    assert read(data) == [Close(1014, "")]
    assert verdict_of_websockets(data) is None


# Payloads that are wrong in one way at most: servers differ in which breach they see first.
data_and_payload = st.tuples(
    st.sampled_from([0x0, 0x1, 0x2, 0x9, 0xA, 0x3, 0xB]),
    st.sampled_from([b"", b"a", "€".encode(), b"x" * 125, b"x" * 126]),
)
close_and_payload = st.tuples(
    st.just(0x8), st.sampled_from([b"", b"\x03", b"\x03\xe8", b"\x03\xe8\xff", b"\x03\xecno"])
)


@st.composite
def frames_of_all_kinds(draw: st.DrawFn) -> bytes:
    opcode, payload = draw(st.one_of(*[data_and_payload] * 4, close_and_payload))
    return frame(
        opcode,
        payload,
        fin=draw(st.sampled_from([True, True, False])),
        rsv=draw(st.sampled_from([0] * 8 + [1])),
        mask=draw(st.sampled_from([True] * 8 + [False])),
    )


@given(sent=st.lists(frames_of_all_kinds(), max_size=8), cuts=cut_places)
@settings(max_examples=300)
def test_any_sequence_of_frames_is_judged_as_servers_do(sent: list[bytes], cuts: list[int]) -> None:
    """Whatever comes, the code is that of wsproto's server, and that of websockets'."""
    data = b"".join(sent)
    frames = read(data, cuts)
    assert verdict(data, cuts) == verdict_of_wsproto(data)
    if not (frames and isinstance(frames[-1], Close)):  # the two differ for one between fragments
        assert verdict(data, cuts) == verdict_of_websockets(data)


@given(data=st.binary(max_size=60), cuts=cut_places)
def test_how_bytes_are_cut_does_not_matter(data: bytes, cuts: list[int]) -> None:
    """Any bytes give the same frames at once and in pieces."""
    assert read(data, cuts) == read(data)


@pytest.mark.parametrize("end", [frame(0x8), frame(0x3)], ids=["Close", "violation"])
@pytest.mark.parametrize("again", [True, False])
def test_nothing_is_read_after_the_end(end: bytes, again: bool) -> None:
    """What comes after a Close frame or a violation is ignored."""
    reader = FrameReader()
    more = frame(0x1, b"more")
    assert len(reader.feed(end + more if again else end)) == 1
    assert reader.feed(more) == []
    assert reader.feed(end) == []


# Limits


@pytest.mark.parametrize("limit", [0, 1, 125, 126, 200, 70_000])
def test_messages_have_a_limit(limit: int) -> None:
    """A message of as many bytes as allowed passes, one more is too many, as for websockets."""
    assert read(frame(0x2, bytes(limit)), (), FrameReader(limit)) == [bytes(limit)]
    (violation,) = read(frame(0x2, bytes(limit + 1)), (), FrameReader(limit))
    assert isinstance(violation, Violation)
    assert violation.code == 1009
    assert str(limit) in violation.reason

    server = Protocol(SERVER, state=OPEN, max_size=limit)
    server.receive_data(frame(0x2, bytes(limit + 1)))
    assert server.close_sent is not None
    assert server.close_sent.code == 1009


def test_the_limit_is_for_whole_messages() -> None:
    """Fragments count together, control frames between them don't."""
    reader = FrameReader(4)
    assert reader.feed(frame(0x1, b"ab", fin=False) + frame(0x9, b"pingping")) == [Ping(b"pingping")]
    (violation,) = reader.feed(frame(0x0, b"abc"))
    assert isinstance(violation, Violation)
    assert violation.code == 1009


def test_a_message_that_is_too_large_is_refused_by_its_head() -> None:
    """Nobody has to send a message to learn that it is too large."""
    (violation,) = FrameReader(1 << 20).feed(frame(0x2, bytes(1 << 21))[:10])
    assert isinstance(violation, Violation)
    assert violation.code == 1009


@given(data=st.binary(max_size=30), limit=st.integers(0, 200))
def test_reasons_fit_into_a_close_frame(data: bytes, limit: int) -> None:
    """A violation can be sent as a Close frame."""
    for each in read(data, (), FrameReader(limit)):
        if isinstance(each, Violation):
            close_frame(each.code, each.reason)


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


@given(ping=st.binary(max_size=125), pong=st.binary(max_size=125), close=closes)
def test_libraries_read_control_frames(ping: bytes, pong: bytes, close: Close) -> None:
    """Pings, Pongs and Close frames are read by websockets and wsproto as they were meant."""
    data = ping_frame(ping) + pong_frame(pong) + close_frame(close.code, close.reason)
    client = Protocol(CLIENT, state=OPEN)
    client.receive_data(data)
    assert client.parser_exc is None
    assert client.close_rcvd == websockets.frames.Close(close.code or 1005, close.reason)
    assert [each.data for each in client.events_received()[:2]] == [ping, pong]  # type: ignore[union-attr]

    other = FrameProtocol(client=True, extensions=[])
    other.receive_bytes(data)
    assert [(each.opcode, each.payload) for each in other.received_frames()] == [
        (Opcode.PING, ping),
        (Opcode.PONG, pong),
        (Opcode.CLOSE, (close.code or 1005, close.reason)),
    ]


def test_no_message_is_no_frame() -> None:
    """An empty batch is empty; an empty Ping has an empty payload."""
    assert message_frames([]) == b""
    assert ping_frame() == b"\x89\x00"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ping_frame(bytes(126)),
        lambda: pong_frame(bytes(126)),
        lambda: close_frame(1000, "ä" * 62),
    ],
)
def test_control_frames_that_are_too_long_are_refused(make: Any) -> None:
    """A control frame can't have more than 125 bytes; the message says how many it would be."""
    with pytest.raises(ValueError, match="126 bytes is too long: at most 125"):
        make()
