"""Heads of requests: where they may be cut, what is refused, and their limits."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given

from tests.unit.gateway.cutting import cut_places
from tests.unit.gateway.http_requests import (
    GET,
    head,
    only_request,
    post,
    read,
    read_by_h11,
    shown,
)
from websocketstream.gateway.http import HTTPViolation, RequestReader, response_head


@given(cuts=cut_places)
@example(cuts=list(range(200)))
def test_heads_may_be_cut_anywhere(cuts: list[int]) -> None:
    """Requests without a body end with their head, one after the other."""
    expected: list[object] = [
        ("GET", "/path?token=s3cret", "1.1", [("Host", "example.com")]),
        b"",
    ]
    assert shown(read(GET + GET, cuts)) == expected * 2


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
    assert shown(read(data, cuts)) == shown(read(GET))


@pytest.mark.parametrize(("given_", "version"), [("1.0", "1.0"), ("1.1", "1.1"), ("1.9", "1.1")])
def test_versions(given_: str, version: str) -> None:
    """Every minor version is understood as the nearest that there is."""
    assert only_request(head(first=f"GET / HTTP/{given_}")).version == version


def test_bytes_of_other_encodings_are_kept() -> None:
    """A value that is not ASCII has one character for each byte, as fetch() wants it."""
    request = only_request(head("X-Name: Zoë".encode().decode("latin-1")))
    assert (request.headers.get("x-name") or "").encode("latin-1") == "Zoë".encode()


VIOLATIONS = {
    "no target": (head(first="GET HTTP/1.1"), 400),
    "a space too many": (head(first="GET  / HTTP/1.1"), 400),
    "a target with a space": (head(first="GET /a b HTTP/1.1"), 400),
    "a target that is not ASCII": (head(first="GET /ä HTTP/1.1"), 400),
    "a version that is not one": (head(first="GET / HTTP/1"), 400),
    "a minor version that is not one": (head(first="GET / HTTP/1.x"), 400),
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
    "the same length twice": (post("Content-Length: 5", "Content-Length: 5"), 400),
    "the same length twice in one": (post("Content-Length: 5, 5"), 400),
    "a length beyond all bounds": (post("Content-Length: " + "9" * 21), 400),
    "length and coding": (post("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    "another coding": (post("Transfer-Encoding: gzip, chunked"), 501),
    "chunked twice": (post("Transfer-Encoding: chunked, chunked"), 501),
    "no coding": (post("Transfer-Encoding:"), 501),
}
# h11 is lenient with these, which no client sends.
LENIENT = {"a folded line", "DEL", "length and coding"}
LENIENT |= {"the same length twice", "the same length twice in one"}


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


def test_requests_before_one_that_is_refused_are_read() -> None:
    """A violation comes last, behind what could be read."""
    events = read(GET + head(first="GET / HTTP/2.0"))
    assert shown(events[:2]) == shown(read(GET))
    assert events[2:] == [HTTPViolation(400, "invalid request line")]


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
    """A request line counts to the head."""
    for size in (100, 95):
        reader = RequestReader(max_head_size=100)
        assert reader.feed(b"GET /" + b"a" * size) == [HTTPViolation(431, "header fields too large")]


def test_the_default_limit_is_generous() -> None:
    """Cookies and tokens of tens of kilobytes get through."""
    request = only_request(head("X-Token: " + "a" * 60_000))
    assert request.headers.get("X-Token") == "a" * 60_000
