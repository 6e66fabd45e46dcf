"""HTTP requests and the heads of responses, with ``h11`` as the oracle in both directions."""

import re

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.unit.gateway.cutting import cut_places, pieces_of
from tests.unit.gateway.http_requests import (
    SECRET,
    UPGRADE,
    head,
    only_request,
    post,
    read,
    read_by_h11,
    shown,
)
from websocketstream.errors import NotSupportedError
from websocketstream.gateway.http import (
    LAST_CHUNK,
    HTTPViolation,
    Request,
    RequestReader,
    chunk,
    response_head,
)

# Against h11

tokens = st.text(st.sampled_from("abcXYZ019-_.~!#$%&'*+^`|"), min_size=1, max_size=12)
targets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)
values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20
).filter(lambda value: not any("\x80" <= each <= "\x9f" or each == "\xa0" for each in value))
FRAMING = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"}
fields = st.lists(st.tuples(tokens, values.map(str.strip)), max_size=5).map(
    lambda pairs: [(name, value) for name, value in pairs if name.lower() not in FRAMING]
)
bodies = st.lists(st.binary(min_size=1, max_size=50), max_size=4)


def sent_by_h11(
    method: str, target: str, headers: list[tuple[str, str]], body: list[bytes], chunked: bool
) -> bytes:
    client = h11.Connection(h11.CLIENT)
    if chunked:
        framing = [("Transfer-Encoding", "chunked")]
    else:
        framing = [("Content-Length", str(sum(map(len, body))))] if body else []
    request = h11.Request(
        method=method,
        target=target,
        headers=[
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in [("Host", "example.com"), *headers, *framing]
        ],
    )
    sent = client.send(request) or b""
    for part in body:
        sent += client.send(h11.Data(data=part)) or b""
    return sent + (client.send(h11.EndOfMessage()) or b"")


@given(
    requests=st.lists(
        st.tuples(
            tokens.filter(lambda method: method != "CONNECT"), targets, fields, bodies, st.booleans()
        ),
        min_size=1,
        max_size=3,
    ),
    cuts=cut_places,
)
def test_reads_what_h11_sends(
    requests: list[tuple[str, str, list[tuple[str, str]], list[bytes], bool]], cuts: list[int]
) -> None:
    """Requests one behind the other come out as they went in, with their bodies, however cut."""
    data = b"".join(sent_by_h11(*request) for request in requests)
    expected: list[object] = []
    for method, target, headers, body, chunked in requests:
        framing = []
        if chunked:
            framing = [("Transfer-Encoding", "chunked")]
        elif body:
            framing = [("Content-Length", str(sum(map(len, body))))]
        expected.append((method, target, "1.1", [("Host", "example.com"), *headers, *framing]))
        expected.append(b"".join(body))
    assert shown(read(data, cuts)) == expected


VALID = [
    head("Accept: */*", "X-Own: a, b"),
    post("Content-Length: 5") + b"hello",
    post("Transfer-Encoding: chunked") + b"5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
]


@given(
    start=st.sampled_from(VALID),
    place=st.integers(0, 200),
    removed=st.integers(0, 3),
    inserted=st.binary(max_size=2)
    | st.sampled_from([b"\r\n", b"\n", b" ", b":", b"0", b"\x00", b",", b"\t"]),
)
@settings(max_examples=400)
def test_what_is_accepted_h11_accepts_too(
    start: bytes, place: int, removed: int, inserted: bytes
) -> None:
    """A request that has been damaged is refused, or read as h11 reads it: never otherwise."""
    place %= len(start)
    data = start[:place] + inserted + start[place + removed :]
    try:
        events = read(data)
    except NotSupportedError:
        return
    if not events or isinstance(events[-1], HTTPViolation):
        return
    ours: list[object] = []
    for event in shown(events):
        if isinstance(event, tuple):
            if ours:
                break  # h11 pauses before the next request
            method, target, version, headers = event
            if version == "1.0" or method == "CONNECT":
                # Unlike h11, the reader takes HTTP/1.0 with two Hosts, and a CONNECT as any other
                # request: no client sends the one, and the other is refused whatever follows.
                return
            # h11 writes codings in lower case.
            ours.append((method, target, [each for each in headers if each[0].lower() not in FRAMING]))
        else:
            ours.append(event)
    theirs = read_by_h11(re.sub(rb"\A(\r?\n)+", b"", data))  # it refuses empty lines before a request
    assert not isinstance(theirs, int)
    method, target, headers = theirs[0]  # type: ignore[misc]
    theirs[0] = (method, target, [each for each in headers if each[0].lower() not in FRAMING])
    assert ours == theirs


