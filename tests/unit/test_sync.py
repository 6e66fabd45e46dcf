"""The blocking client: on CPython against a real server, and how it waits in a browser."""

import asyncio
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

import websocketstream
from tests.server import serve_in_thread
from tests.server.payload import check
from tests.unit.bench import opened_with
from websocketstream import (
    HandshakeError,
    InvalidStateError,
    NotSupportedError,
    WebSocketError,
    sync,
)
from websocketstream.sync import connect
from websocketstream.testing import FakeBackend, FakePeer


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve_in_thread() as running:
        yield running.url


# Against a server


def test_talk(server: str) -> None:
    """Messages go there and back, and the block closes the connection."""
    with connect(f"{server}/echo?id=talk", protocols=["v2"], headers={"X-Test": "1"}) as ws:
        assert ws.url == f"{server}/echo?id=talk"
        assert ws.protocol == "v2"
        assert "permessage-deflate" in ws.extensions
        assert repr(ws) == f"<SyncWebSocketStream {server}/echo?… open backend=cpython>"
        for message in ("text", b"binary", ""):
            ws.send(message)
            assert ws.recv() == message
    assert " closed " in repr(ws)
    with pytest.raises(InvalidStateError):
        ws.send("too late")


def test_recv_with_a_timeout(server: str) -> None:
    """A ``recv`` that times out loses nothing; with 0 it returns what is there."""
    with connect(f"{server}/echo") as ws:
        begun = time.monotonic()
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            ws.recv(timeout=0.05)
        assert 0.04 < time.monotonic() - begun < 5
        for timeout in (0, -1):
            with pytest.raises(TimeoutError):
                ws.recv(timeout)
        ws.send("first")
        ws.send("second")
        assert ws.recv(timeout=5) == "first"
        while ws._stream._incoming.size == 0:
            time.sleep(0.001)
        assert ws.recv(timeout=0) == "second"


def test_iteration(server: str) -> None:
    """A loop gives every message up to a clean end; then ``recv`` says how it has ended."""
    with connect(f"{server}/send?count=100&kind=mixed&code=4001&reason=over") as ws:
        check(list(ws), 100, 10, "mixed")
        with pytest.raises(WebSocketError) as raised:
            ws.recv()
        assert (raised.value.close_code, raised.value.reason) == (4001, "over")


def test_close(server: str) -> None:
    """``close`` returns the code and reason that the connection has ended with."""
    ws = connect(f"{server}/echo")
    ws.send("unread")
    assert ws.close(4000, "that will do") == (4000, "that will do")
    assert ws.close() == (4000, "that will do")
    assert connect(f"{server}/close?code=1012").close() == (1012, "")


def test_errors(server: str) -> None:
    """What goes wrong is raised where it is waited for."""
    with pytest.raises(ConnectionRefusedError):
        connect(f"{server}/refuse")
    with pytest.raises(HandshakeError, match="open_timeout"):
        connect(f"{server}/never-handshakes", open_timeout=0.05)
    with pytest.raises(ValueError, match="scheme"):
        connect("ftp://example.com/")
    with connect(f"{server}/echo") as ws, pytest.raises(TypeError):
        ws.send(5)


def test_leaving_a_block(server: str) -> None:
    """An unclean end is raised at the end of a block, unless the block has raised itself."""
    with pytest.raises(WebSocketError, match="lost"), connect(f"{server}/reset-on-message") as ws:
        ws.send("boom")
        with pytest.raises(WebSocketError):
            list(ws)
    with pytest.raises(KeyError), connect(f"{server}/reset-on-message") as ws:
        ws.send("boom")
        with pytest.raises(WebSocketError):
            ws.recv()
        raise KeyError("mine")


def test_threads(server: str) -> None:
    """Several threads can use connections at the same time, also the same one."""
    received: list[str | bytes] = []

    def listen(ws: sync.SyncWebSocketStream) -> None:
        received.extend(ws)

    with connect(f"{server}/echo") as ws:
        thread = threading.Thread(target=listen, args=[ws])
        thread.start()
        with connect(f"{server}/echo") as other:
            for number in range(50):
                ws.send(f"message {number}")
                other.send("hello")
                assert other.recv() == "hello"
        while len(received) < 50:
            time.sleep(0.001)
    thread.join()
    assert received == [f"message {number}" for number in range(50)]


