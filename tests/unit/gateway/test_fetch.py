"""Requests that go through `fetch`: how the response comes back, and how failures look."""

import pytest

from tests.unit.bench import turn
from tests.unit.gateway.bench import BufferedRecorder, Library, until
from tests.worlds.fetch import FakeFetch
from websocketstream.errors import SecurityError

LOST = ("lost", type(None))


@pytest.fixture
async def library() -> Library:
    return Library()


def fetch_of(library: Library, line: str = "GET /items?key=s3cret HTTP/1.1", *headers: str) -> FakeFetch:
    """Send a request, and return what has become of it."""
    library.request(line, *headers)
    return library.fetches.requests[-1]


# Responses


async def test_response(library: Library) -> None:
    """The status, the headers and the body come back, the body in chunks as it comes."""
    fetch = fetch_of(library)
    fetch.answer(404, "Gone Fishing", ("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2"))
    assert library.head == [
        "HTTP/1.1 404 Gone Fishing",
        "Content-Type: text/plain",
        "X-A: 1",
        "X-A: 2",
        "Transfer-Encoding: chunked",
    ]
    fetch.send(b"body", b"", b"x" * 20)
    assert library.rest == b"4\r\nbody\r\n14\r\n" + b"x" * 20 + b"\r\n"
    fetch.send(None)
    assert library.rest.endswith(b"\r\n0\r\n\r\n")
    assert fetch.closed


async def test_no_reason_phrase(library: Library) -> None:
    """A response without a reason phrase, as over HTTP/2, gets the usual one, or says it is unknown."""
    fetch_of(library).answer(201)
    assert library.head[0] == "HTTP/1.1 201 Created"
    other = Library()
    fetch_of(other).answer(299)
    assert other.head[0] == "HTTP/1.1 299 Unknown"


async def test_headers_that_are_not_true_any_more(library: Library) -> None:
    """Headers about the coding that the browser has undone, or its own connection, are left out."""
    gone = ("Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive")
    fetch_of(library).answer(200, "OK", *[(name, "x") for name in gone], ("Date", "now"))
    assert library.head == ["HTTP/1.1 200 OK", "Date: now", "Transfer-Encoding: chunked"]


@pytest.mark.parametrize(
    ("line", "status"),
    [("HEAD / HTTP/1.1", 200), ("GET / HTTP/1.1", 204), ("GET / HTTP/1.1", 304)],
)
async def test_response_without_a_body(library: Library, line: str, status: int) -> None:
    """A response that has no body ends with its head, keeps its length, and the connection goes on."""
    fetch = fetch_of(library, line)
    fetch.answer(status, "", ("Content-Length", "10"), ("Connection", "close"))
    assert fetch.closed
    assert library.head[1:] == ["Content-Length: 10"]
    assert library.rest == b""
    await turn(3)
    assert fetch_of(library, line) is not fetch
    assert not library.transport.is_closing()


async def test_http_1_0(library: Library) -> None:
    """A library that speaks HTTP/1.0 gets no chunks: the end of the connection ends the body."""
    fetch = fetch_of(library, "GET / HTTP/1.0", "Connection: keep-alive")
    fetch.answer(200)
    fetch.send(b"body", None)
    await until(lambda: library.lost)
    assert library.head == ["HTTP/1.1 200 OK", "Connection: close"]
    assert library.rest == b"body"
    assert library.calls[-2:] == ["eof", LOST]


@pytest.mark.parametrize("line", ["HEAD / HTTP/1.0", "HEAD / HTTP/1.1"])
async def test_last_response_without_a_body(library: Library, line: str) -> None:
    """A response without a body ends the connection if the library wants that."""
    fetch_of(library, line, "Connection: close").answer(200)
    await until(lambda: library.lost)
    assert library.head == ["HTTP/1.1 200 OK", "Connection: close"]


async def test_backpressure(library: Library) -> None:
    """No more than one piece of the body is asked for while the library has paused reading."""
    fetch = fetch_of(library)
    fetch.answer(200)
    assert fetch.asked == 1
    library.transport.pause_reading()
    fetch.send(b"one")
    await turn(3)
    assert fetch.asked == 0
    assert library.rest == b""
    library.transport.resume_reading()
    await turn(2)
    assert library.rest == b"3\r\none\r\n"
    assert fetch.asked == 1
    library.transport.pause_reading()
    library.transport.resume_reading()
    await turn(2)
    assert fetch.asked == 1
    fetch.send(None)
    assert library.rest == b"3\r\none\r\n0\r\n\r\n"


async def test_response_while_reading_is_paused(library: Library) -> None:
    """A response that comes while the library has paused reading waits, its end too."""
    library.transport.pause_reading()
    fetch = fetch_of(library, "GET / HTTP/1.1", "Connection: close")
    library.transport.resume_reading()
    library.transport.pause_reading()
    fetch.answer(200)
    await turn(3)
    assert library.calls == []
    assert fetch.asked == 0
    library.transport.resume_reading()
    await turn(3)
    fetch.send(None)
    await until(lambda: library.lost)
    assert library.rest == b"0\r\n\r\n"


async def test_resuming_without_an_answer(library: Library) -> None:
    """A library that resumes reading before the response has come asks for nothing."""
    fetch = fetch_of(library)
    library.transport.pause_reading()
    library.transport.resume_reading()
    await turn(3)
    assert fetch.asked == 0


