"""The registry: a scenario is an async function with ``@scenario`` on it and a docstring."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .env import Env

Function = Callable[[Env], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One behaviour and how to see it.

    ``timeout`` is in seconds, absolute. ``quick`` is there for runners that choose by it.
    ``expects`` are warnings or console lines (substrings) that belong to it; any other fails it.
    """

    name: str
    doc: str
    run: Function
    timeout: float
    quick: bool
    expects: tuple[str, ...]


_scenarios: dict[str, Scenario] = {}


def scenario(
    *, timeout: float = 20, quick: bool = False, expects: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Register an async function as a scenario, under its own name."""

    def register(function: Function) -> Function:
        name = function.__name__
        if name in _scenarios:
            raise ValueError(f"there are two scenarios of the name {name!r}")
        doc = " ".join((function.__doc__ or "").split())
        if not doc:
            raise ValueError(f"the scenario {name!r} has no docstring: say what it shows")
        _scenarios[name] = Scenario(name, doc, function, timeout, quick, expects)
        return function

    return register


def all_scenarios() -> dict[str, Scenario]:
    """Return every scenario by name, in the order of the modules and of their lines."""
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in ("env", "registry"):
            importlib.import_module(f"{__package__}.{module.name}")
    return dict(_scenarios)
