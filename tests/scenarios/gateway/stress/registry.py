"""The registry of what tests/stress can have run in a page that has the libraries."""

from __future__ import annotations

from ...stress.registry import Function, StressRegistry
from .. import registry as gateway

_registry = StressRegistry(__package__)
all_scenarios = _registry.all_scenarios


def stress(function: Function) -> Function:
    """Register an async function, which finds the gateway installed."""
    return _registry.stress(gateway.installed(function))


async def prepare(part: str) -> None:
    """Install the libraries in the page, from the index of the group ``part``."""
    await gateway.prepare(part)
