"""The registry: a scenario is an async function with ``@scenario`` on it and a docstring."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One promise and how to see it kept.

    ``timeout`` is in seconds, absolute. ``quick`` scenarios are the demo's self-test too.
    ``expects`` are warnings or console lines (substrings) that belong to it; any other fails it.
    """

    name: str
    doc: str
    run: Function
    timeout: float
    quick: bool
    expects: tuple[str, ...]


class Registry:
    """The scenarios of one package."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._scenarios: dict[str, Scenario] = {}

    def scenario(
        self, *, timeout: float = 20, quick: bool = False, expects: tuple[str, ...] = ()
    ) -> Callable[[Function], Function]:
        """Register an async function as a scenario, under its own name."""

        def register(function: Function) -> Function:
            name = function.__name__
            if name in self._scenarios:
                raise ValueError(f"there are two scenarios of the name {name!r}")
            doc = " ".join((function.__doc__ or "").split())
            if not doc:
                raise ValueError(f"the scenario {name!r} has no docstring: say what it promises")
            self._scenarios[name] = Scenario(name, doc, function, timeout, quick, expects)
            return function

        return register

    def all_scenarios(self) -> dict[str, Scenario]:
        """Return every scenario by name, in the order of the modules and of their lines."""
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            if module.name not in ("env", "registry"):
                importlib.import_module(f"{self._package}.{module.name}")
        return dict(self._scenarios)


_registry = Registry(__package__)
scenario = _registry.scenario
all_scenarios = _registry.all_scenarios
