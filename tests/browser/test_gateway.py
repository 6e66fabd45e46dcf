"""The gateway's scenarios: all of them in one page of each engine, the quick ones in the others."""

import pytest

from tests.libraries._thread import ServerThread
from tests.scenarios.gateway.registry import all_scenarios
from tests.scenarios.registry import Scenario
from tests.server import ThreadedServer

from .cells import Cell, pyodide_versions
from .expectations import judge
from .pages import GATEWAY, Page
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = [
        pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
        for cell in metafunc.config.stash[SELECTION].cells()
        for scenario in all_scenarios().values()
        if scenario.quick or (cell.page.thread, cell.page.pyodide) == ("main", pyodide_versions()[0])
    ]
    metafunc.parametrize(("cell", "scenario"), cases)


def test_gateway(
    cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer, servers: ServerThread
) -> None:
    """What the scenario promises to a library holds in this cell."""
    urls = ws_server.urls[cell.page.scheme]
    outcome = page.run_scenario(
        scenario.name,
        cell,
        urls["server"],
        limit=scenario.timeout,
        registry=GATEWAY,
        proxy=urls["proxy"],
        rest=servers.url("_rest"),
        secure=ws_server.urls["wss"]["server"] + "/echo",
    )
    judge(scenario, cell, outcome)
