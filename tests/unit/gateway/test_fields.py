"""Header fields as a collection."""

import pytest

from websocketstream.gateway.http import Headers


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
    assert headers.items() == [("X-One", "1"), ("x-two", "2"), ("X-TWO", "3")]


def test_headers_are_changed() -> None:
    """Headers are added, replaced and removed by name."""
    headers = Headers([("A", "1"), ("a", "2"), ("B", "3")])
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
