"""HTTP requests and the heads of responses, with ``h11`` as the oracle in both directions."""

import re
from collections.abc import Iterable

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.unit.gateway.test_frames import cut_places, pieces_of
from websocketstream.gateway.http import (
    END,
    LAST_CHUNK,
    Event,
    Headers,
    HTTPViolation,
    NotHTTP,
    Request,
    RequestReader,
    chunk,
    response_head,
)

SECRET = "s3cret"

GET = b"GET /path?token=s3cret HTTP/1.1\r\nHost: example.com\r\n\r\n"
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: WebSocket\r\n"
    b"Connection: keep-alive, Upgrade\r\n\r\n"
)


def read(data: bytes, cuts: Iterable[int] = (), reader: RequestReader | None = None) -> list[Event]:
    reader = reader or RequestReader()
    return [each for piece in pieces_of(data, cuts) for each in reader.feed(piece)]


def joined(events: Iterable[Event]) -> list[object]:
    """Return the events with the pieces of each body joined, and requests as tuples."""
    result: list[object] = []
    for event in events:
        if isinstance(event, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += event
        elif isinstance(event, Request):
            result.append((event.method, event.target, event.version, event.headers.items()))
        else:
            result.append(event)
    return result


def head(*lines: str, first: str = "GET / HTTP/1.1", host: str = "Host: example.com") -> bytes:
    return "\r\n".join([first, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def post(*lines: str, version: str = "1.1") -> bytes:
    return head(*lines, first=f"POST /things HTTP/{version}")


def only_request(data: bytes) -> Request:
    request = read(data)[0]
    assert isinstance(request, Request)
    return request


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
        if body:
            expected.append(b"".join(body))
        expected.append(END)
    assert joined(read(data, cuts)) == expected


def read_by_h11(data: bytes) -> list[object] | int:
    """Return the first request as h11's server reads it, or the status that it answers."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    events: list[object] = []
    try:
        while (event := server.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED:
            if isinstance(event, h11.Request):
                headers = [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in event.headers.raw_items()
                ]
                events.append((event.method.decode(), event.target.decode(), headers))
            elif isinstance(event, h11.Data):
                if events and isinstance(events[-1], bytes):
                    events[-1] += bytes(event.data)
                else:
                    events.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                events.append(END)
    except h11.RemoteProtocolError as error:
        return error.error_status_hint
    return events


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
    except NotHTTP:
        return
    if not events or isinstance(events[-1], HTTPViolation):
        return
    ours: list[object] = []
    for event in joined(events):
        if isinstance(event, tuple):
            if ours:
                break  # h11 pauses before the next request
            method, target, version, headers = event
            if version == "1.0" or method == "CONNECT":
                return
            # h11 merges equal lengths, and writes codings in lower case.
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


# Heads


@given(cuts=cut_places)
@example(cuts=list(range(200)))
def test_heads_may_be_cut_anywhere(cuts: list[int]) -> None:
    """Requests without a body end with their head, one after the other."""
    expected: list[object] = [
        ("GET", "/path?token=s3cret", "1.1", [("Host", "example.com")]),
        END,
    ]
    assert joined(read(GET + GET, cuts)) == expected * 2


@pytest.mark.parametrize("cuts", [[], range(100)], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    "data",
    [
        GET.replace(b"\r\n", b"\n"),
        b"\r\n\r\n" + GET,
        b"\n" + GET,
        GET.replace(b".com\r\n\r\n", b".com\n\r\n"),
    ],
    ids=["LF", "empty lines before", "an empty line before", "LF, CRLF"],
)
def test_line_ends_are_read_leniently(data: bytes, cuts: Iterable[int]) -> None:
    """A line may end with LF alone, and empty lines before the head are ignored (RFC 9112, 2.2)."""
    assert joined(read(data, cuts)) == joined(read(GET))


@pytest.mark.parametrize(("given_", "version"), [("1.0", "1.0"), ("1.1", "1.1"), ("1.9", "1.1")])
def test_versions(given_: str, version: str) -> None:
    """Every minor version is understood as the nearest that there is."""
    assert only_request(head(first=f"GET / HTTP/{given_}")).version == version


def test_bytes_of_other_encodings_are_kept() -> None:
    """A value that is not ASCII has one character for each byte, as fetch() wants it."""
    request = only_request(head("X-Name: Zoë".encode().decode("latin-1")))
    assert request.headers.get("x-name", "").encode("latin-1") == "Zoë".encode()


VIOLATIONS = {
    "no target": (head(first="GET HTTP/1.1"), 400),
    "a space too many": (head(first="GET  / HTTP/1.1"), 400),
    "a target with a space": (head(first="GET /a b HTTP/1.1"), 400),
    "a target that is not ASCII": (head(first="GET /ä HTTP/1.1"), 400),
    "a version that is not one": (head(first="GET / HTTP/1"), 400),
    "an old version": (head(first="GET / HTTP/0.9"), 505),
    "a version to come": (head(first="GET / HTTP/3.0"), 505),
    "no Host": (head(host=""), 400),
    "two Hosts": (head("Host: example.org"), 400),
    "a folded line": (head("X-Long: a", " b"), 400),
    "a line without a colon": (head("X-Own"), 400),
    "a space before the colon": (head("X-Own : a"), 400),
    "a name that is not a token": (head("X(Own): a"), 400),
    "no name": (head(": a"), 400),
    "NUL": (head("X-Own: a\0b"), 400),
    "CR": (head("X-Own: a\rb"), 400),
    "two CRs": (head("X-Own: a\r"), 400),
    "DEL": (head("X-Own: a\x7fb"), 400),
    "a length that is not a number": (post("Content-Length: five"), 400),
    "a length with a sign": (post("Content-Length: +5"), 400),
    "an empty length": (post("Content-Length:"), 400),
    "a negative length": (post("Content-Length: -1"), 400),
    "a length of other digits": (post("Content-Length: ²"), 400),
    "two lengths": (post("Content-Length: 5", "Content-Length: 6"), 400),
    "two lengths in one": (post("Content-Length: 5, 6"), 400),
    "a length beyond all bounds": (post("Content-Length: " + "9" * 21), 400),
    "length and coding": (post("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    "another coding": (post("Transfer-Encoding: gzip, chunked"), 501),
    "chunked twice": (post("Transfer-Encoding: chunked, chunked"), 501),
    "no coding": (post("Transfer-Encoding:"), 501),
    "a coding in HTTP/1.0": (post("Transfer-Encoding: chunked", version="1.0"), 400),
    "an upgrade with a body": (UPGRADE[:-2] + b"Content-Length: 1\r\n\r\n", 400),
    "an upgrade with chunks": (UPGRADE[:-2] + b"Transfer-Encoding: chunked\r\n\r\n", 400),
}
# h11 is lenient with some of these, and leaves versions and upgrades to its caller.
LENIENT = {"an old version", "a version to come", "a folded line", "DEL", "a coding in HTTP/1.0"}
LENIENT |= {"an upgrade with a body", "an upgrade with chunks", "length and coding"}


@pytest.mark.parametrize("cuts", [[], range(100)], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("name", VIOLATIONS)
def test_requests_that_are_refused(name: str, cuts: Iterable[int]) -> None:
    """A request that is not understood is refused, with the status that h11 suggests where it does."""
    data, status = VIOLATIONS[name]
    reader = RequestReader()
    (violation,) = read(data, cuts, reader)
    assert isinstance(violation, HTTPViolation)
    assert violation.status == status
    response_head(status, violation.reason, ())  # which must not raise
    if name not in LENIENT:
        assert read_by_h11(data) == status
    assert reader.feed(GET) == []
    assert reader.take_rest() == b""


def test_requests_before_one_that_is_refused_are_read() -> None:
    """A violation comes last, behind what could be read."""
    events = read(GET + head(first="GET / HTTP/2.0"))
    assert joined(events[:2]) == joined(read(GET))
    assert events[2:] == [HTTPViolation(505, "HTTP version not supported")]


def test_a_second_request_that_is_no_http_is_a_violation() -> None:
    """Once there was a request, the connection is one for HTTP, and the error a response."""
    assert read(GET + b"\x16\x03\x01\n\n")[2:] == [HTTPViolation(400, "invalid request line")]


@pytest.mark.parametrize(("extra", "status"), [(-1, None), (0, None), (1, 431)])
@pytest.mark.parametrize("cuts", [[], [50]])
def test_heads_have_a_limit(extra: int, status: int | None, cuts: list[int]) -> None:
    """A head of as many bytes as allowed is read, one with more is refused, even before its end."""
    limit = 200
    data = head("X-Long: " + "a" * (limit + extra - len(head("X-Long: "))))
    assert len(data) == limit + extra
    (first, *_) = read(data, cuts, RequestReader(max_head_size=limit))
    assert (first.status if isinstance(first, HTTPViolation) else None) == status
    unfinished = b"GET / HTTP/1.1\r\nX-Long: " + b"a" * limit
    (violation,) = read(unfinished, cuts, RequestReader(max_head_size=limit))
    assert violation == HTTPViolation(431, "header fields too large")


def test_a_target_that_is_too_long() -> None:
    """A request line that goes beyond the limit has its own status."""
    (violation,) = read(b"GET /" + b"a" * 100, (), RequestReader(max_head_size=100))
    assert isinstance(violation, HTTPViolation)
    assert violation.status == 414


def test_the_default_limit_is_generous() -> None:
    """Cookies and tokens of tens of kilobytes get through."""
    request = only_request(head("X-Token: " + "a" * 60_000))
    assert len(request.headers.get("X-Token", "")) == 60_000


# Bodies


@pytest.mark.parametrize("cuts", [[], range(200)], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 5"], b"hello"),
        (["Content-Length: 5", "content-length: 5"], b"hello"),
        (["Content-Length: 5, 5"], b"hello"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
        (["Transfer-Encoding: Chunked"], b"2\r\nhe\r\n03 \r\nllo\r\n000\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"5;name=value;x\r\nhello\r\n0;last\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\nDigest: a\r\nX: b\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\nDigest: a\n\n"),
        (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\n"),
    ],
)
def test_bodies(lines: list[str], body: bytes, cuts: Iterable[int]) -> None:
    """A body is read by its length or in chunks; the request behind it is read as well."""
    events = joined(read(post(*lines) + body + GET, cuts))
    assert events[1:3] == [b"hello", END]
    assert events[3:] == joined(read(GET))


def test_pieces_of_a_body_come_at_once() -> None:
    """A piece of the body is not held back until the rest has come."""
    reader = RequestReader()
    assert len(reader.feed(post("Content-Length: 5"))) == 1
    assert reader.feed(b"he") == [b"he"]
    assert reader.feed(memoryview(b"llo")) == [b"llo", END]


@pytest.mark.parametrize("body", [["Content-Length: 0"], []])
def test_no_body(body: list[str]) -> None:
    """A request with neither length nor coding has no body, whatever its method."""
    assert read(post(*body))[1:] == [END]


CHUNK_VIOLATIONS = {
    "no size": b"\r\n",
    "a size that is not a number": b"g\r\n",
    "a size with a prefix": b"0x5\r\n",
    "a size beyond all bounds": b"1" * 21 + b"\r\n",
    "a chunk longer than its size": b"3\r\nhello\r\n",
    "a chunk shorter than its size": b"7\r\nhello\r\n0\r\n\r\n",
    "a size that ends with LF": b"5\nhello\r\n0\r\n\r\n",
    "a chunk that ends with LF": b"5\r\nhello\n0\r\n\r\n",
    "a trailer that is none": b"0\r\nX\r\n\r\n",
}


@pytest.mark.parametrize("cuts", [[], range(200)], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("body", CHUNK_VIOLATIONS.values(), ids=CHUNK_VIOLATIONS)
def test_chunks_that_are_refused(body: bytes, cuts: Iterable[int]) -> None:
    """Chunks that are not understood end the connection, for h11 too."""
    data = post("Transfer-Encoding: chunked") + body
    violation = read(data, cuts)[-1]
    assert isinstance(violation, HTTPViolation)
    assert violation.status == read_by_h11(data) == 400


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_chunk_extensions_have_a_limit(end: bytes) -> None:
    """Nobody can send an extension without end."""
    reader = RequestReader(max_head_size=100)
    reader.feed(post("Transfer-Encoding: chunked"))
    assert reader.feed(b"5;" + b"a" * 100 + end) == [HTTPViolation(400, "chunk extension too long")]


def test_trailers_have_a_limit() -> None:
    """Nobody can send trailers without end."""
    reader = RequestReader(max_head_size=100)
    reader.feed(post("Transfer-Encoding: chunked") + b"0\r\n")
    assert reader.feed(b"X: a\r\n" * 20) == [HTTPViolation(431, "header fields too large")]


@pytest.mark.parametrize(
    "data",
    [
        post("Content-Length: 11"),
        post("Transfer-Encoding: chunked") + b"5\r\nhello\r\n6\r\n",
        post("Transfer-Encoding: chunked") + b"fffffffffffff\r\n",
    ],
)
def test_bodies_have_a_limit(data: bytes) -> None:
    """A body that says to be too large is refused before it comes."""
    assert read(data, (), RequestReader(max_body_size=10))[-1] == HTTPViolation(413, "body too large")


def test_a_body_of_the_largest_size() -> None:
    """A body of as many bytes as allowed is read, and the limit is for each."""
    data = post("Content-Length: 10") + bytes(10)
    data += post("Transfer-Encoding: chunked") + chunk(bytes(4)) + chunk(bytes(6)) + LAST_CHUNK
    events = joined(read(data + data, (), RequestReader(max_body_size=10)))
    assert [each for each in events if isinstance(each, bytes)] == [bytes(10)] * 4


# Upgrades


@given(rest=st.binary(max_size=50), cuts=cut_places)
def test_reading_stops_behind_an_upgrade(rest: bytes, cuts: list[int]) -> None:
    """What follows a handshake is not HTTP, and is kept for who reads on."""
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


def test_reading_stops_behind_connect() -> None:
    """What follows a CONNECT is not HTTP either."""
    reader = RequestReader()
    data = head(first="CONNECT example.com:443 HTTP/1.1") + b"\x16\x03\x01"
    (request,) = reader.feed(data)
    assert isinstance(request, Request)
    assert request.method == "CONNECT"
    assert not request.wants_upgrade
    assert reader.take_rest() == b"\x16\x03\x01"


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


# Other protocols

MQTT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03s3c"
POSTGRES = b"\x00\x00\x00\x15\x00\x03\x00\x00user\x00s3cret\x00\x00"
OTHER_PROTOCOLS = {
    b"\x16\x03\x01\x02\x00\x01\x00": "a TLS record",
    MQTT: "an MQTT CONNECT packet",
    b"\x10\x80\x01\x00\x06MQIsdp\x03": "an MQTT CONNECT packet",
    POSTGRES: "a PostgreSQL startup message",
    b"\x00\x00\x00\x08\x04\xd2\x16\x2f": "a PostgreSQL startup message",
    b"AMQP\x00\x00\x09\x01": "an AMQP protocol header",
    b"\x35\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00s3cret": "a MongoDB message",
    b"*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n": "a Redis command",
    b"\x05\x01\x00": "a SOCKS5 greeting",
    b"SSH-2.0-s3cret\r\n": "an SSH identification string",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "the preface of an HTTP/2 connection",
    b"CONNECT\nlogin:s3cret\n\n\0": "a STOMP frame",
    b"PASS s3cret\r\n": "a line of text that begins with PASS and names no version of HTTP",
    b"QUIT\r\n": "a line of text that begins with QUIT and names no version of HTTP",
    b"user:s3cret\n": "a line of 11 characters that names no version of HTTP",
    b"\xff": "1 byte of a binary protocol",
    b"\x00\x01s3cret": "8 bytes of a binary protocol",
    b"GE\x01": "3 bytes of a binary protocol",
    b"a" * 40: "a line of 40 characters that names no version of HTTP",
}


@pytest.mark.parametrize(("data", "seen"), OTHER_PROTOCOLS.items(), ids=OTHER_PROTOCOLS.values())
def test_other_protocols_are_recognised(data: bytes, seen: str) -> None:
    """A library that expects TCP gets an error that says what came, and none of its content."""
    with pytest.raises(NotHTTP, match="a page has no TCP") as raised:
        RequestReader().feed(data)
    assert raised.value.seen == seen
    assert seen in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("size", range(1, len(GET)))
def test_the_beginning_of_a_request_is_waited_for(size: int) -> None:
    """A request that comes in pieces is not taken for another protocol."""
    assert RequestReader().feed(GET[:size]) == []


def test_nothing_is_not_another_protocol() -> None:
    """Empty writes are ignored."""
    assert RequestReader().feed(b"") == []


# Headers


def test_headers_are_found_whatever_their_case() -> None:
    """Names are compared without regard to case, and kept as they were written."""
    headers = Headers([("X-One", "1"), ("x-two", "2"), ("X-TWO", "3")])
    assert headers.get("x-one") == "1"
    assert headers.get("X-Two") == "2"
    assert headers.get("X-Three") is None
    assert headers.get("X-Three", "none") == "none"
    assert headers.get_all("x-Two") == ["2", "3"]
    assert headers.get_all("x-three") == []
    assert "X-TWO" in headers
    assert "X-Three" not in headers
    assert list(headers) == ["X-One", "x-two"]
    assert len(headers) == 2
    assert headers.items() == [("X-One", "1"), ("x-two", "2"), ("X-TWO", "3")]


def test_headers_are_changed() -> None:
    """Headers are added, replaced and removed by name."""
    headers = Headers()
    headers.add("A", "1")
    headers.add("a", "2")
    headers.add("B", "3")
    assert headers.pop("A") == "1"
    assert headers.pop("A") is None
    assert headers.pop("A", "gone") == "gone"
    headers["b"] = "4"
    headers["C"] = "5"
    assert headers.items() == [("b", "4"), ("C", "5")]
    del headers["c"]
    with pytest.raises(KeyError):
        del headers["C"]
    assert headers.items() == [("b", "4")]


def test_lists_in_headers() -> None:
    """The elements of a list may be spread over several headers; empty ones don't count."""
    headers = Headers([("Connection", "keep-alive , Upgrade,"), ("X", "y"), ("connection", "a")])
    assert headers.tokens("CONNECTION") == ["keep-alive", "Upgrade", "a"]
    assert headers.tokens("X-None") == []


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        ("GET /path?token=s3cret HTTP/1.1", "GET /path?… HTTP/1.1"),
        ("GET /users/@me HTTP/1.0", "GET /users/@me HTTP/1.0"),
        ("GET http://user:s3cret@example.com/x HTTP/1.1", "GET http://example.com/x HTTP/1.1"),
        ("OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"),
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
        ("OK", [("X Y", "z")]),
        ("OK", [("", "z")]),
        ("OK", [("X", "a\r\nY: s3cret")]),
        ("OK", [("X", "s3cret\0")]),
        ("OK", [("X", "s3cret\n")]),
        ("OK", [("X", "s3cret€")]),
    ],
)
def test_responses_can_t_be_broken_open(reason: str, headers: list[tuple[str, str]]) -> None:
    """What would add a header, or a response, is refused, and not shown."""
    with pytest.raises(ValueError, match=r"can't have|not a valid") as raised:
        response_head(200, reason, headers)
    assert SECRET not in str(raised.value)
