"""Every behaviour holds for the `websockets` client itself, against the real server, and for ours:
over a fake network and, through the library, against that server. The browsers run the same functions.
"""

import asyncio
import gc
import re
import warnings
from collections.abc import Callable, Iterator

import pytest

from tests.scenarios.compat.env import Env
from tests.scenarios.compat.registry import all_scenarios
from tests.scenarios.env import Skip
from tests.scenarios.registry import Scenario
from tests.server import serve_in_thread
from tests.worlds.fake import FakeEnv
from tests.worlds.library import LibraryEnv
from websocketstream._connection import Connection
from websocketstream.asyncio.connection import Connection as ClientConnection

SCENARIOS = all_scenarios()


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with serve_in_thread() as server:
        yield server.url


def theirs(server_url: str) -> Env:
    return Env("websockets", server_url)


def ours_on_fake(server_url: str) -> Env:
    return Env("websocketstream", FakeEnv.server, backend=FakeEnv().backend)


def ours_without_backpressure(server_url: str) -> Env:
    backend = FakeEnv(receive_backpressure=False).backend
    return Env("websocketstream", FakeEnv.server, backend=backend)


def ours_on_library(server_url: str) -> Env:
    return Env("websocketstream", server_url, backend=LibraryEnv(server_url).backend)


WORLDS = [theirs, ours_on_fake, ours_without_backpressure, ours_on_library]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
@pytest.mark.parametrize("world", WORLDS)
async def test_scenario(world: Callable[[str], Env], scenario: Scenario, server_url: str) -> None:
    """The behaviour is seen, and leaves behind no task, no warning, no log line and no connection."""
    env = world(server_url)
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
            left = await remains()
    complaints += [f"warning: {each.category.__name__}: {each.message}" for each in caught]
    expected = re.compile("|".join(scenario.expects) or "$^")
    assert [each for each in complaints if not expected.search(each)] == []
    if env.ours:
        assert left == []


async def remains() -> list[str]:
    """What a scenario has left behind, a few turns of the event loop after its end."""
    this = asyncio.current_task()
    for turn in range(100):
        left = [repr(task) for task in asyncio.all_tasks() if task is not this] or kept()
        if not left:
            break
        await asyncio.sleep(0.01 if turn > 10 else 0)  # a real network takes its time to go away
    return left


def kept() -> list[str]:
    """The connections that are still in memory and not closed."""
    gc.collect()
    return [
        object.__repr__(each)
        for each in gc.get_objects()
        if issubclass(type(each), Connection | ClientConnection) and each.state.name != "CLOSED"
    ]
