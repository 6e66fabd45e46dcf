"""The quick scenarios over WebSockets on HTTP/2, on one page of each engine that has them."""

import json

import pytest

from tests.scenarios.registry import all_scenarios
from tests.server import ThreadedServer

from .cells import Cell
from .expectations import is_expected
from .pages import Outcome, Page
from .plugin import SELECTION

SCENARIOS = [scenario for scenario in all_scenarios().values() if scenario.quick]

CONNECT = """
from js import Object, fetch
from pyodide.ffi import to_js
from websocketstream import HandshakeError, WebSocketStream

# The browser opens WebSockets on a connection that it has. It shares one among requests that are alike
# in whether they carry cookies, as a handshake does.
options = to_js({"mode": "no-cors", "credentials": "include"}, dict_converter=Object.fromEntries)
await fetch("https" + URL.removeprefix("wss"), options)
try:
    async with WebSocketStream(URL + "/headers", backend=BACKEND) as ws:
        headers = await ws.recv()
except HandshakeError:
    headers = None
headers
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cells = metafunc.config.stash[SELECTION].cells()
    places = [cell for cell in cells if cell.page.thread == "main+csp"]
    metafunc.parametrize("cell", places, ids=[cell.id for cell in places])


def test_quick_scenarios_on_http2(cell: Cell, page: Page, ws_server: ThreadedServer) -> None:
    """What a quick scenario promises holds on HTTP/2, too, if the browser opens WebSockets there."""
    url = ws_server.urls["http2"]["server"]
    headers = connect(page, cell, url)
    if headers is None:
        reason = "this browser opens no WebSocket on HTTP/2"
        assert is_expected("http2", cell, reason), reason
        pytest.skip(reason)
    assert json.loads(headers)["headers"]["via"] == "2.0 tests", "the server was asked on HTTP/1.1"
    failed: dict[str, Outcome] = {}
    for scenario in SCENARIOS:
        outcome = page.run_scenario(scenario.name, cell, url, limit=scenario.timeout)
        if outcome.outcome == "failed":
            failed[scenario.name] = outcome
        if not page.is_open:  # after a scenario that has not ended
            connect(page, cell, url)
    assert not failed, "\n\n".join(f"{name}: {outcome.text}" for name, outcome in failed.items())


def connect(page: Page, cell: Cell, url: str) -> str | None:
    """Connect on HTTP/2; return what the server has seen, or None if the browser does not do that."""
    return page.run_async(f"URL, BACKEND = {url!r}, {cell.backend!r}\n{CONNECT}")
