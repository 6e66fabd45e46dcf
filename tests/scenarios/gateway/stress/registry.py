"""The registry of what tests/stress can have run in a page that has the libraries."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

import websocketstream

from ...stress.registry import Function, StressTest
from .. import registry as gateway

if TYPE_CHECKING:
    from .env import GatewayStressEnv

_found: dict[str, StressTest] = {}


def stress(function: Function) -> Function:
    """Register an async function, which finds the gateway installed."""

    @functools.wraps(function)
    async def run(env: GatewayStressEnv) -> None:
        env.install()
        try:
            await function(env)
        finally:
            websocketstream.uninstall()

    _found[function.__name__] = StressTest(function.__name__, run)
    return function


def all_scenarios() -> dict[str, StressTest]:
    """Return all by name."""
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(_found)


async def prepare(part: str) -> None:
    """Install the libraries in the page, from the index of the group ``part``."""
    await gateway.prepare(part)
