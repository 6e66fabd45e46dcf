"""The synchronous client: thin over the asynchronous one. Here an event loop stands for suspension."""

import asyncio
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websockets.sync.client

from tests.server import serve_in_thread
from tests.worlds.fake import FakeEnv
from tests.worlds.library import LibraryEnv
from websocketstream import NotSupportedError
from websocketstream.exceptions import (
    ConcurrencyError,
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    HandshakeFailed,
    InvalidURI,
)
from websocketstream.protocol import State
from websocketstream.sync import _suspend, client


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with serve_in_thread() as server:
        yield server.url


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
    """Waiting runs this event loop."""
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(
        _suspend, "run", lambda function, *args: loop.run_until_complete(function(*args))
    )
    yield loop
    for _ in range(20):
        loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


Connect = Callable[..., Any]


@pytest.fixture(params=["theirs", "fake", "library"])
def connect(request: pytest.FixtureRequest, server_url: str, loop: Any) -> Connect:
    """connect(path, **options) of websockets, and ours over two networks."""
    if request.param == "theirs":
        return lambda path, **options: websockets.sync.client.connect(
            server_url + path, **{"legacy": True, **options}
        )
    env = FakeEnv() if request.param == "fake" else LibraryEnv(server_url)
    return lambda path, **options: client.connect(env.server + path, backend=env.backend, **options)


def test_block_sends_and_receives(connect: Connect) -> None:
    """`with connect()` gives a connection, and closes it with 1000."""
    with connect("/echo", subprotocols=["v1"]) as websocket:
        assert websocket.state == State.OPEN
        assert websocket.subprotocol == "v1"
        assert websocket.response.status_code == 101
        assert websocket.request.path == "/echo"
        assert websocket.latency == 0
        for message in ("text", b"\x00\xff", ["par", "ts"], bytearray(b"x")):
            websocket.send(message)
            expected = "parts" if isinstance(message, list) else message
            assert websocket.recv() == expected
        websocket.send("text", text=False)
        assert websocket.recv(decode=True) == "text"
    assert websocket.state == State.CLOSED
    assert (websocket.close_code, websocket.close_reason) == (1000, "")


def test_block_that_raises(connect: Connect) -> None:
    """The exception comes out, and the connection is closed with 1011."""

    websocket = connect("/echo")
    with pytest.raises(LookupError, match="the block"), websocket:
        raise LookupError("the block")
    with pytest.raises(ConnectionClosedError, match="sent 1011"):
        websocket.recv()


def test_iteration(connect: Connect) -> None:
    """`for` gives all messages, ends after a normal end, and raises after an error."""
    with connect("/send?count=3&size=1") as websocket:
        assert list(websocket) == ["0:", "1:", "2:"]
        with pytest.raises(ConnectionClosedOK):
            websocket.recv()
    with connect("/send?count=1&size=1&code=1011") as websocket, pytest.raises(ConnectionClosedError):
        list(websocket)


def test_recv_with_a_timeout(connect: Connect) -> None:
    """`recv(timeout)` raises TimeoutError, and loses nothing."""
    with connect("/echo") as websocket:
        for timeout in (0.02, 0, -1):
            with pytest.raises(TimeoutError, match="timed out in"):
                websocket.recv(timeout=timeout)
        websocket.send("now")
        assert websocket.recv(timeout=5) == "now"
        websocket.send("again")
        assert websocket.recv(5, True) == "again"
    with pytest.raises(ConnectionClosedOK):
        websocket.recv(timeout=0.01)


def test_streaming(connect: Connect) -> None:
    """`recv_streaming()` gives the parts of a message."""
    with connect("/echo") as websocket:
        websocket.send("whole")
        assert "".join(websocket.recv_streaming()) == "whole"
        websocket.send("whole")
        assert b"".join(websocket.recv_streaming(decode=False)) == b"whole"


def test_wrong_messages(connect: Connect) -> None:
    """What is no message is a TypeError, an asynchronous iterable too."""

    async def parts() -> Any:
        yield "part"

    with connect("/echo") as websocket:
        for message in (None, 5, {"a": 1}, parts()):
            with pytest.raises(TypeError):
                websocket.send(message)
        websocket.send("still there")
        assert websocket.recv() == "still there"


def test_pings(connect: Connect) -> None:
    """`ping()` gives an event, and raises when the connection is closed."""
    with connect("/echo") as websocket:
        pong_received = websocket.ping(b"data", ack_on_close=True)
        assert isinstance(pong_received, threading.Event)
        assert pong_received.wait(5)
        websocket.pong()
        with pytest.raises(TypeError):
            websocket.ping(5)
    with pytest.raises(ConnectionClosed):
        websocket.ping()
    with pytest.raises(ConnectionClosed):
        websocket.pong()


def test_closing(connect: Connect) -> None:
    """`close()` has code and reason, can be called again, and `wait_closed()` can be limited."""
    websocket = connect("/echo")
    assert websocket.wait_closed(timeout=0.02) is False
    websocket.close(4000, "bye")
    websocket.close()
    assert websocket.wait_closed() is True
    assert websocket.wait_closed(1) is True
    assert (websocket.close_code, websocket.close_reason) == (4000, "bye")
    with pytest.raises(ConnectionClosedError, match="sent 4000"):
        websocket.send("too late")