def test_inside_of_an_event_loop(server: str) -> None:
    """A blocking call in a task blocks its thread, but works: the connection is another thread's."""

    async def use() -> str | bytes:
        with connect(f"{server}/echo") as ws:
            ws.send("hello")
            return ws.recv()

    assert asyncio.run(use()) == "hello"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as in a terminal: a process that was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt(server: str) -> None:
    """An interrupt ends the call that waits; no message is lost by that."""
    with connect(f"{server}/echo") as ws:
        timer = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            ws.recv(timeout=10)
        timer.join()
        ws.send("still there?")
        assert ws.recv() == "still there?"


def test_fake_back_end() -> None:
    """The fake network works here, too, so a blocking program can be tested with it."""

    async def shout(peer: FakePeer) -> None:
        async for message in peer:
            assert isinstance(message, str)
            await peer.send(message.upper())

    with connect("wss://example.com/", backend=FakeBackend(shout)) as ws:
        ws.send("hello")
        assert ws.recv() == "HELLO"


def test_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is there as an attribute of the package, and is imported when it is asked for."""
    monkeypatch.delattr(websocketstream, "sync")
    assert websocketstream.sync is sys.modules["websocketstream.sync"]


# In a browser


@pytest.fixture
def ffi(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A browser's `_ffi`, whose functions the test sets."""
    module = types.ModuleType("websocketstream._ffi")
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", module)
    monkeypatch.setattr(sync, "in_browser", lambda: True)
    return module


@pytest.mark.parametrize(
    ("jspi", "expected"), [(False, "it has no JSPI"), (True, "JavaScript has called it")]
)
def test_where_python_can_not_be_suspended(ffi: Any, jspi: bool, expected: str) -> None:
    """The error says whether it is the browser or the caller, and what to use instead."""
    ffi.can_suspend = lambda: False
    ffi.has_jspi = lambda: jspi
    with pytest.raises(NotSupportedError, match=expected) as raised:
        sync.wait(asyncio.sleep, 0)
    assert "with await" in str(raised.value)


def test_suspension(ffi: Any) -> None:
    """Where Python can be suspended, Pyodide does the waiting, and results and exceptions come back."""
    ffi.can_suspend = lambda: True
    ffi.run_sync = asyncio.run
    assert sync.wait(asyncio.sleep, 0, "slept") == "slept"

    async def fail() -> None:
        raise LookupError("not there")

    with pytest.raises(LookupError, match="not there"):
        sync.wait(fail)


async def test_what_is_there_is_not_waited_for(ffi: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is suspended only where there is no message, or no room."""
    ffi.can_suspend = lambda: True
    suspended: list[Coroutine[Any, Any, Any]] = []
    monkeypatch.setattr(sync, "wait", lambda function, *args: suspended.append(function(*args)))
    stream, _, peer = await opened_with(send_high_water_mark=10)
    ws = sync.SyncWebSocketStream(stream)
    ws.send("fits")
    for message in ("first", "", "third"):
        await peer.send(message)
    assert [ws.recv(), ws.recv(timeout=5)] == ["first", ""]
    assert suspended == []
    assert list(ws) == ["third"]
    ws.recv()
    ws.send("fits no more")
    following, received, room = suspended
    assert [await peer.recv(), await peer.recv(), await room] == ["fits", "fits no more", None]
    await peer.send("fourth")
    await peer.close()
    assert [await received, await following] == ["fourth", None]
    with pytest.raises(InvalidStateError):
        ws.send("too late")


async def test_nothing_works_where_python_can_not_be_suspended(ffi: Any) -> None:
    """Not even what needs no suspension: it would fail some time later, when nothing is there."""
    ffi.can_suspend, ffi.has_jspi = lambda: False, lambda: True
    stream, _, peer = await opened_with()
    ws = sync.SyncWebSocketStream(stream)
    await peer.send("there")
    for call in (ws.recv, lambda: ws.send("fits"), lambda: list(ws)):
        with pytest.raises(NotSupportedError, match="JavaScript has called it"):
            call()
    assert stream._connection.messages_sent == 0
    assert await stream.recv() == "there"
