"""Without `websockets` the package has classes of its own, equal to those of the library."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
import websockets.client
import websockets.datastructures
import websockets.exceptions
import websockets.frames
import websockets.http11
import websockets.protocol
import websockets.typing
import websockets.uri

import websocketstream.client
import websocketstream.datastructures
import websocketstream.exceptions
import websocketstream.frames
import websocketstream.http11
import websocketstream.protocol
import websocketstream.typing
import websocketstream.uri
from tests.server import serve_in_thread
from tests.unit.test_architecture import CORE

PAIRS = [
    (websockets.client, websocketstream.client),
    (websockets.datastructures, websocketstream.datastructures),
    (websockets.exceptions, websocketstream.exceptions),
    (websockets.frames, websocketstream.frames),
    (websockets.http11, websocketstream.http11),
    (websockets.protocol, websocketstream.protocol),
    (websockets.typing, websocketstream.typing),
    (websockets.uri, websocketstream.uri),
]

OUR_OWN = {"HandshakeFailed"}


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=lambda module: module.__name__)
def test_what_is_installed_is_taken_over(theirs: Any, ours: Any) -> None:
    """With websockets installed, every name is the very object that the library has."""
    for name in set(ours.__all__) - OUR_OWN:
        assert getattr(ours, name) is getattr(theirs, name), name


def test_all_exceptions_are_there() -> None:
    """Code that names any exception of the library can be imported."""
    ours = set(websocketstream.exceptions.__all__)
    assert ours == set(websockets.exceptions.__all__) | OUR_OWN


@pytest.fixture
def without_websockets() -> Iterator[Callable[[str], list[str]]]:
    """A function that runs a program where websockets is not installed, and returns what it prints."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith("websocket")}
    for name in kept:
        del sys.modules[name]
    sys.modules["websockets"] = None  # type: ignore[assignment]
    try:
        yield printed
    finally:
        for name in [name for name in sys.modules if name.startswith("websocket")]:
            del sys.modules[name]
        sys.modules.update(kept)


def printed(program: str) -> list[str]:
    """What a program prints."""
    with redirect_stdout(StringIO()) as output:
        exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
    return output.getvalue().splitlines()


SAME = """
exceptions = import_module(root + ".exceptions")
frames = import_module(root + ".frames")
Headers = import_module(root + ".datastructures").Headers
MultipleValuesError = import_module(root + ".datastructures").MultipleValuesError
http11 = import_module(root + ".http11")
State = import_module(root + ".protocol").State
parse_uri = import_module(root + ".uri").parse_uri
client = import_module(root + ".client")

def raised(function, *args):
    try:
        return repr(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

for name in sorted(set(exceptions.__all__) - {"HandshakeFailed"}):
    print(name, [base.__name__ for base in getattr(exceptions, name).__mro__])
print([(code.name, code.value) for code in frames.CloseCode])
print([(state.name, state.value) for state in State])
print(sorted(map(int, frames.OK_CLOSE_CODES)), sorted(map(int, frames.EXTERNAL_CLOSE_CODES)))
for code in (1000, 1001, 1004, 1005, 1006, 1011, 1015, 2000, 3000, 4000, 5000):
    for reason in ("", "because"):
        print(frames.Close(code, reason), frames.Close(code, reason) == frames.Close(code, reason))
one, other = frames.Close(1000, ""), frames.Close(4000, "x")
for args in ((None, None), (one, None), (None, other), (one, other, True), (one, other, False)):
    error = exceptions.ConnectionClosedError(*args)
    print(error, error.rcvd, error.sent, error.rcvd_then_sent)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        print(error.code, error.reason, [each.category.__name__ for each in caught])
print(raised(exceptions.ConnectionClosedOK, one, other))
print(exceptions.PayloadTooBig(10, 5), exceptions.PayloadTooBig(None, 5))
for value in (None, "", "y"):
    print(exceptions.InvalidHeader("X", value))
print(exceptions.InvalidStatus(http11.Response(404, "", Headers())))
headers = Headers({"X-One": "1"}, Two="2")
headers["x-one"] = "one"
headers["Three"] = "3"
print(headers.get_all("X-ONE"), list(headers), len(headers))
print("two" in headers, "four" in headers, 5 in headers)
print(raised(headers.__getitem__, "X-One"), raised(headers.__getitem__, "four"), headers["THREE"])
print(raised(MultipleValuesError, "a"), str(MultipleValuesError("a")), str(MultipleValuesError()))
print(repr(headers), str(headers).encode())
print(headers == headers.copy(), headers == Headers(), headers == 5, Headers(headers) == headers)
del headers["x-one"]
print(list(headers.raw_items()), raised(headers.__delitem__, "four"))
headers.update([("four", "4")])
print(headers.pop("four"), headers.get("four"))
headers.clear()
print(list(headers))
print(http11.Request("/", Headers()).method, http11.Response(101, "x", Headers()).body)
for uri in (
    "ws://example.com", "wss://example.com/", "ws://EXAMPLE.com:81/a?b=c", "ws://[::1]:8/", "http://x",
    "ws://", "example.com", "ws://example.com/#f", "wss://user:p%20w@example.com/x", "ws://user@example.com",
    "wss://ex\u00e4mple.com/\u00fc?\u00df=1",
):
    print(raised(parse_uri, uri))
    try:
        parsed = parse_uri(uri)
        print(parsed.resource_name, parsed.user_info)
    except Exception:
        pass
delays = client.backoff()
print(0 <= next(delays) <= 5, [round(next(delays), 3) for _ in range(12)])
for error in (OSError(), TimeoutError(), ValueError("no"), exceptions.InvalidURI("x", "y")):
    print(client.process_exception(error))
"""


