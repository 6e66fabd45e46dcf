"""Python in shared workers, service workers and iframes: the quick scenarios, with the newest Pyodide.

Each context is started in one engine. With the option `--whole`, which `./build.sh matrix` gives, every
engine starts every context.
"""

import pytest

from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

from .cells import Cell, PageSpec, context_pages
from .expectations import judge
from .pages import Page
from .plugin import SELECTION

QUICK = [scenario for scenario in all_scenarios().values() if scenario.quick]

ENGINES = {
    "shared-worker": "webkit",
    "service-worker": "chromium",
    "sandboxed-frame": "firefox",
    "cross-origin-frame": "chromium",
}
"""The engine that starts the context in every run."""

GLOBALS = {
    "shared-worker": "SharedWorkerGlobalScope at 127.0.0.1",
    "service-worker": "ServiceWorkerGlobalScope at 127.0.0.1",
    "sandboxed-frame": "Window at null",
    "cross-origin-frame": "Window at localhost",
}
"""The class of the global object, and the host of its origin. The page around it is at 127.0.0.1."""

PROBE = """
import js
kind = str(js.Object.prototype.toString.call(js.globalThis))[len("[object "):-1]
host = "null" if js.origin == "null" else js.URL.new(js.origin).hostname
f"{kind} at {host}"
"""

SUPPORT = """
from websocketstream import support
support()._asdict()
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    among = [page for page in context_pages() if selection.whole or page.engine == ENGINES[page.thread]]
    if "scenario" in metafunc.fixturenames:
        cases = [
            pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
            for cell in selection.cells(among)
            for scenario in QUICK
        ]
        metafunc.parametrize(("cell", "scenario"), cases)
    else:
        pages = selection.pages(among)
        metafunc.parametrize("spec", pages, ids=[page.id for page in pages])


def test_scenario(cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer) -> None:
    """What the scenario promises holds here, too."""
    judge(scenario, cell, page.run_scenario(scenario.name, cell, ws_server.url, limit=scenario.timeout))


def test_context(spec: PageSpec, page: Page) -> None:
    """Python runs where the name of the cell says, and support() tells workers from frames."""
    assert page.run_async(PROBE) == GLOBALS[spec.thread]
    told = page.run_async(SUPPORT)
    assert told["worker"] == spec.thread.endswith("worker")
    assert told["native"] == (spec.engine == "chromium")
    assert told["jspi"] == (spec.engine != "webkit")
