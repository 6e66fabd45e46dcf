"""Fixtures of the stress tests: a page, and a runner for the functions of tests/scenarios/stress."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.cells import Cell, PageSpec, pyodide_versions
from tests.browser.conftest import servers, web_server_main, ws_server
from tests.browser.pages import GATEWAY_STRESS, SETTLE_LIMIT, STRESS, Outcome, Page
from tests.browser.plugin import SELECTION
from tests.libraries._thread import ServerThread
from tests.server import ThreadedServer

from .plugin import report

__all__ = ["servers", "web_server_main", "ws_server"]

CRASHES = "tabs crashed (failed_write_crash)"
"""The name in the tables for the one defect of docs/backends.md that no page can rule out."""

NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKitGTK"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what only the long form has: repeated scenarios, which the matrix runs once, the half
    hour, of which test_connections.py has a shorter one, and what is only measured.
    """
    in_long_form = collection_path.name in ("test_repeats.py", "test_long_life.py", "test_marks.py")
    return True if in_long_form and not config.option.long else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise with the cells of one page of each engine."""
    if "cell" in metafunc.fixturenames:
        cells = [cell for cell in metafunc.config.stash[SELECTION].cells() if is_covered(cell.page)]
        metafunc.parametrize("cell", cells, ids=[cell.id for cell in cells])


def is_covered(page: PageSpec) -> bool:
    return page.thread == "main" and page.pyodide == pyodide_versions()[0]


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """True in the long form."""
    return bool(request.config.option.long)


class Runner:
    """Runs one of tests/scenarios/stress in the page."""

    registry = STRESS

    def __init__(self, item: pytest.Item, cell: Cell, page: Page, server: ThreadedServer) -> None:
        self.page = page
        self.cell = cell
        self.server = server
        self.crashes = 0
        """The number of times that Chromium's own WebSocketStream has crashed the tab."""
        self.more: dict[str, str] = {}
        """Further arguments of the registry's environment."""
        self._starts = -1
        self._item = item

    def attempt(
        self, name: str, *, limit: float = 60, settle: float = SETTLE_LIMIT, **options: Any
    ) -> Outcome:
        """Run a stress test, and return its outcome."""
        if self._starts != len(self.page.starts) or not self.page.is_open:
            # The first connection of a page leaves objects of Pyodide's own behind, once.
            self._run("warm_up", SETTLE_LIMIT, SETTLE_LIMIT, {})
            self._starts = len(self.page.starts)
        return self._run(name, limit, settle, options)

    def _run(self, name: str, limit: float, settle: float, options: dict[str, Any]) -> Outcome:
        return self.page.run_scenario(
            name,
            self.cell,
            self.server.url,
            limit=limit,
            settle=settle,
            registry=self.registry,
            proxy=self.server.proxy_url,
            options=options,
            **self.more,
        )

    def __call__(self, name: str, **options: Any) -> dict[str, Any]:
        """Run a stress test, fail if it fails, and return its figures."""
        return self._figures(self.attempt(name, **options), name, options)

    def unless_crashed(self, name: str, **options: Any) -> dict[str, Any] | None:
        """Run a stress test; if it crashes the tab, count that and return `None`."""
        outcome = self.attempt(name, **options)
        if outcome.crashed:
            self.crashes += 1
            return None
        return self._figures(outcome, name, options)

    def _figures(self, outcome: Outcome, name: str, options: dict[str, Any]) -> dict[str, Any]:
        if outcome.outcome == "skipped":
            pytest.skip(outcome.reason)
        if outcome.outcome != "passed":
            pytest.fail(f"{name} with {options}: {outcome.text}", pytrace=False)
        return outcome.figures

    def report(self, title: str, values: dict[str, Any]) -> None:
        """Enter this cell's column of a table of the run's report."""
        version = self.page.engine_version
        short = version.split(".")[0] if self.cell.page.engine != "webkit" else version
        name = f"{NAMES[self.cell.page.engine]} {short} {self.cell.backend}"
        report(self._item, title, name, values)


@pytest.fixture
def run(
    request: pytest.FixtureRequest, cell: Cell, page: Page, ws_server: ThreadedServer
) -> Callable[..., dict[str, Any]]:
    """A runner for the page of the cell."""
    return Runner(request.node, cell, page, ws_server)


class GatewayRunner(Runner):
    """Runs one of tests/scenarios/gateway/stress in the page, which has the libraries."""

    registry = GATEWAY_STRESS


@pytest.fixture
def run_gateway(
    request: pytest.FixtureRequest,
    cell: Cell,
    page: Page,
    ws_server: ThreadedServer,
    servers: ServerThread,
) -> GatewayRunner:
    """A runner for the page of the cell, with third-party libraries."""
    runner = GatewayRunner(request.node, cell, page, ws_server)
    runner.more = {"rest": servers.url("_rest"), "secure": ws_server.urls["wss"]["server"] + "/echo"}
    return runner
