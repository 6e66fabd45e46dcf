"""install() and uninstall(): what is bound to what, when, and back again."""

import asyncio
import inspect
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import websockets
import websockets.asyncio.client
import websockets.sync.client

import websocketstream
from tests.worlds.fake import FakeEnv
from websocketstream import NotSupportedError, patch
from websocketstream.asyncio import client as ours
from websocketstream.handshake import bearer_in_subprotocol
from websocketstream.sync import _suspend
from websocketstream.sync import client as ours_sync

theirs: Any = websockets.asyncio.client

ORIGINALS = {
    "connect": theirs.connect,
    "ClientConnection": theirs.ClientConnection,
    "sync_connect": websockets.sync.client.connect,
}


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patch, "_only_in_browsers", False)
    yield
    patch.uninstall()


def third_party(**names: Any) -> types.ModuleType:
    """A module that has imported those names, as `from websockets import …` does."""
    module = types.ModuleType("third_party")
    vars(module).update(names)
    sys.modules["third_party"] = module
    return module


@pytest.fixture(autouse=True)
def no_third_party() -> Iterator[None]:
    yield
    sys.modules.pop("third_party", None)


def test_refused_outside_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where websockets works it is left alone."""
    monkeypatch.setattr(patch, "_only_in_browsers", True)
    with pytest.raises(NotSupportedError, match="is for browsers"):
        patch.install()
    assert theirs.connect is ORIGINALS["connect"]


def test_names_of_websockets_are_ours() -> None:
    """All the ways to get at a client lead to ours, and back after uninstall()."""
    patch.install()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from websockets.client import connect as legacy  # type: ignore[attr-defined]
    for connect in (theirs.connect, websockets.connect, legacy):
        assert issubclass(connect, ours.connect)
    assert issubclass(websockets.ClientConnection, ours.ClientConnection)
    assert issubclass(websockets.sync.client.ClientConnection, ours_sync.ClientConnection)
    assert issubclass(websockets.sync.client.reconnect, ours_sync.reconnect)
    assert websockets.sync.client.connect.__module__ == "websocketstream.sync.client"
    patch.uninstall()
    assert websockets.connect is theirs.connect is ORIGINALS["connect"]
    assert websockets.ClientConnection is ORIGINALS["ClientConnection"]
    assert websockets.sync.client.connect is ORIGINALS["sync_connect"]


def test_idempotent() -> None:
    """A second install() and a second uninstall() change nothing."""
    patch.uninstall()
    patch.install()
    first = theirs.connect
    patch.install()
    assert theirs.connect is first
    patch.uninstall()
    patch.uninstall()
    assert theirs.connect is ORIGINALS["connect"]
    patch.install()
    assert theirs.connect is not first


def test_modules_that_imported_before() -> None:
    """Names in other modules are bound to ours, under whatever name they are there."""
    module = third_party(
        connect=theirs.connect, ws_connect=theirs.connect, sync=websockets.sync.client.connect, other=5
    )
    patch.install()
    assert module.connect is module.ws_connect is theirs.connect
    assert module.sync is websockets.sync.client.connect is not ORIGINALS["sync_connect"]
    assert module.other == 5
    patch.uninstall()
    assert module.connect is module.ws_connect is ORIGINALS["connect"]
    assert module.sync is ORIGINALS["sync_connect"]


def test_modules_that_import_afterwards() -> None:
    """uninstall() finds what was imported since install(), and leaves alone who uses ours directly."""
    patch.install()
    module = third_party(connect=theirs.connect, direct=ours.connect)
    patch.uninstall()
    assert module.connect is ORIGINALS["connect"]
    assert module.direct is ours.connect


def test_options_signatures_can_be_inspected() -> None:
    """Libraries that look for additional_headers among the parameters find it."""
    patch.install()
    for connect in (theirs.connect, websockets.sync.client.connect, websockets.sync.client.reconnect):
        parameters = inspect.signature(connect).parameters
        assert {"uri", "additional_headers", "open_timeout"} <= set(parameters)


async def test_subclass_of_before() -> None:
    """A class that was derived from websockets' connect() before connects with our client."""

    class Connect(theirs.connect):  # type: ignore[misc]
        async def __aenter__(self) -> Any:
            connection = await super().__aenter__()
            connection.mark = "entered"
            return connection

    class Connection(theirs.ClientConnection):  # type: ignore[misc]
        async def shout(self, text: str) -> None:
            await self.send(text.upper())

    env = FakeEnv()
    patch.install(backend=env.backend)
    async with Connect(f"{env.server}/echo", create_connection=Connection) as websocket:
        await websocket.shout("hello")
        assert await websocket.recv() == "HELLO"
        assert websocket.mark == "entered"
        assert isinstance(websocket, websockets.ClientConnection)
    patch.uninstall()
    assert Connect.__bases__ == (ORIGINALS["connect"],)
    assert Connection.__bases__ == (ORIGINALS["ClientConnection"],)


async def test_subclass_of_afterwards() -> None:
    """A class that is derived from connect() after install() works too, and is given back."""
    env = FakeEnv()
    patch.install(backend=env.backend)

    class Connect(websockets.connect):
        pass

    async with Connect(f"{env.server}/echo") as websocket:
        await websocket.send("hello")
        assert await websocket.recv() == "hello"
    patch.uninstall()
    assert Connect.__bases__ == (ORIGINALS["connect"],)


