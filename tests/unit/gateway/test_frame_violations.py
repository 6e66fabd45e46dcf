"""Frames that a server closes the connection for, with ``websockets`` and ``wsproto`` as oracles."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.protocol import OPEN, SERVER, Protocol
from wsproto.frame_protocol import FrameProtocol, ParseFailed

from tests.unit.gateway.client_frames import frame, read
from tests.unit.gateway.cutting import cut_places
from websocketstream.gateway.frames import Close, FrameReader, Violation, close_frame

# What servers say


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


# What the gateway says

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


@pytest.mark.parametrize("size", [2, 8])
def test_accepts_a_length_in_more_bytes_than_needed(size: int) -> None:
    """A length that would fit into fewer bytes is accepted, as the server of websockets does."""
    data = frame(0x2, b"12345", size=size)
    assert read(data) == [b"12345"]
    assert verdict_of_websockets(data) is None


@given(data=st.binary(max_size=30))
def test_reasons_fit_into_a_close_frame(data: bytes) -> None:
    """A violation can be sent as a Close frame."""
    for each in read(data):
        if isinstance(each, Violation):
            assert len(close_frame(each.code, each.reason)) <= 2 + 125
