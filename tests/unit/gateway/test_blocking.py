"""The blocking client over the asyncio one: each test holds for the library's own, with threads, too."""

import asyncio
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from tests.server import ThreadedServer, serve_in_thread
from websocketstream.errors import NotSupportedError
from websocketstream.gateway import blocking
from websocketstream.gateway.blocking import bridge
from websocketstream.sync import within

client: Any = importlib.import_module("websockets.sync.client")


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedServer]:
    with serve_in_thread() as server:
        yield server


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., Any]]:
    """Waits for coroutines of an event loop in another thread, where a page would suspend Python."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def call(function: Callable[..., Any], *args: Any) -> Any:
        # StopAsyncIteration must not be raised in a coroutine's own name.
        try:
            return await function(*args), None
        except BaseException as error:
            return None, error

    def run(function: Callable[..., Any], *args: Any) -> Any:
        result, error = asyncio.run_coroutine_threadsafe(call(function, *args), loop).result(10)
        if error is not None:
            raise error
        return result

    yield run
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def bridged(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(blocking, "wait", run)
    undo = bridge(client)
    yield
    undo()


@pytest.fixture(params=["bridged", "own"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "bridged":
        request.getfixturevalue("bridged")
    return request.param


@pytest.fixture
def connect(kind: str, server: ThreadedServer) -> Callable[..., Any]:
    """Connects to a route, blocking."""

    def connect(path: str, **options: Any) -> Any:
        return client.connect(server.url + path, legacy=True, **options)

    return connect


# Connections


def test_messages(connect: Callable[..., Any]) -> None:
    """Messages go out and come back, in a `with` block, of the library's own class."""
    with connect("/echo") as ws:
        assert isinstance(ws, client.ClientConnection)
        ws.send("text")
        ws.send(b"binary")
        ws.send(["frag", "ments"])
        ws.send("as binary", text=False)
        assert [ws.recv() for _ in range(4)] == ["text", b"binary", "fragments", b"as binary"]
        ws.send("decoded")
        assert ws.recv(decode=False) == b"decoded"
    assert ws.close_code == 1000


def test_attributes(connect: Callable[..., Any], server: ThreadedServer) -> None:
    """A connection has the attributes of the library's."""
    with connect("/echo", subprotocols=["chat"]) as ws:
        assert ws.subprotocol == "chat"
        assert ws.remote_address[:2] == ("127.0.0.1", server.port)
        assert ws.local_address[0] == "127.0.0.1"
        assert (ws.state.name, ws.close_code, ws.close_reason) == ("OPEN", None, None)
        assert ws.request.path == "/echo" and ws.response.status_code == 101
        assert ws.latency == 0
        with pytest.raises(AttributeError):
            ws._nothing  # noqa: B018
        with pytest.raises(AttributeError):
            ws.nothing  # noqa: B018


def test_iteration(connect: Callable[..., Any]) -> None:
    """Iterating gives all messages, and ends with the connection."""
    with connect("/send?count=3") as ws:
        assert list(ws) == ["0:xxxxxxxx", "1:xxxxxxxx", "2:xxxxxxxx"]


def test_iteration_that_ends_in_an_error(connect: Callable[..., Any]) -> None:
    """Iterating raises if the connection ended in an error."""
    with connect("/send?count=1&code=1011") as ws:
        with pytest.raises(ConnectionClosedError) as raised:
            list(ws)
        assert raised.value.rcvd is not None and raised.value.rcvd.code == 1011


def test_streaming(connect: Callable[..., Any]) -> None:
    """A message can be received in its fragments."""
    with connect("/echo") as ws:
        ws.send("text")
        assert "".join(ws.recv_streaming()) == "text"


@pytest.mark.parametrize("timeout", [-1, 0, 0.01])
def test_receiving_with_a_timeout(connect: Callable[..., Any], timeout: float) -> None:
    """Receiving gives up after its timeout, and loses nothing."""
    with connect("/echo") as ws:
        with pytest.raises(TimeoutError, match="timed out in"):
            ws.recv(timeout=timeout)
        ws.send("text")
        assert ws.recv(timeout=5) == "text"


def test_closing(connect: Callable[..., Any]) -> None:
    """Closing with a code and a reason ends the connection; receiving raises then."""
    ws = connect("/echo")
    ws.close(3001, "done")
    assert (ws.close_code, ws.close_reason, ws.state.name) == (3001, "done", "CLOSED")
    with pytest.raises(ConnectionClosedError):
        ws.recv()
    with pytest.raises(ConnectionClosedError):
        ws.send("late")


def test_block_that_raises(connect: Callable[..., Any]) -> None:
    """A `with` block that raises closes with 1011."""
    with pytest.raises(LookupError), connect("/echo") as ws:
        raise LookupError
    assert ws.close_code == 1011


def test_pings(connect: Callable[..., Any]) -> None:
    """A ping gives an event, which is set when the pong comes."""
    with connect("/echo") as ws:
        pong = ws.ping()
        assert isinstance(pong, threading.Event)
        assert pong.wait(5) and pong.is_set()
        assert pong.wait(0)
        ws.pong(b"unasked")
        with pytest.raises(TypeError):
            ws.ping(1)


