"""Every scenario holds on CPython: over a fake network, with and without receive backpressure, and
over the `websockets` library against the real server. The browsers run the same functions.
"""

import asyncio
import gc
import re
import warnings
from collections.abc import Iterator

import pytest

from tests.scenarios.env import Env, Skip
from tests.scenarios.registry import Scenario, all_scenarios
from tests.server import serve_in_thread
from tests.worlds.fake import MISBEHAVING, FakeEnv
from tests.worlds.library import LibraryEnv
from tests.worlds.virtual_time import VirtualTimeLoop
from websocketstream import WebSocketStream
from websocketstream._core.connection import Connection

SCENARIOS = all_scenarios()

KEPT = (WebSocketStream, Connection)

REMAINS_SECONDS = 5.0
"""Time for what remains to go away: a network takes some, and aiohttp's heartbeat 1.5 s."""


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with serve_in_thread() as server:
        yield server.url


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
@pytest.mark.parametrize("receive_backpressure", [True, False], ids=["held back", "not held back"])
def test_on_a_fake_network(
    scenario: Scenario, receive_backpressure: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The scenario passes where there is no network, and time stands still unless all wait."""
    env = FakeEnv(receive_backpressure=receive_backpressure)
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(judge(scenario, env, caplog))


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
async def test_over_the_websockets_library(
    scenario: Scenario, server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The scenario passes against the real server, over the library's client."""
    await judge(scenario, LibraryEnv(server_url), caplog)


async def judge(scenario: Scenario, env: Env, caplog: pytest.LogCaptureFixture) -> None:
    """Run a scenario; it may leave behind no task, no warning, no log line and no connection."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: complaints.append(f"asyncio: {context}")
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            async with asyncio.timeout(scenario.timeout):
                await scenario.run(env)
        except Skip as skip:
            pytest.skip(str(skip))
        finally:
            left = await remains(env)
    complaints += [f"log: {each.getMessage()}" for each in caplog.records]
    complaints += [f"warning: {each.category.__name__}: {each.message}" for each in caught]
    expected = re.compile("|".join(scenario.expects) or "$^")
    assert [each for each in complaints if not expected.search(each)] == []
    assert left == []


async def remains(env: Env) -> list[str]:
    """What a scenario has left behind after its end, when all had some time to go away."""
    if isinstance(env, FakeEnv):
        env.backend.peers.clear()
    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + REMAINS_SECONDS
    turn = 0
    while (
        left := [repr(task) for task in asyncio.all_tasks() if task is not this] or kept()
    ) and loop.time() < deadline:
        await asyncio.sleep(0.01 if turn > 10 else 0)
        turn += 1
    return left


def kept() -> list[str]:
    """The connections and streams that are still in memory."""
    gc.collect()
    return [object.__repr__(each) for each in gc.get_objects() if type(each) in KEPT]


def test_fake_routes() -> None:
    """The fake network has each route of the server that misbehaves, and no other."""
    from tests.server import ROUTES

    assert {route.path for route in ROUTES.values() if route.group != "plain"} == set(MISBEHAVING)
