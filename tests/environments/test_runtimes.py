"""Further versions of Pyodide in Chromium and Firefox, and Pyodide in Node, Deno and Bun.

Each is started once, and runs the scenarios that are marked as quick, with all of the harness's checks.
"""

import json

import pytest

from tests.browser.cells import Cell, PageSpec, further_pages
from tests.browser.expectations import judge
from tests.browser.pages import Page
from tests.browser.plugin import SELECTION
from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

QUICK = [scenario for scenario in all_scenarios().values() if scenario.quick]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    if "scenario" in metafunc.fixturenames:
        cases = [
            pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
            for cell in selection.cells(further_pages())
            for scenario in QUICK
        ]
        metafunc.parametrize(("cell", "scenario"), cases)
    elif "spec" in metafunc.fixturenames:
        pages = selection.pages(further_pages())
        metafunc.parametrize("spec", pages, ids=[page.id for page in pages])


def test_scenario(cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer) -> None:
    """What the scenario promises holds here, too."""
    judge(scenario, cell, page.run_scenario(scenario.name, cell, ws_server.url, limit=scenario.timeout))


SUPPORT = """
import websocketstream
websocketstream.support()._asdict()
"""

# In JavaScript alone. The module exports a function c that calls an imported b, to suspend where b does.
PROBE = """
from pyodide.code import run_js
await run_js('''(async () => {
  const hex = (text) => Uint8Array.from(text.match(/../g), (digits) => parseInt(digits, 16));
  const module = await WebAssembly.compile(hex(
    "0061736d01000000" + "010401600000" + "020701016101620000" +
    "03020100" + "07050101630001" + "0a0601040010000b"));
  const suspends = async () => {
    let done = false;
    const b = new WebAssembly.Suspending(async () => { await null; done = true; });
    const { exports } = await WebAssembly.instantiate(module, { a: { b } });
    await WebAssembly.promising(exports.c)();
    return done;
  };
  return JSON.stringify({
    websocket: typeof WebSocket === "function",
    native: typeof WebSocketStream === "function",
    worker: typeof WorkerGlobalScope === "function" && globalThis instanceof WorkerGlobalScope,
    jspi: "Suspending" in WebAssembly && await suspends(),
    runtime: navigator.userAgent,
  });
})()''')
"""


def test_support(spec: PageSpec, page: Page, request: pytest.FixtureRequest) -> None:
    """support() says what JavaScript finds by itself, and what follows from that."""
    told = page.run_async(SUPPORT)
    found = json.loads(page.run_async(PROBE))
    request.node.user_properties += [("page", spec.id), ("support", told)]
    assert {name: told[name] for name in found} == found
    assert told["websocket"]
    assert told["native"] == ("native" in [cell.backend for cell in spec.cells])
    assert told["auto"] == ("native" if told["native"] else "polyfill")
    assert told["safe"] == "polyfill"
    assert told["receive_backpressure"] == told["native"]
    assert bool(told["native_defects"]) == told["native"]
    assert told["pyodide"] == spec.pyodide


SUSPEND = """
import asyncio
from pyodide.ffi import run_sync
run_sync(asyncio.sleep(0, "suspended"))
"""


def test_jspi(spec: PageSpec, page: Page) -> None:
    """Python suspends where support() says that it can, and nowhere else."""
    if page.run_async(SUPPORT)["jspi"]:
        assert page.run_async(SUSPEND) == "suspended"
    else:
        with pytest.raises(page.runner.JavascriptException, match="stack switching not supported"):
            page.run_async(SUSPEND)