@pytest.mark.parametrize("acknowledged", [False, True])
def test_ping_that_is_not_answered(connect: Callable[..., Any], acknowledged: bool) -> None:
    """A ping that is not answered times out; at the end its event is set if that was asked for."""
    ws = connect("/never-answers-close", close_timeout=0.1)
    ws.close()
    with connect("/never-reads", close_timeout=0.1, ping_interval=None) as ws:
        pong = ws.ping(ack_on_close=acknowledged)
        assert not pong.wait(0.05)
        ws.close()
        assert pong.wait(1 if acknowledged else 0.05) is acknowledged


def test_handshake_that_fails(connect: Callable[..., Any]) -> None:
    """A handshake that the server refuses raises the library's exception."""
    with pytest.raises(InvalidStatus) as raised:
        connect("/refuse?status=403")
    assert raised.value.response.status_code == 403


def test_server_that_is_down(kind: str) -> None:
    """A server that is down raises as it does everywhere."""
    with pytest.raises(ConnectionRefusedError):
        client.connect("ws://127.0.0.1:1", legacy=True)


def test_options(connect: Callable[..., Any], server: ThreadedServer) -> None:
    """Options reach the server or have their effect; an address takes the place of the URL's."""
    with client.connect(
        "ws://example.invalid/headers",
        legacy=True,
        address=("127.0.0.1", server.port),
        additional_headers={"X-Id": "7"},
        user_agent_header=None,
        open_timeout=None,
        proxy=None,
    ) as ws:
        seen = ws.recv()
    assert '"x-id": "7"' in seen and "user-agent" not in seen and "example.invalid" in seen


def test_timeout_of_the_handshake(connect: Callable[..., Any]) -> None:
    """A server that does not answer the handshake in time raises TimeoutError."""
    with pytest.raises(TimeoutError):
        connect("/never-handshakes", open_timeout=0.1)


def test_reconnecting(kind: str, server: ThreadedServer) -> None:
    """`reconnect` connects anew for each turn of its loop, and as a context manager."""
    received = []
    for ws in client.reconnect(server.url + "/send?count=1"):
        received.append(ws.recv())
        if len(received) == 2:
            break
    assert received == ["0:xxxxxxxx"] * 2
    with client.connect(server.url + "/echo", legacy=False) as ws:
        ws.send("text")
        assert ws.recv() == "text"


# What holds for the bridge alone


@pytest.mark.usefixtures("bridged")
def test_waiting_for_the_end(server: ThreadedServer) -> None:
    """Waiting for the end says whether it came in time."""
    with client.connect(server.url + "/echo", legacy=True) as ws:
        assert not ws.wait_closed(timeout=0.01)
    assert ws.wait_closed()
    assert ws.wait_closed(timeout=1)


@pytest.mark.usefixtures("bridged")
def test_class_of_connections(server: ThreadedServer) -> None:
    """A class of connections of one's own is refused; the library's own is what there is anyway."""

    class Connection(client.ClientConnection):  # type: ignore[misc]
        pass

    with pytest.raises(NotSupportedError, match="leave create_connection out"):
        client.connect(server.url + "/echo", legacy=True, create_connection=Connection)
    with client.connect(server.url + "/echo", legacy=True, create_connection=client.ClientConnection):
        pass


def test_undoing(bridged: None, run: Callable[..., Any], server: ThreadedServer) -> None:
    """Undone, the library connects with threads again."""
    inner = client.reconnect.connect
    bridge(client)()
    assert client.reconnect.connect is inner


# Versions before 17, whose `connect` is a function


@pytest.fixture
def older() -> ModuleType:
    """A module like `websockets.sync.client` of an older version."""
    module: Any = ModuleType("websockets.sync.client")
    module.ClientConnection = client.ClientConnection
    exec(
        "def connect(uri, *, timeout=10, open_timeout=10, **options):\n    return ('own', uri, timeout)",
        module.__dict__,
    )
    return module


def test_older_version(older: Any, run: Any, monkeypatch: Any, server: ThreadedServer) -> None:
    """A function that programs have imported by its name is bridged, too, and undone."""
    monkeypatch.setattr(blocking, "wait", run)
    connect = older.connect
    undo = bridge(older)
    with connect(server.url + "/echo", open_timeout=5) as ws:
        ws.send("text")
        assert ws.recv() == "text"
    undo()
    assert connect("ws://x") == ("own", "ws://x", 10)
    assert vars(connect) == {}


def test_version_without_an_asyncio_client(older: Any, run: Any, monkeypatch: Any) -> None:
    """A version that is too old for the bridge raises, and says which is not."""
    monkeypatch.setattr(blocking, "wait", run)
    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    undo = bridge(older)
    with pytest.raises(NotSupportedError, match="version 13 or later"):
        older.connect("ws://127.0.0.1:1")
    undo()


def test_option_by_its_older_name(older: Any, run: Any, monkeypatch: Any) -> None:
    """A TLS context is one by its older name, too."""
    monkeypatch.setattr(blocking, "wait", run)
    undo = bridge(older)
    with pytest.raises(ValueError, match="ssl argument is incompatible"):
        older.connect("ws://127.0.0.1:1", ssl_context=True)
    undo()


async def test_timeout_that_comes_too_late() -> None:
    """What was received while the wait was being given up is not lost."""

    async def receive() -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "message"
        raise AssertionError("never cancelled")

    assert await within(0, receive) == "message"


def test_clean_end(connect: Callable[..., Any]) -> None:
    """A connection that the server closes in order says so to who receives."""
    with connect("/close?code=1000") as ws, pytest.raises(ConnectionClosedOK):
        ws.recv()