async def test_buffered_protocol(library: Library) -> None:
    """A protocol with a buffer of its own gets the response, too."""
    protocol = BufferedRecorder(7)
    library.transport.set_protocol(protocol)
    fetch = fetch_of(library)
    fetch.answer(200)
    fetch.send(b"body", None)
    assert protocol.received.endswith(b"\r\n\r\n4\r\nbody\r\n0\r\n\r\n")


@pytest.mark.parametrize("moment", ["asked", "answered", "piece", "end"])
@pytest.mark.parametrize("how", ["close", "abort"])
async def test_library_that_goes_away(library: Library, moment: str, how: str) -> None:
    """A library that closes the transport aborts the request, at whatever moment, and hears no more."""
    fetch = fetch_of(library)
    leave = getattr(library.transport, how)
    if moment != "asked":
        library.transport.get_protocol()
        if moment == "answered":
            library.on["data"] = leave
        fetch.answer(200)
    if moment == "piece":
        library.on["data"] = leave
        fetch.send(b"body")
    if moment == "end":
        library.on["data"] = leave
        fetch.send(None)
    if moment == "asked":
        leave()
    assert fetch.closed
    await until(lambda: library.lost)
    assert library.calls[-1] == LOST
    assert library.probes.asked == []


# Failures


async def test_server_that_is_down(library: Library) -> None:
    """If nothing answers at the origin, the connection is refused, and the origin is suspected."""
    fetch = fetch_of(library)
    fetch.fail()
    assert fetch.closed
    await turn()
    assert library.probes.asked == [("http://example.com:80/", "no-cors")]
    library.probes.answer(None)
    await until(lambda: library.lost)
    assert library.calls == [("lost", ConnectionRefusedError)]
    assert set(library.options.unreachable_origins) == {"http://example.com:80"}


async def test_server_that_is_back(library: Library) -> None:
    """A response clears the origin."""
    library.options.unreachable_origins.add("http://example.com:80")
    fetch_of(library).answer(204)
    assert set(library.options.unreachable_origins) == set()


@pytest.mark.parametrize("probe", [True, False])
async def test_page_that_may_not_read(probe: bool) -> None:
    """If something answers, or nobody may ask, the error names CORS and not what is in the query."""
    library = Library() if probe else Library(probe=None)
    fetch_of(library).fail()
    await turn()
    if probe:
        library.probes.answer(0)
    await until(lambda: library.lost)
    assert isinstance(library.error, SecurityError)
    assert "http://example.com:80/items?… answers, but the page may not read it" in str(library.error)
    assert "Access-Control-Allow-Origin" in str(library.error) and "s3cret" not in str(library.error)


@pytest.mark.parametrize("secure", [False, True])
async def test_page_whose_policy_forbids_it(secure: bool) -> None:
    """What the page's policy has forbidden is an error that names the directive; nobody is asked."""
    url = "https://example.com:80/items?key=s3cret" if secure else "http://example.com/items?key=s3cret"
    library = Library(secure=secure, forbidden_by={url: "connect-src"}.get)
    fetch_of(library).fail()
    await until(lambda: library.lost)
    assert isinstance(library.error, SecurityError)
    assert "policy's directive connect-src" in str(library.error) and "s3cret" not in str(library.error)
    assert library.probes.asked == []


async def test_policy_is_heard_of_late() -> None:
    """The event that tells of the policy may come after the failure: it is looked for once more."""
    violations: dict[str, str] = {}
    library = Library(forbidden_by=violations.get)
    fetch_of(library).fail()
    await turn()
    assert library.probes.asked
    violations["http://example.com/items?key=s3cret"] = "connect-src"
    library.probes.answer(None)
    await until(lambda: library.lost)
    assert isinstance(library.error, SecurityError)
    assert "policy's directive connect-src" in str(library.error)


async def test_another_url_is_forbidden() -> None:
    """What the policy says of other URLs is no reason."""
    library = Library(forbidden_by={"http://example.com/": "connect-src"}.get)
    fetch_of(library).fail()
    await turn()
    assert library.probes.asked


async def test_response_that_breaks_off(library: Library) -> None:
    """A response that breaks off is a lost connection, behind what has come of it."""
    fetch = fetch_of(library)
    fetch.answer(200)
    fetch.send(b"half")
    library.transport.pause_reading()
    fetch.send(b"more")
    library.transport.resume_reading()
    await turn(2)
    fetch.fail()
    await until(lambda: library.lost)
    assert library.rest == b"4\r\nhalf\r\n4\r\nmore\r\n"
    assert library.calls[-1] == ("lost", ConnectionResetError)
    assert library.probes.asked == []


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_library_that_goes_away_while_it_is_asked(library: Library, how: str) -> None:
    """A library that closes the transport calls the question off."""
    fetch_of(library).fail()
    await turn()
    getattr(library.transport, how)()
    await until(lambda: library.lost)
    assert library.probes.cancelled == 1
    assert library.calls == [LOST]


async def test_header_that_is_none(library: Library) -> None:
    """A header with control characters, which browsers let pass, ends the connection in an error."""
    fetch = fetch_of(library)
    fetch.answer(200, "OK", ("X-A", "\x01"))
    assert fetch.closed
    await until(lambda: library.lost)
    assert library.calls == [("lost", ValueError)]
