"""Addresses of this computer and of the local network, and the permission that a page needs for them."""

from collections.abc import Callable

import pytest

from tests.unit.bench import Bench, connection_on
from websocketstream import HandshakeError
from websocketstream._core.connection import Connection
from websocketstream._core.outage import http_url
from websocketstream._core.promise import Promise, resolved
from websocketstream._core.rules import LOCAL, LOOPBACK, address_space, needed_permission


class FakePermission:
    """A permission whose state the test sets."""

    name = LOOPBACK

    def __init__(self, state: str | None) -> None:
        self.state = self._before = state
        self.answered: Promise[None] = resolved(None)

    def was_asked_for(self) -> bool:
        before, self._before = self._before, self.state
        return "prompt" in (before, self._before)


@pytest.fixture
def connecting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], tuple[Bench, Connection]]:
    """A function that starts to connect with a permission in that state."""

    def start(state: str | None) -> tuple[Bench, Connection]:
        bench = Bench()
        monkeypatch.setattr(bench, "permission", lambda url: FakePermission(state), raising=False)
        return bench, connection_on(bench, opened=False)

    return start


Connecting = Callable[[str | None], tuple[Bench, Connection]]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", LOOPBACK),
        ("127.1.2.3", LOOPBACK),
        ("[::1]:8080", LOOPBACK),
        ("localhost", LOOPBACK),
        ("app.localhost", LOOPBACK),
        ("10.0.0.1", LOCAL),
        ("172.16.0.1", LOCAL),
        ("192.168.1.20:81", LOCAL),
        ("169.254.1.1", LOCAL),
        ("100.64.0.1", LOCAL),
        ("[fe80::1]", LOCAL),
        ("[fd00::1]", LOCAL),
        ("robot.local", LOCAL),
        ("raspberrypi", LOCAL),
        ("example.com", None),
        ("localhost.example.com", None),
        ("93.184.216.34", None),
        ("[2606:2800:220:1::1]", None),
        ("[::ffff:127.0.0.1]", LOOPBACK),
        ("1.2.3", None),
    ],
)
def test_address_space(host: str, expected: str | None) -> None:
    """Numbers and names with a fixed meaning say where the host is."""
    assert address_space(f"wss://me:s3cret@{host}/path") == expected
    assert address_space(f"http://{host}?@localhost") == expected


def test_address_space_of_no_url() -> None:
    """The origin of a sandboxed frame is "null", which tells nothing."""
    assert address_space("null") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://me:s3c@ret@example.com/a@b?c", "http://example.com/a@b?c"),
        ("wss://example.com?a@b", "https://example.com?a@b"),
        ("https://[::1]:81/", "https://[::1]:81/"),
    ],
)
def test_http_url(url: str, expected: str) -> None:
    """Only the scheme changes, and what may be a secret goes."""
    assert http_url(url) == expected


@pytest.mark.parametrize(
    ("url", "page", "expected"),
    [
        ("ws://localhost/", "https://example.com", LOOPBACK),
        ("ws://192.168.1.2/", "https://example.com", LOCAL),
        ("ws://localhost/", "http://192.168.1.1", LOOPBACK),
        ("ws://localhost/", "null", LOOPBACK),
        ("ws://192.168.1.2/", "http://192.168.1.1", None),
        ("ws://localhost/", "http://127.0.0.1:8000", None),
        ("ws://192.168.1.2/", "http://127.0.0.1:8000", None),
        ("wss://example.com/", "http://192.168.1.1", None),
        ("wss://example.com/", "https://example.org", None),
        ("ws://localhost/", None, None),
    ],
)
def test_needed_permission(url: str, page: str | None, expected: str | None) -> None:
    """A page needs a permission for addresses that are more private than its own."""
    assert needed_permission(url, page) == expected


async def test_question_that_a_human_reads(connecting: Connecting) -> None:
    """``open_timeout`` starts over while the browser may ask its user, and once more after that."""
    bench, connection = connecting("prompt")
    permission = connection._permission
    assert isinstance(permission, FakePermission)
    for _ in range(4):
        bench.pass_time(60)
    assert not connection.opened.settled
    permission.state = "granted"
    bench.pass_time(60)
    assert not connection.opened.settled
    bench.pass_time(60)
    assert "open_timeout=60 s" in str(connection.opened.exception())


@pytest.mark.parametrize("state", ["granted", None])
async def test_no_question(connecting: Connecting, state: str | None) -> None:
    """``open_timeout`` is what it says if the browser has no question."""
    bench, connection = connecting(state)
    bench.pass_time(60)
    assert connection.opened.settled


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("denied", "made: the browser denies this page the permission 'loopback-network'; see"),
        ("prompt", "forbidden to this page, without the permission 'loopback-network', or"),
        (None, "forbidden to this page, without the permission 'loopback-network', or"),
    ],
)
async def test_errors_name_the_permission(connecting: Connecting, state: str | None, words: str) -> None:
    """The error of a connection that needs a permission names it."""
    bench, connection = connecting(state)
    bench.rig.end(1006, clean=False)
    error = connection.opened.exception()
    assert isinstance(error, HandshakeError)
    assert words in str(error)
    assert "diagnose(url)" in str(error)
