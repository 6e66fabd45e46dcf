"""The registry of this folder's scenarios."""

from __future__ import annotations

from ..registry import Registry

_registry = Registry(__package__)
scenario = _registry.scenario
all_scenarios = _registry.all_scenarios
