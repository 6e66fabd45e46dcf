"""The scenarios in the cells of the matrix: `chromium-native-main-314.0.7::close_flushes`.

All of them run in two cells of each engine and back end, and the quick ones under a strict policy. With
the option `--whole`, which `./build.sh matrix` gives, all of them run in every cell.
"""

import pytest

from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import judge
from .pages import Page
from .plugin import SELECTION

ABOUT_THE_POLICY = (
    "connection_that_the_policy_forbids_is_an_error",
    "policy_that_forbids_the_connection_is_named",
)
"""What can be seen only on the pages that have a strict policy."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    cases = [
        pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
        for cell in selection.cells()
        for scenario in all_scenarios().values()
        if selection.whole or _runs(scenario, cell)
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
