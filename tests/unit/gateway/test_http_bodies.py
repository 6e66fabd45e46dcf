"""Bodies of requests, by length and in chunks."""

from collections.abc import Iterable

import pytest

from tests.unit.gateway.http_requests import (
    GET,
    post,
    read,
    read_by_h11,
    shown,
)
from websocketstream.gateway.http import HTTPViolation, RequestReader


@pytest.mark.parametrize("cuts", [[], range(200)], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 5"], b"hello"),
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
    events = shown(read(post(*lines) + body + GET, cuts))
    assert events[1] == b"hello"
    assert events[2:] == shown(read(GET))


def test_heads_come_before_their_bodies() -> None:
    """A head is not held back until the body has come, which is one whole."""
    reader = RequestReader()
    assert len(reader.feed(post("Content-Length: 5"))) == 1
    assert reader.feed(b"he") == []
    assert reader.feed(memoryview(b"llo")) == [b"hello"]


@pytest.mark.parametrize("body", [["Content-Length: 0"], []])
def test_no_body(body: list[str]) -> None:
    """A request with neither length nor coding has no body, whatever its method."""
    assert read(post(*body))[1:] == [b""]


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
    assert reader.feed(b"5;" + b"a" * 100 + end) == [HTTPViolation(431, "header fields too large")]


def test_trailers_have_a_limit() -> None:
    """Nobody can send trailers without end."""
    reader = RequestReader(max_head_size=100)
    reader.feed(post("Transfer-Encoding: chunked") + b"0\r\n")
    assert reader.feed(b"X: a\r\n" * 20) == [HTTPViolation(431, "header fields too large")]
