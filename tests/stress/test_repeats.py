"""Scenarios that depend on timing, repeated in every cell of the matrix."""

import pytest

from tests.browser.cells import Cell
from tests.browser.pages import Page
from tests.browser.plugin import SELECTION
from tests.scenarios.registry import all_scenarios
from tests.server import ThreadedServer

from .conftest import NAMES
from .plugin import report

TIMES = 20

AGAIN = {
    "500 × 1000 B and a Close, read at once": "burst_and_close_read_at_once",
    "500 × 1000 B and a Close, read late": "burst_and_close_read_late",
    "500 × 1000 B and a Close, read slowly": "burst_and_close_read_slowly",
    "4 × 8 MB written, then close(4001)": "large_writes_then_close_are_sent",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise with every cell of the matrix, not only those of the other stress tests."""
    cells = metafunc.config.stash[SELECTION].cells()
    metafunc.parametrize("every_cell", cells, ids=[cell.id for cell in cells])


@pytest.mark.parametrize("what", AGAIN)
def test_again_and_again(
    request: pytest.FixtureRequest, every_cell: Cell, what: str, page: Page, ws_server: ThreadedServer
) -> None:
    """A scenario passes each of many times in one page, which does not crash and keeps nothing."""
    scenario = all_scenarios()[AGAIN[what]]
    for number in range(TIMES):
        outcome = page.run_scenario(scenario.name, every_cell, ws_server.url, limit=scenario.timeout)
        if outcome.outcome != "passed":
            pytest.fail(f"time {number + 1} of {TIMES}: {outcome.text or outcome.reason}", pytrace=False)
    name = f"{NAMES[every_cell.page.engine]} {every_cell.backend}"
    row = f"{what}: {every_cell.page.thread}, Pyodide {every_cell.page.pyodide}"
    report(request.node, f"Passed, of {TIMES} times", name, {row: TIMES})
