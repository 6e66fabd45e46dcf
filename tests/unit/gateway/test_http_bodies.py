"""Bodies of requests, by length and in chunks."""

from collections.abc import Iterable

import pytest

from tests.unit.gateway.http_requests import (
    GET,
    joined,
    post,
    read,
    read_by_h11,
)
from websocketstream.gateway.http import (
    END,
    LAST_CHUNK,
    HTTPViolation,
    RequestReader,
    chunk,
)


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
