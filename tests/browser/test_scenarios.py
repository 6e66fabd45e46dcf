"""The scenarios in the cells of the matrix: `chromium-native-main-314.0.7::close_flushes`.

The quick ones run in every cell, all of them in two cells of each engine and back end, and with the
option `--whole`, which `./build.sh matrix` gives, in every cell.
"""

import pytest

from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import judge
from .pages import Page
from .plugin import SELECTION, WHOLE

ABOUT_THE_POLICY = ("connection_that_the_policy_forbids_is_an_error",)
"""What can be seen only on the pages that have a strict policy."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cells = metafunc.config.stash[SELECTION].cells()
    cases = [
        pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
        for cell in cells
        for scenario in all_scenarios().values()
        if metafunc.config.stash[WHOLE] or _runs(scenario, cell)
    ]
    metafunc.parametrize(("cell", "scenario"), cases)


def _runs(scenario: Scenario, cell: Cell) -> bool:
    """Whether this cell is among those that every run has for the scenario."""
    if scenario.name in ABOUT_THE_POLICY:
        return cell.page.thread == "main+csp"
    return scenario.quick or cell.page.has_every_scenario


def test_scenario(cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer) -> None:
    server = ws_server.urls[cell.page.scheme]["server"]
    outcome = page.run_scenario(scenario.name, cell, server, limit=scenario.timeout)
    judge(scenario, cell, outcome)
