"""The server's side of HTTP: which requests are answered, by what, in which order; which are refused."""

import logging

import pytest

from tests.unit.bench import turn
from tests.unit.gateway.bench import Library, close_frame, closed_with, message_frame, until
from websocketstream.errors import NotSupportedError

LOST = ("lost", type(None))
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture
async def library() -> Library:
    return Library()


# Requests


async def test_request(library: Library) -> None:
    """A request goes through fetch with its method, URL, headers and body."""
    library.request(
        "POST /items?page=1 HTTP/1.1", "Content-Length: 4", "X-Id: 7", "User-Agent: x", body=b"body"
    )
    (fetch,) = library.fetches.requests
    assert (fetch.method, fetch.url) == ("POST", "http://example.com:80/items?page=1")
    assert (fetch.headers, fetch.body) == ([("X-Id", "7")], b"body")


async def test_secure_request() -> None:
    """A request over TLS goes to an https: URL."""
    library = Library(secure=True)
    library.request()
    assert library.fetches.requests[0].url == "https://example.com:80/"


async def test_request_in_pieces(library: Library) -> None:
    """A request that comes byte by byte is fetched when it is complete, and not before."""
    head = b"PUT / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    request = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    for index in range(len(request)):
        assert library.fetches.requests == []
        library.write(request[index : index + 1])
    assert library.fetches.requests[0].body == b"abcde"


async def test_two_requests(library: Library) -> None:
    """A connection carries one request after the other."""
    for index in range(2):
        library.request(f"GET /{index} HTTP/1.1")
        fetch = library.fetches.requests[index]
        fetch.answer(200)
        fetch.send(b"%d" % index, None)
        assert fetch.closed
    assert library.received.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert not library.transport.is_closing()


async def test_pipelined_requests(library: Library) -> None:
    """Requests that come together are fetched and answered one at a time, in order."""
    for index in range(3):
        library.request(f"POST /{index} HTTP/1.1", "Content-Length: 1", body=b"%d" % index)
    for index in range(3):
        assert len(library.fetches.requests) == index + 1
        fetch = library.fetches.requests[index]
        assert (fetch.url, fetch.body) == (f"http://example.com:80/{index}", b"%d" % index)
        fetch.answer(204)
    assert library.received.count(b"HTTP/1.1 204 No Content\r\n") == 3


@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "GET / HTTP/1.0"])
async def test_last_request(library: Library, line: str) -> None:
    """After a request that is to be the last one the connection ends; what comes behind is ignored."""
    library.request(line, *["Connection: close"] * ("1.1" in line))
    library.request("GET /2 HTTP/1.1")
    fetch = library.fetches.requests[0]
    fetch.answer(200)
    fetch.send(b"body", None)
    library.request("GET /3 HTTP/1.1")
    await until(lambda: library.lost)
    assert len(library.fetches.requests) == 1
    assert "Connection: close" in library.head
    assert library.calls[-2:] == ["eof", LOST]


async def test_continue(library: Library) -> None:
    """A library that waits for it is told to send the body, in a later turn."""
    library.request("POST / HTTP/1.1", "Content-Length: 4", "Expect: 100-continue")
    assert library.calls == []
    await turn(2)
    assert library.received == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert library.fetches.requests == []
    library.write(b"body")
    assert library.fetches.requests[0].body == b"body"


