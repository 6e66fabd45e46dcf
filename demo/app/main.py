"""The start of the page: loader.js calls it when the package is installed."""

import asyncio
import platform

import js

from websocketstream import __version__

from .backend import BackendSwitch
from .connect import ConnectPanel
from .dom import element, set_text, spawn
from .flood_panel import FloodPanel
from .selftest import SelfTest


async def start() -> None:
    """Set up all panels."""
    server = await find_server()
    # support() runs inside a task here, where Python can be suspended if the browser supports it.
    switch = BackendSwitch(lambda: flood.restart())
    ConnectPanel(server, switch)
    flood = FloodPanel(server, switch)
    selftest = SelfTest(server, switch, flood)

    set_text(element("version"), f" {__version__}")
    loading = element("loading")
    loading.classList.add("ready")
    set_text(loading, f"Ready: Python {platform.python_version()} is running")
    element("progress").hidden = True
    if js.URLSearchParams.new(js.location.search).has("selftest"):
        await asyncio.sleep(0)
        spawn(selftest.run(show=True))


async def find_server() -> str | None:
    """Return the WebSocket URL of the demo's server; ``None`` if another server serves this page."""
    response = await js.fetch("config.json")
    if not response.ok:
        return None
    config = await response.json()
    return str(config.ws)
