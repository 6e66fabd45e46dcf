"""Every scenario in every cell: `chromium-native-main-314.0.7::close_flushes`.

Those of the `websockets` face are named `…::websockets/code_and_reason_reach_the_server`.
"""

import pytest

from tests.scenarios.compat.registry import all_scenarios as all_compat_scenarios
from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import judge
from .pages import COMPAT, SCENARIOS, Page, Registry
from .plugin import SELECTION

SUITES = {"": (SCENARIOS, all_scenarios()), "websockets/": (COMPAT, all_compat_scenarios())}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cells = metafunc.config.stash[SELECTION].cells()
    names = ("cell", "registry", "scenario")
    cases = [
        pytest.param(cell, registry, scenario, id=f"{cell.id}::{prefix}{scenario.name}")
        for cell in cells
        for prefix, (registry, scenarios) in SUITES.items()
        for scenario in scenarios.values()
    ]
    metafunc.parametrize(names, cases)


def test_scenario(
    cell: Cell, registry: Registry, scenario: Scenario, page: Page, ws_server: ThreadedServer
) -> None:
    outcome = page.run_scenario(
        scenario.name, cell, ws_server.url, limit=scenario.timeout, registry=registry
    )
    judge(scenario, cell, outcome)