async def test_continue_behind_another_request(library: Library) -> None:
    """A library is not told to send a body in the middle of another response."""
    library.request("GET /1 HTTP/1.1")
    library.request("POST /2 HTTP/1.1", "Content-Length: 4", "Expect: 100-continue")
    first = library.fetches.requests[0]
    first.answer(200)
    await turn(2)
    assert b"100 Continue" not in library.received
    first.send(b"one", None)
    await turn(2)
    assert library.received.endswith(b"3\r\none\r\n0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
    library.write(b"body")
    assert library.fetches.requests[1].body == b"body"


async def test_closing_under_way(library: Library) -> None:
    """Closing the transport aborts the request that is under way, and forgets those that wait."""
    library.request()
    library.request()
    library.transport.close()
    await until(lambda: library.lost)
    (fetch,) = library.fetches.requests
    assert fetch.closed
    assert library.calls == [LOST]


# Requests that are refused


@pytest.mark.parametrize(
    "line", ["CONNECT example.org:443 HTTP/1.1", "GET http://example.org/?key=s3cret HTTP/1.1"]
)
async def test_proxy(library: Library, line: str) -> None:
    """What goes to a proxy is refused, with the remedy and without the URL."""
    with pytest.raises(NotSupportedError, match=r"can't use a proxy.*proxy=None") as raised:
        library.request(line)
    assert "s3cret" not in str(raised.value)
    await until(lambda: library.lost)
    assert library.calls == [("lost", NotSupportedError)]


async def test_upgrade_through_a_proxy(library: Library) -> None:
    """So is an upgrade that goes to a proxy."""
    with pytest.raises(NotSupportedError, match="can't use a proxy"):
        library.upgrade("ws://example.org/")
    assert library.network.peers == []


async def test_url_in_the_path(library: Library) -> None:
    """A URL in the path is none that goes to a proxy."""
    library.request("GET /proxy/https://example.org/ HTTP/1.1")
    assert library.fetches.requests[0].url == "http://example.com:80/proxy/https://example.org/"


async def test_target_that_is_no_path(library: Library) -> None:
    """What `fetch` can't ask for is answered with 501."""
    library.request("OPTIONS * HTTP/1.1", "Content-Length: 1", body=b"x")
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 501 Not Implemented"
    assert library.rest == b"a page can't send OPTIONS with the target *\n"
    assert library.fetches.requests == []


async def test_without_fetch() -> None:
    """With `fetch=False` a request raises, and names the option."""
    library = Library(fetch=None)
    with pytest.raises(NotSupportedError, match=r"this was a DELETE.*without fetch=False"):
        library.request("DELETE / HTTP/1.1")


async def test_header_that_fetch_can_not_send(library: Library) -> None:
    """A header that a page can't send raises when the head is written, not only with the body."""
    with pytest.raises(NotSupportedError, match="Cookie") as raised:
        library.request("POST / HTTP/1.1", "Content-Length: 1", "Cookie: s3cret")
    assert "s3cret" not in str(raised.value)


async def test_bad_request(library: Library) -> None:
    """A request that is no valid HTTP is answered with an error, and the connection ends."""
    library.request("GET / HTTP/1.1", "Content-Length: x")
    assert library.calls == []
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 400 Bad Request"
    assert library.calls[-2:] == ["eof", LOST]
    library.request()


async def test_bad_request_behind_another(library: Library) -> None:
    """The error for the second request comes behind the response to the first."""
    library.request()
    library.request("GET / HTTP/1.1", "Content-Length: x")
    await turn(2)
    assert library.calls == []
    fetch = library.fetches.requests[0]
    fetch.answer(200)
    fetch.send(b"body", None)
    await until(lambda: library.lost)
    assert b"4\r\nbody\r\n0\r\n\r\nHTTP/1.1 400 Bad Request\r\n" in library.received


async def test_no_http(library: Library) -> None:
    """Bytes of another protocol raise at once, with what it was."""
    with pytest.raises(NotSupportedError, match="got a TLS record: a page has no TCP"):
        library.write(b"\x16\x03\x01\x02\x00\x01\x00\x01")
    await until(lambda: library.lost)


async def test_silence(library: Library) -> None:
    """A library that sends nothing, because it waits for the server to speak first, gets an error."""
    library.write(b"")
    library.timers.advance(9.9)
    await turn(2)
    assert library.calls == []
    library.timers.advance(0.1)
    await until(lambda: library.lost)
    assert isinstance(library.error, NotSupportedError)
    assert "nothing was sent over this connection within 10 s: a page has no TCP" in str(library.error)
    library.request()
    assert library.fetches.requests == []


@pytest.mark.parametrize("end", ["write", "close", "abort"])
async def test_no_silence(library: Library, end: str) -> None:
    """The first byte, or the end of the connection, puts an end to that timer."""
    if end == "write":
        library.write(b"G")
    else:
        getattr(library.transport, end)()
    assert library.timers.pending == []


# Upgrades


async def test_upgrade(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    """An upgrade opens a WebSocket to the same URL; a debug log line says so, without the query."""
    caplog.set_level(logging.DEBUG, "websocketstream")
    library.upgrade("/chat?token=s3cret")
    assert library.network.peer.url == "ws://example.com:80/chat?token=s3cret"
    assert "a library connects to ws://example.com:80/chat?…" in caplog.messages
    assert "s3cret" not in caplog.text


async def test_log_of_a_request(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    """So does one for each request that is fetched."""
    caplog.set_level(logging.DEBUG, "websocketstream")
    library.request("GET /items?token=s3cret HTTP/1.1")
    assert caplog.messages == ["a library fetches http://example.com:80/items?…"]


async def test_secure_upgrade() -> None:
    """An upgrade over TLS opens a wss: URL."""
    library = Library(secure=True)
    library.upgrade("/chat")
    assert library.network.peer.url == "wss://example.com:80/chat"


async def test_upgrade_behind_a_request(library: Library) -> None:
    """An upgrade waits for the response to an earlier request; frames behind it are not lost."""
    library.request()
    library.write(UPGRADE + message_frame("ear"), message_frame("ly"))
    assert library.network.peers == []
    library.fetches.requests[0].answer(204)
    library.network.peer.accept()
    assert await library.network.peer.recv() == "ear"
    assert await library.network.peer.recv() == "ly"
    await until(lambda: b"101 Switching Protocols" in library.rest)


async def test_upgrade_behind_a_request_that_can_not_be_made(library: Library) -> None:
    """If it can't be made then, nobody is there to raise to: the connection is lost with the error."""
    library.request()
    library.upgrade("/", "X-Token: s3cret")
    library.fetches.requests[0].answer(204)
    await until(lambda: library.lost)
    assert library.calls[-1] == ("lost", NotSupportedError)


async def test_other_version(library: Library) -> None:
    """A version of the protocol other than 13 is answered with 426, and the version."""
    library.upgrade(version=8)
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 426 Upgrade Required"
    assert "Sec-WebSocket-Version: 13" in library.head and "Upgrade: websocket" in library.head
    assert library.network.peers == []


async def test_without_key(library: Library) -> None:
    """A handshake without a key is answered with 400."""
    library.write(UPGRADE.replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""))
    await until(lambda: library.lost)
    assert library.head[0] == "HTTP/1.1 400 Bad Request"
    assert library.rest == b"the request has no Sec-WebSocket-Key\n"


async def test_no_upgrade_to_websocket(library: Library) -> None:
    """A request to upgrade to anything else is fetched: a server may ignore the wish."""
    library.request("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c")
    library.fetches.requests[0].answer(204)
    assert library.head == ["HTTP/1.1 204 No Content"]


async def test_whole_way(library: Library) -> None:
    """Handshake and frames in one write: the answer, the message, and both Close frames follow."""
    library.write(UPGRADE + message_frame("hello") + close_frame(3001, "bye"))
    library.network.peer.accept()
    assert await library.network.peer.recv() == "hello"
    await until(lambda: library.lost)
    assert library.messages == [closed_with(3001, "bye")]
    assert library.network.peer.close_code == 3001
    assert library.timers.pending == library.network.timers.pending == []


async def test_nothing_to_count(library: Library) -> None:
    """Before the upgrade there is nothing that a library would have to wait for."""
    library.transport.set_write_buffer_limits(0)
    library.transport.pause_reading()
    library.transport.resume_reading()
    await turn(2)
    assert library.transport.get_write_buffer_size() == 0
    assert library.calls == []
