"""The gateway's scenarios hold for the libraries on CPython, over its own sockets.

So what they demand of the gateway is what the libraries do where they are at home.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.libraries._thread import ServerThread
from tests.scenarios.gateway.env import LibrariesEnv
from tests.scenarios.gateway.registry import all_scenarios
from tests.scenarios.gateway.stress.model import generate
from tests.scenarios.gateway.stress.play import Player
from tests.scenarios.registry import Scenario
from tests.server import ThreadedServer, serve_in_thread
from tests.worlds.library import LibraryEnv

from .test_scenarios import judge

SCENARIOS = all_scenarios()


class CPythonEnv(LibrariesEnv, LibraryEnv):
    """The libraries without a gateway."""

    in_page = False
    options: Mapping[str, Any] = {"proxy": None}

    def __init__(self, server: ThreadedServer, servers: ServerThread) -> None:
        super().__init__(server.url)
        self.proxy, self.rest = server.proxy_url, servers.url("_rest")
        self.secure = server.urls["wss"]["server"] + "/echo"


@pytest.fixture(scope="module")
def env() -> Iterator[CPythonEnv]:
    with serve_in_thread() as server, ServerThread() as servers:
        yield CPythonEnv(server, servers)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
async def test_on_cpython(scenario: Scenario, env: CPythonEnv, caplog: pytest.LogCaptureFixture) -> None:
    """The scenario passes with the libraries on CPython, or says why it is about pages only."""
    await judge(scenario, env, caplog)


@pytest.mark.parametrize("first", range(0, 200, 50))
async def test_any_steps_on_cpython(env: CPythonEnv, first: int) -> None:
    """What the model allows for random steps in a page is what `websockets` does on CPython."""
    for seed in range(first, first + 50):
        steps = generate(random.Random(seed).choice, native=False)
        player = Player(env, steps)
        try:
            await player.play()
        except Exception as error:
            error.add_note(f"seed {seed}: {steps}\n{player.model}")
            raise
