"""Every scenario in every cell: `chromium-native-main-314.0.7::close_flushes`."""

import pytest

from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import judge
from .pages import Page
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cells = metafunc.config.stash[SELECTION].cells()
    cases = [
        pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
        for cell in cells
        for scenario in all_scenarios().values()
    ]
    metafunc.parametrize(("cell", "scenario"), cases)


def test_scenario(cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer) -> None:
    outcome = page.run_scenario(scenario.name, cell, ws_server.url, limit=scenario.timeout)
    judge(scenario, cell, outcome)
