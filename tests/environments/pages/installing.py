"""Shows where the package comes from, installs it again with micropip, and uses it in several ways."""

import sys
from collections.abc import Callable
from importlib.metadata import distribution
from typing import Any

import micropip  # type: ignore[import-not-found]
from pyscript import display, fetch, when, window


async def show_messages(server: str) -> None:
    """Show where the package comes from, and the messages that a connection receives, in one line."""
    from websocketstream import WebSocketStream

    source = distribution("websocketstream").read_text("PYODIDE_SOURCE")
    async with WebSocketStream(f"{server}/send?count=3&size=2") as ws:
        display(f"{source} {[message async for message in ws]}")


def ask(connect: Callable[[str], Any], server: str, question: str) -> None:
    """Show the answer of an echo to a blocking client, or that Python can't wait for it here."""
    from websocketstream import NotSupportedError

    try:
        with connect(f"{server}/echo") as ws:
            ws.send(question)
            display(ws.recv())
    except NotSupportedError as error:
        display(type(error).__name__)


async def ask_with_aiohttp(server: str, question: str) -> None:
    """Show the answer of an echo to `aiohttp`."""
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server}/echo") as socket:
        await socket.send_str(question)
        display(await socket.receive_str())


async def main() -> None:
    server = (await fetch("/config.json").json())["ws"]
    await show_messages(server)

    micropip.uninstall("websocketstream")
    for name in [name for name in sys.modules if name.split(".")[0] == "websocketstream"]:
        del sys.modules[name]
    display("installed" if "websocketstream" in micropip.list() else "uninstalled")
    index = f"{window.location.origin}/simple"
    await micropip.install(["websocketstream", "aiohttp", "websockets"], index_urls=[index])
    await show_messages(server)

    import websocketstream
    from websocketstream.sync import connect

    websocketstream.install()
    await ask_with_aiohttp(server, "with aiohttp")

    @when("click", "#button")
    async def clicked() -> None:
        ask(connect, server, "in a handler")

    ask(connect, server, "in a script")

    from websockets.sync.client import connect as connect_with_websockets

    ask(connect_with_websockets, server, "with websockets.sync")


await main()  # type: ignore[top-level-await]  # noqa: F704
