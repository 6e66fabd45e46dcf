"""The gateway's scenarios hold on CPython, with a gateway between real libraries and a real network."""

import asyncio
import gc
import sys
from collections.abc import Iterator

import pytest

from tests.libraries._thread import ServerThread
from tests.scenarios.gateway.registry import all_scenarios
from tests.scenarios.registry import Scenario
from tests.server import ThreadedServer, serve_in_thread
from tests.unit.test_scenarios import judge
from tests.worlds.gateway import GatewayLoop, GatewayOnNetworkEnv, browser
from websocketstream import gateway
from websocketstream.gateway.transport import GatewayTransport

SCENARIOS = all_scenarios()


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedServer]:
    with serve_in_thread() as server:
        yield server


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerThread]:
    with ServerThread() as servers:
        yield servers


@pytest.fixture
def in_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `install()` find a browser."""
    monkeypatch.setitem(sys.modules, "websocketstream._ffi", browser())
    monkeypatch.setattr(gateway, "in_browser", lambda: True)


@pytest.mark.usefixtures("in_page")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_over_the_gateway(
    scenario: Scenario, server: ThreadedServer, servers: ServerThread, caplog: pytest.LogCaptureFixture
) -> None:
    """What a scenario promises to a library holds over the gateway, and nothing is left behind."""
    env = GatewayOnNetworkEnv(
        server=server.url,
        proxy=server.proxy_url,
        rest=servers.url("_rest"),
        secure=server.urls["wss"]["server"] + "/echo",
    )
    with asyncio.Runner(loop_factory=GatewayLoop) as runner:
        runner.run(judge(scenario, env, caplog))
        timers = runner.get_loop()._scheduled  # type: ignore[attr-defined]
        assert [timer for timer in timers if not timer.cancelled()] == []
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is GatewayTransport]
