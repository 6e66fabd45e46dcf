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
    """An async function of a :class:`~.env.MeasuringEnv`, under its own name."""

    name: str
    run: Function
    expects: tuple[str, ...] = ()


class StressRegistry:
    """The stress tests of one package."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._found: dict[str, StressTest] = {}

    def stress(self, function: Function) -> Function:
        """Register an async function."""
        self._found[function.__name__] = StressTest(function.__name__, function)
        return function

    def all_scenarios(self) -> dict[str, StressTest]:
        """Return all by name."""
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        return dict(self._found)


_registry = StressRegistry(__package__)
stress = _registry.stress
all_scenarios = _registry.all_scenarios