def test_many_messages(connect: Connect) -> None:
    """More than fits into the buffers goes there and back."""
    with connect("/sink") as websocket:
        for _ in range(100):
            websocket.send(bytes(200_000))
    with connect("/send?count=500&size=100") as websocket:
        assert sum(1 for _ in websocket) == 500


def test_failures(connect: Connect) -> None:
    """Connecting fails as in the asynchronous client."""
    with pytest.raises(TimeoutError):
        connect("/never-handshakes", open_timeout=0.05)
    with pytest.raises(TypeError, match="must be a list"):
        connect("/echo", subprotocols="v1")
    with pytest.raises(ValueError, match="unsupported compression"):
        connect("/echo", compression="zstd")


def test_reconnecting(connect: Connect) -> None:
    """`legacy=False` gives a `reconnect`, which connects again and again."""

    def delays() -> Iterator[float]:
        while True:
            yield 0.001

    for number, websocket in enumerate(connect("/echo", legacy=False)):
        websocket.send("round")
        assert websocket.recv() == "round"
        if number == 2:
            break
    failed: list[Exception] = []

    def process(error: Exception) -> Exception | None:
        failed.append(error)
        return None if len(failed) < 3 else LookupError("enough")

    connecter = connect(
        "/refuse?status=503", legacy=False, process_exception=process, reconnect_delays=delays
    )
    with pytest.raises(LookupError, match="enough"):
        list(connecter)
    assert len(failed) == 3


def test_reconnect_is_not_reentrant(connect: Connect) -> None:
    """A `reconnect` has one connection at a time."""
    connecter = connect("/echo", legacy=False)
    with connecter as websocket:
        with pytest.raises(RuntimeError, match="isn't reentrant"):
            connecter.__enter__()
        websocket.send("x")
        assert websocket.recv() == "x"
    with connecter:
        pass


def test_refused_handshake(loop: Any) -> None:
    """It raises HandshakeFailed, and a URI that is none InvalidURI."""
    env = FakeEnv()
    with pytest.raises(HandshakeFailed):
        client.connect(f"{env.server}/refuse", backend=env.backend)
    with pytest.raises(InvalidURI):
        client.connect("http://example.com/")


def test_create_connection(loop: Any) -> None:
    """A subclass of ClientConnection is made, and has what the asynchronous one has."""

    class Mine(client.ClientConnection):
        def shout(self, text: str) -> None:
            self.send(text.upper())

    env = FakeEnv()
    with client.connect(f"{env.server}/echo", backend=env.backend, create_connection=Mine) as websocket:
        assert isinstance(websocket, Mine)
        websocket.shout("hello")
        assert websocket.recv() == "HELLO"
        assert websocket.remote_address == ("fake.test", 80)
        assert websocket.local_address is None
        assert websocket.id == websocket.protocol.id
        assert vars(websocket)["socket"] is None


def test_what_needs_no_waiting_does_not_suspend(loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that are there, and room, cost no suspension."""
    env = FakeEnv()
    with client.connect(f"{env.server}/send?count=3&size=1&close=0", backend=env.backend) as websocket:
        loop.run_until_complete(asyncio.sleep(0.01))
        with monkeypatch.context() as patched:
            patched.setattr(_suspend, "run", None)
            assert [websocket.recv() for _ in range(3)] == ["0:", "1:", "2:"]
            websocket.send("x")


def test_two_can_not_receive(loop: Any) -> None:
    """Other tasks go on while one waits; a second one that receives is told so."""
    env = FakeEnv()
    with client.connect(f"{env.server}/echo", backend=env.backend) as websocket:
        asynchronous = websocket._asynchronous
        first = loop.create_task(asynchronous.recv())
        loop.run_until_complete(asyncio.sleep(0))
        with pytest.raises(ConcurrencyError):
            websocket.recv(timeout=1)
        websocket.send("for the first")
        assert loop.run_until_complete(first) == "for the first"


def test_outside_of_browsers() -> None:
    """The error says what to use there."""
    with pytest.raises(NotSupportedError, match=r"elsewhere use websockets\.sync"):
        client.connect("wss://example.com/")


@pytest.mark.parametrize(
    ("jspi", "expected"), [(False, "it has no JSPI"), (True, "JavaScript has called it")]
)
def test_where_python_can_not_be_suspended(
    jspi: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says whether it is the browser or the caller, and what to use instead."""
    ffi: Any = types.ModuleType("websocketstream._ffi")
    ffi.can_suspend = lambda: False
    ffi.has_jspi = lambda: jspi
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", ffi)
    monkeypatch.setattr(_suspend, "in_browser", lambda: True)
    with pytest.raises(NotSupportedError, match=expected) as raised:
        client.connect("wss://example.com/")
    assert "websocketstream.asyncio.client" in str(raised.value)


def test_suspension(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python can be suspended, waiting is left to Pyodide."""
    ffi: Any = types.ModuleType("websocketstream._ffi")
    ffi.can_suspend = lambda: True
    ffi.run_sync = asyncio.run
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", ffi)
    monkeypatch.setattr(_suspend, "in_browser", lambda: True)
    assert _suspend.run(asyncio.sleep, 0, "slept") == "slept"

    async def fail() -> None:
        raise LookupError("not there")

    with pytest.raises(LookupError, match="not there"):
        _suspend.run(fail)