async def test_options_of_install() -> None:
    """Headers that a library sets go where the hook moves them; refused arguments can be ignored."""
    env = FakeEnv()
    hook = bearer_in_subprotocol("bearer.")
    patch.install(backend=env.backend, headers_to=hook, ignore=["ssl", "proxy"])
    headers = {"Authorization": "Bearer abc", "User-Agent": "library/1.0"}
    async with websockets.connect(
        f"{env.server}/echo", additional_headers=headers, proxy="http://proxy:1", ssl=object()
    ):
        assert env.backend.peers[-1].protocols == ("bearer.abc",)
    patch.uninstall()
    patch.install(backend=env.backend)
    with pytest.raises(NotSupportedError, match="authorization"):
        websockets.connect(f"{env.server}/echo", additional_headers=headers)


def test_synchronous_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that use the synchronous client use ours; Unix sockets are refused."""
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(
        _suspend, "run", lambda function, *args: loop.run_until_complete(function(*args))
    )
    env = FakeEnv()
    patch.install(backend=env.backend)
    with websockets.sync.client.connect(f"{env.server}/echo", ping_interval=None) as websocket:
        assert isinstance(websocket, websockets.sync.client.ClientConnection)
        websocket.send("hello")
        assert websocket.recv() == "hello"
    with pytest.raises(NotSupportedError):
        websockets.sync.client.unix_connect("/run/socket")
    with pytest.raises(NotSupportedError):
        websockets.unix_connect("/run/socket")
    loop.close()


async def test_legacy_arguments() -> None:
    """Libraries of the legacy client find its arguments and attributes."""
    env = FakeEnv()
    patch.install(backend=env.backend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from websockets.legacy import client
    async with client.connect(
        f"{env.server}/echo", extra_headers=None, read_limit=2**16, close_timeout=None, timeout=5
    ) as websocket:
        assert isinstance(websocket, client.WebSocketClientProtocol)
        assert websocket.open
        assert not websocket.closed
        assert (websocket.host, websocket.port, websocket.secure) == ("fake.test", 80, False)
        assert websocket.close_timeout == 5
    assert websocket.closed
    async with client.connect(f"{env.server}/echo", close_timeout=1) as websocket:
        assert websocket.close_timeout == 1
    with pytest.raises(NotSupportedError, match="x-key"):
        client.connect(f"{env.server}/echo", extra_headers={"X-Key": "secret"})
    with pytest.raises(TypeError, match="create_connection"):
        client.connect(f"{env.server}/echo", create_protocol=object)


def test_module_that_can_not_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a client module can't be imported, for want of ssl, ours stands in its place."""
    name = "websockets.asyncio.client"
    monkeypatch.setitem(sys.modules, name, None)  # importing it is an ImportError now
    patch.install()
    made = sys.modules[name]
    assert issubclass(made.connect, ours.connect)
    assert websockets.asyncio.client is made
    assert issubclass(websockets.connect, ours.connect)
    patch.uninstall()
    assert name not in sys.modules
    websockets.asyncio.client = theirs


def test_parts_of_websockets_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a version of websockets does not have is left out, and what has changed since stays."""
    monkeypatch.setitem(sys.modules, "websockets.legacy", None)
    monkeypatch.setitem(sys.modules, "websockets.legacy.client", None)
    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    patch.install()
    assert sys.modules["websockets.legacy.client"] is None
    websockets.asyncio.client = theirs
    patch.uninstall()
    assert websockets.asyncio.client is theirs


def test_class_that_can_not_be_derived_from_ours(caplog: pytest.LogCaptureFixture) -> None:
    """A class whose bases don't fit is left as it is, with a line in the log."""

    class Odd(ours.connect, theirs.connect):  # type: ignore[misc]
        pass

    from websocketstream import connect  # ours for CPython is derived from theirs, and is left alone

    patch.install()
    assert Odd.__bases__ == (ours.connect, ORIGINALS["connect"])
    assert connect.__bases__ == (ORIGINALS["connect"],)
    assert "Odd" in caplog.text


def test_websockets_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without websockets, or where its exceptions are not ours, nothing is bound."""
    with monkeypatch.context() as patched:
        patched.setattr(patch, "find_spec", lambda name: None)
        with pytest.raises(ImportError, match="micropip"):
            patch.install()
    monkeypatch.setattr("websocketstream._adopt.adopted", lambda: False)
    with pytest.raises(ImportError, match="install websockets first"):
        patch.install()
    assert theirs.connect is ORIGINALS["connect"]


def test_websockets_has_to_be_there() -> None:
    """Without websockets, or with websockets that came too late, install() says what to do."""
    program = """
import importlib.util
import sys
from websocketstream import patch
patch._only_in_browsers = False
patch.find_spec = lambda name: None
def install():
    try:
        patch.install()
    except ImportError as error:
        print(error)
install()
patch.find_spec = importlib.util.find_spec
install()
patch.uninstall()
for name in [name for name in sys.modules if name.startswith("websocket")]:
    del sys.modules[name]
sys.modules["websockets"] = None
import websocketstream.asyncio.client
from websocketstream import patch
patch._only_in_browsers = False
del sys.modules["websockets"]
install()
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    first, second = done.stdout.splitlines()
    assert 'micropip.install("websockets")' in first
    assert "install websockets first" in second


def test_public_names() -> None:
    """The package has them, and importing it imports none of this."""
    assert websocketstream.install is patch.install
    assert websocketstream.uninstall is patch.uninstall
