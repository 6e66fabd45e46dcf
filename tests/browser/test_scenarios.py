"""Every scenario in every cell: `chromium-native-main-314.0.7::close_flushes`."""

import pytest

from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import is_expected
from .pages import Page
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cells = metafunc.config.stash[SELECTION].cells()
    pairs = [(cell, scenario) for cell in cells for scenario in all_scenarios().values()]
    ids = [f"{cell.id}::{scenario.name}" for cell, scenario in pairs]
    metafunc.parametrize(("cell", "scenario"), pairs, ids=ids)


def test_scenario(cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer) -> None:
    outcome = page.run_scenario(scenario.name, cell, ws_server.url, limit=scenario.timeout)
    if outcome.output:
        print(outcome.output)
    if outcome.outcome == "failed":
        pytest.fail(f"{scenario.doc}\n\n{outcome.text}", pytrace=False)
    if outcome.outcome == "skipped":
        if not is_expected(scenario.name, cell, outcome.reason):
            pytest.fail(f"skipped, but no such skip is expected: {outcome.reason}", pytrace=False)
        pytest.skip(outcome.reason)
