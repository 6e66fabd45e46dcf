"""The page that has `websockets` and libraries which use it: the examples of docs/libraries.md there, a
program, and what install() does to the library itself.

The libraries are those of requirements-libraries.txt, installed from the index of webserver.py. They
need `ssl`, which Pyodide 0.29 does not have without a package of its own: there `websockets` is alone.
"""

import gc
import importlib
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import examples  # type: ignore[import-not-found]

REQUIREMENTS = ("aiorpcX", "gql[websockets]", "ocpp", "pygls[ws]")
MODULES = ("aiorpcx", "gql.transport.websockets", "ocpp.v16", "pygls.lsp.client", "programs.feed")


async def prepare() -> None:
    """Install and import the libraries, so that no scenario is charged for it."""
    import js
    import pyodide_js

    await pyodide_js.loadPackage("micropip")
    import micropip  # type: ignore[import-not-found]

    micropip.set_index_urls([f"{js.location.origin}/simple"])
    if find_spec("_ssl") is None:
        await micropip.install("websockets")
        return
    await micropip.install(list(REQUIREMENTS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in MODULES:
            importlib.import_module(module)


@dataclass(frozen=True)
class Scenario:
    """What the harness asks of a scenario."""

    name: str
    doc: str
    run: Callable[[Any], Awaitable[None]]
    timeout: float = 30
    expects: tuple[str, ...] = ()


_scenarios: dict[str, Scenario] = {}


def _scenario(function: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    name = function.__name__
    _scenarios[name] = Scenario(name, function.__doc__ or "", function)
    return function


def all_scenarios() -> dict[str, Any]:
    """The examples, and the scenarios below."""
    return {
        name: Scenario(name, example.doc, _run_and_forget(example.run))
        for name, example in examples.library_examples().items()
    } | _scenarios


def _run_and_forget(run: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Empty the caches of pygls' methods, which keep its clients and their connections for ever."""

    async def run_and_forget(env: Any) -> None:
        await run(env)
        from pygls.protocol import LanguageServerProtocol

        for method in vars(LanguageServerProtocol).values():
            if hasattr(method, "cache_clear"):
                method.cache_clear()

    return run_and_forget


@_scenario
async def program(env: Any) -> None:
    """A program that was imported before install() runs unchanged, and prints what it sees."""
    import websocketstream

    websocketstream.install()
    from programs import feed  # type: ignore[import-not-found]

    await feed.main(env.server)


@_scenario
async def derived_classes(env: Any) -> None:
    """Classes that were derived from those of `websockets`, before install() and after, connect."""
    import websockets

    import websocketstream

    def derive() -> tuple[Any, Any]:
        class Connect(websockets.connect):
            async def __aenter__(self) -> Any:
                connection = await super().__aenter__()
                await connection.send("entered")
                return connection

        class Connection(websockets.ClientConnection):
            async def shout(self, text: str) -> None:
                await self.send(text.upper())

        return Connect, Connection

    websocketstream.uninstall()
    before = derive()
    websocketstream.install()
    for connect, connection in (before, derive()):
        async with connect(f"{env.server}/echo", create_connection=connection) as websocket:
            assert isinstance(websocket, websockets.ClientConnection)
            await connection.shout(websocket, "hello")
            assert [await websocket.recv(), await websocket.recv()] == ["entered", "HELLO"]
    websocketstream.uninstall()
    gc.collect()


@_scenario
async def exceptions_are_those_of_the_library(env: Any) -> None:
    """`except` clauses and `isinstance` checks of programs hold, whoever has imported what."""
    import websockets
    from websockets.exceptions import ConnectionClosedError, InvalidHandshake
    from websockets.protocol import State

    import websocketstream

    websocketstream.install()
    async with websockets.connect(f"{env.server}/close?code=4000") as websocket:
        try:
            await websocket.recv()
        except ConnectionClosedError as error:
            assert isinstance(error.rcvd, websockets.Close)
            assert error.rcvd.code == 4000
        assert websocket.state is State.CLOSED
    try:
        await websockets.connect(f"{env.server}/refuse")
    except InvalidHandshake as error:
        assert isinstance(error, OSError)


@_scenario
async def uninstalling_gives_the_library_back(env: Any) -> None:
    """After uninstall() every name is the library's own again; what is open goes on."""
    import websockets
    import websockets.asyncio.client as client
    from programs import feed

    import websocketstream

    websocketstream.uninstall()
    original = client.connect
    websocketstream.install()
    websocketstream.install()
    assert feed.connect is client.connect is websockets.connect is not original
    async with websockets.connect(f"{env.server}/echo") as websocket:
        websocketstream.uninstall()
        websocketstream.uninstall()
        assert feed.connect is client.connect is websockets.connect is original
        await websocket.send("still open")
        assert await websocket.recv() == "still open"


@_scenario
async def the_synchronous_client_is_installed_too(env: Any) -> None:
    """`websockets.sync.client` waits where Python can be suspended; elsewhere it says why not."""
    import websocketstream

    websocketstream.install()
    from websockets.sync.client import connect

    if websocketstream.support().jspi:
        with connect(f"{env.server}/echo") as websocket:
            websocket.send("hello")
            assert websocket.recv(timeout=5) == "hello"
    else:
        try:
            connect(f"{env.server}/echo")
        except websocketstream.NotSupportedError as error:
            assert "no JSPI" in str(error)
        else:
            raise AssertionError("connected, although Python can't be suspended")
