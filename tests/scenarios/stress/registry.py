"""The registry of what tests/stress can have run in a page."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class StressTest:
    """An async function of a :class:`~.env.StressEnv`, under its own name."""

    name: str
    run: Function
    expects: tuple[str, ...] = ()


_found: dict[str, StressTest] = {}


def stress(function: Function) -> Function:
    """Register an async function."""
    _found[function.__name__] = StressTest(function.__name__, function)
    return function


def all_scenarios() -> dict[str, StressTest]:
    """Return all by name."""
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(_found)
