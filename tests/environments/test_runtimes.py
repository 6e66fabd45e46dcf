"""Further versions of Pyodide in Chromium and Firefox, and Pyodide in Node, Deno and Bun.

Each is started once, and runs the scenarios that are marked as quick, with all of the harness's checks.
Node, Deno and Bun run those of the gateway as well, with libraries after `install()`.
"""

import json

import pytest
from packaging.version import Version

from tests.browser.cells import Cell, PageSpec, further_pages, further_versions, pyodide_versions
from tests.browser.expectations import judge
from tests.browser.pages import GATEWAY, Page
from tests.browser.plugin import SELECTION
from tests.libraries._thread import ServerThread
from tests.scenarios.gateway.registry import all_scenarios as all_gateway_scenarios
from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import ThreadedServer

QUICK = [scenario for scenario in all_scenarios().values() if scenario.quick]
WITH_LIBRARIES = ("node-24", "bun", "deno")
"""Where the gateway's scenarios run: once in each kind of runtime."""

ABOUT_PAGES = (
    "headers_that_a_page_can_not_send_are_refused",
    "headers_are_moved_by_a_hook",
    "policy_of_the_page_is_named_in_the_error",
    "refused_handshake_has_its_status",
    "what_the_server_does_not_share_is_an_error_that_says_so",
)
"""What only browsers forbid: to send headers, to connect, and to read what CORS does not share."""

ABOUT_LOSSES = ("lost_connections_are_errors_of_websockets", "lost_connections_are_ends_for_aiohttp")
"""Node loses what has arrived before TCP ends, in plain JavaScript too; see docs/runtimes.md."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    if metafunc.function is test_gateway:
        cases = [
            pytest.param(cell, scenario, id=f"{cell.id}::{scenario.name}")
            for cell in selection.cells(further_pages())
            if cell.page.engine in WITH_LIBRARIES
            for scenario in all_gateway_scenarios().values()
            if scenario.quick and scenario.name not in ABOUT_PAGES
            if not (cell.page.engine.startswith("node") and scenario.name in ABOUT_LOSSES)
        ]
        metafunc.parametrize(("cell", "scenario"), cases)
    elif "scenario" in metafunc.fixturenames:
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


def test_gateway(
    cell: Cell, scenario: Scenario, page: Page, ws_server: ThreadedServer, servers: ServerThread
) -> None:
    """What the scenario promises to a library holds outside of browsers, too."""
    outcome = page.run_scenario(
        scenario.name,
        cell,
        ws_server.url,
        limit=scenario.timeout,
        registry=GATEWAY,
        proxy=ws_server.proxy_url,
        rest=servers.url("_rest"),
        secure=ws_server.urls["wss"]["server"] + "/echo",
    )
    judge(scenario, cell, outcome)


def test_versions_are_in_order() -> None:
    """The newest Pyodide comes first, by the numbers and not by their first one."""
    for versions in (pyodide_versions(), further_versions()):
        assert list(versions) == sorted(versions, key=Version, reverse=True)
    assert {version.partition(".")[0] for version in further_versions()} > {"0"}


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
    has_its_own = spec.engine in ("chromium", "deno-unstable-net")
    assert told["native"] == has_its_own
    assert told["auto"] == ("native" if told["native"] else "polyfill")
    assert told["safe"] == "polyfill"
    assert told["receive_backpressure"] == told["native"]
    assert bool(told["native_defects"]) == told["native"]
    assert Version(told["pyodide"]) == Version(spec.pyodide)


NATIVE_ECHO = """
from websocketstream import NotSupportedError, WebSocketError, WebSocketStream

received = []
try:
    async with WebSocketStream({url!r}, backend="native") as opened:
        reader, writer = opened.readable.get_reader(), opened.writable.get_writer()
        for message in ("text", b"binary"):
            await writer.write(message)
            received.append((await reader.read()).value)
except NotSupportedError:
    received = None
except WebSocketError:
    pass  # Deno tells of some clean ends as of lost connections, in plain JavaScript too.
repr(received)
"""


def test_native_is_there_or_refused(spec: PageSpec, page: Page, ws_server: ThreadedServer) -> None:
    """Messages go through the runtime's own WebSocketStream exactly where support() tells of one."""
    native = page.run_async(SUPPORT)["native"]
    echoed = page.run_async(NATIVE_ECHO.format(url=f"{ws_server.url}/echo"))
    assert echoed == repr(["text", b"binary"] if native else None)


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