def test_ours_are_equal(without_websockets: Callable[[str], list[str]]) -> None:
    """Names, bases, values, texts and behaviour are those of the library."""
    begin = "import warnings\nfrom importlib import import_module\nroot = "
    program = f"{begin}'websockets'\n{SAME}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    theirs = done.stdout.splitlines()
    ours = without_websockets(f"{begin}'websocketstream'\n{SAME}")
    assert len(theirs) > 90
    assert [line.replace(", _exception=None", "") for line in theirs] == ours


def test_client_works_without_websockets(without_websockets: Callable[[str], list[str]]) -> None:
    """The client itself needs nothing of the library."""
    program = """
import asyncio
from websocketstream.asyncio.client import connect
from websocketstream.exceptions import ConnectionClosedOK, HandshakeFailed, InvalidHandshake
from websocketstream.testing import FakeBackend

async def serve(peer):
    if peer.path == "/refuse":
        peer.refuse()
    else:
        async for message in peer:
            await peer.send(message)

async def main():
    backend = FakeBackend(serve)
    async with connect("wss://example.com/", backend=backend) as websocket:
        await websocket.send("hello")
        print(await websocket.recv())
    try:
        await websocket.recv()
    except ConnectionClosedOK as error:
        print(error)
    try:
        await connect("wss://example.com/refuse", backend=backend)
    except InvalidHandshake as error:
        print(isinstance(error, OSError), type(error) is HandshakeFailed)

asyncio.run(main())
"""
    assert without_websockets(program) == [
        "hello",
        "sent 1000 (OK); then received 1000 (OK)",
        "True True",
    ]


def test_package_imports_neither() -> None:
    """Importing the package imports its core, neither websockets nor what imitates it."""
    program = """
import sys
import websocketstream
print(*(name for name in sys.modules if name.partition(".")[0] in ("websockets", "websocketstream")))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    core = {"websocketstream", *(f"websocketstream.{name}" for name in CORE)}
    assert set(done.stdout.split()) <= core


async def test_connect_on_cpython() -> None:
    """On CPython the package's `connect` is the library's, and connects for real."""
    from websocketstream import connect

    with serve_in_thread() as server:
        async with connect(f"{server.url}/echo", backend="safe") as websocket:
            await websocket.send("hello")
            assert await websocket.recv() == "hello"


def test_connect_of_the_package() -> None:
    """On CPython it is that of the library, which ignores what only ours takes."""
    from websocketstream import connect

    assert issubclass(connect, websockets.connect)
    connect("wss://example.com/", backend="safe", headers_to=None, additional_headers={"X": "y"})


def test_connect_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a browser it is our client."""
    import websocketstream.asyncio.client

    monkeypatch.setattr(sys.modules["websocketstream.support"], "in_browser", lambda: True)
    monkeypatch.delitem(sys.modules, "websocketstream._anywhere", raising=False)
    assert websocketstream.connect is websocketstream.asyncio.client.connect
    assert not hasattr(websocketstream, "no_such_name")
    monkeypatch.undo()
    sys.modules.pop("websocketstream._anywhere", None)


def test_connect_without_websockets(without_websockets: Callable[[str], list[str]]) -> None:
    """Without the library it says what to install."""
    program = """
from websocketstream import *
try:
    connect("wss://example.com/")
except ImportError as error:
    print(error)
"""
    (line,) = without_websockets(program)
    assert "pip install 'websocketstream[cpython]'" in line
