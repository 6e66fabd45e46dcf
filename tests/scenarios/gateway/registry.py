"""The registry of the gateway's scenarios. Each runs between install() and uninstall()."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import websocketstream

from ..registry import Function, Registry

if TYPE_CHECKING:
    from .env import LibrariesEnv

LIBRARIES = ("websockets", "aiohttp")


class GatewayRegistry(Registry):
    """Scenarios that find the gateway installed, with the back end of their cell."""

    def scenario(self, **options: Any) -> Callable[[Function], Function]:
        register = super().scenario(**options)

        def register_installed(function: Function) -> Function:
            register(installed(function))
            return function

        return register_installed


def installed(function: Function) -> Function:
    """Return a scenario that calls install() before the function and uninstall() after it."""

    @functools.wraps(function)
    async def run(env: LibrariesEnv) -> None:
        env.install()
        try:
            await function(env)
        finally:
            websocketstream.uninstall()

    return run


_registry = GatewayRegistry(__package__)
scenario = _registry.scenario
all_scenarios = _registry.all_scenarios


async def prepare(part: str) -> None:
    """Install the libraries in the page, from the index of the group ``part``, and import them."""
    libraries = importlib.import_module("libraries")
    micropip = await libraries.micropip(part)
    await micropip.install(list(LIBRARIES))
    websocketstream.install()  # some Pyodides have no module `ssl` without it
    try:
        all_scenarios()
    finally:
        websocketstream.uninstall()