@given(
    status=st.integers(200, 599),
    reason=values.map(str.strip),
    headers=fields,
    body=bodies,
    cuts=cut_places,
)
def test_h11_reads_responses(
    status: int, reason: str, headers: list[tuple[str, str]], body: list[bytes], cuts: list[int]
) -> None:
    """A head of a response and chunks are read by h11 as they were meant."""
    data = response_head(status, reason, [*headers, ("Transfer-Encoding", "chunked")])
    data += b"".join(map(chunk, body)) + LAST_CHUNK
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    for piece in pieces_of(data, cuts):
        if piece:
            client.receive_data(piece)
    response = client.next_event()
    assert isinstance(response, h11.Response)
    assert (response.status_code, response.reason.decode("latin-1")) == (status, reason)
    assert [
        (name.decode(), value.decode("latin-1")) for name, value in response.headers.raw_items()
    ] == [*headers, ("Transfer-Encoding", "chunked")]
    got = b""
    if status not in (204, 304):
        while isinstance(event := client.next_event(), h11.Data):
            got += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage)
        assert got == b"".join(body)


# Upgrades


@given(rest=st.binary(max_size=50), cuts=cut_places)
def test_reading_stops_behind_an_upgrade(rest: bytes, cuts: list[int]) -> None:
    """What follows a handshake, also as a body, is not HTTP, and is kept for who reads on."""
    reader = RequestReader()
    (request,) = read(UPGRADE + rest, cuts, reader)
    assert isinstance(request, Request)
    assert request.wants_upgrade
    assert reader.take_rest() == rest
    assert reader.take_rest() == b""


def test_the_handshake_of_websockets_is_an_upgrade() -> None:
    """A real handshake is recognised."""
    client = ClientProtocol(parse_uri("ws://example.com/chat"))
    client.send_request(client.connect())
    request = only_request(b"".join(client.data_to_send()))
    assert request.wants_upgrade
    assert request.target == "/chat"


@pytest.mark.parametrize(
    "data",
    [
        head("Upgrade: websocket"),
        head("Connection: Upgrade"),
        head("Connection: close", "Upgrade: websocket"),
        head("Connection: Upgrade", "Upgrade: h2c"),
        head("Connection: Upgrade", "Upgrade: websocket", first="POST / HTTP/1.1"),
        head("Connection: Upgrade", "Upgrade: websocket", first="GET / HTTP/1.0"),
    ],
)
def test_other_requests_are_no_upgrade(data: bytes) -> None:
    """Only GET in HTTP/1.1 with both headers is the handshake of a WebSocket."""
    assert not only_request(data).wants_upgrade


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close", False),
        ("1.1", "Connection: x, Close", False),
        ("1.1", "Connection: keep-alive", True),
        ("1.0", "X: y", False),
        ("1.0", "Connection: Keep-Alive", True),
    ],
)
def test_keep_alive(version: str, connection: str, keep_alive: bool) -> None:
    """A connection stays open as the version and the Connection header say."""
    lines = [connection] if connection else []
    assert only_request(head(*lines, first=f"GET / HTTP/{version}")).keep_alive is keep_alive


@pytest.mark.parametrize(
    ("version", "line", "expects"),
    [
        ("1.1", "Expect: 100-Continue", True),
        ("1.0", "Expect: 100-continue", False),
        ("1.1", "X: y", False),
    ],
)
def test_expects_continue(version: str, line: str, expects: bool) -> None:
    """A client of HTTP/1.1 may wait for leave to send the body."""
    assert only_request(post(line, version=version)).expects_continue is expects


# Reprs


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        ("GET /path?token=s3cret HTTP/1.1", "GET"),
        ("OPTIONS http://user:s3cret@example.com/x HTTP/1.1", "OPTIONS"),
    ],
)
def test_secrets_are_not_shown(first: str, shown: str) -> None:
    """Neither queries nor passwords nor values of headers are in a repr."""
    request = only_request(head("Authorization: Bearer s3cret", first=first))
    assert repr(request) == f"<Request {shown}, <Headers Host, Authorization>>"
    assert SECRET not in repr(request.headers)


# Responses


def test_the_head_of_a_response() -> None:
    """A head has the status line, the headers in order and an empty line."""
    head = response_head(101, "Switching Protocols", [("Upgrade", "websocket"), ("X", "ä")])
    assert head == b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX: \xe4\r\n\r\n"


@pytest.mark.parametrize(
    ("reason", "headers"),
    [
        ("OK\r\nX: y", []),
        ("OK\n", []),
        ("OK", [("X\r\nY", "z")]),
        ("OK", [("X", "a\r\nY: s3cret")]),
        ("OK", [("X", "s3cret\0")]),
        ("OK", [("X", "s3cret\n")]),
        ("OK", [("X", "s3cret€")]),
    ],
)
def test_responses_can_t_be_broken_open(reason: str, headers: list[tuple[str, str]]) -> None:
    """What would add a header, or a response, is refused, and not shown."""
    with pytest.raises(ValueError, match="control characters") as raised:
        response_head(200, reason, headers)
    assert SECRET not in str(raised.value)
