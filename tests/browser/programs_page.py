"""A page that runs the programs of tests/programs, each with one version of its library.

There may be several versions of a library: one takes the place of another, as after `micropip.uninstall`
and a restart of Python.
"""

import importlib
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import libraries  # type: ignore[import-not-found]
from library_page import Scenario  # type: ignore[import-not-found]

import websocketstream

_scenarios: dict[str, Scenario] = {}


def all_scenarios() -> dict[str, Scenario]:
    """Return the programs for the library that is installed."""
    return _scenarios


async def prepare(part: str) -> None:
    """Install a version of a library, such as "websockets==12.0", from the index of a group."""
    group, _, requirement = part.partition(":")
    name, _, wanted = requirement.partition("==")
    micropip = await libraries.micropip(group)
    try:
        installed = version(name)
    except PackageNotFoundError:
        installed = None
    if installed != wanted:
        if installed is not None:
            micropip.uninstall(name)
        _forget(name)
        await micropip.install(requirement)
    _scenarios.clear()
    for program in ("feed", "legacy_feed", "aiohttp_feed"):
        _scenarios[program] = Scenario(program, "", _run(program), timeout=60)
    _scenarios["stream_feed"] = Scenario("stream_feed", "", _run_alone, timeout=60)


def _forget(name: str) -> None:
    """Make Python import a library again, and the programs that have imported it."""
    for module in list(sys.modules):
        if module.partition(".")[0] in (name, "programs"):
            del sys.modules[module]
    importlib.invalidate_caches()


def _run(program: str) -> Callable[[Any], Awaitable[None]]:
    async def run(env: Any) -> None:
        websocketstream.install()
        try:
            await importlib.import_module(f"programs.{program}").main(env.server)
        finally:
            websocketstream.uninstall()

    return run


async def _run_alone(env: Any) -> None:
    """Run the program for this package itself, which needs no library in a page, and no gateway."""
    await importlib.import_module("programs.stream_feed").main(env.server)
