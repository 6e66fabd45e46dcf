"""Callers that do everything wrong get a clear exception, here on the fake network."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.scenarios.stress.bad_calls import wrong_arguments_are_refused, wrong_order_is_refused
from tests.worlds.fake import FakeEnv
from tests.worlds.virtual_time import VirtualTimeLoop


@pytest.mark.parametrize("check", [wrong_arguments_are_refused, wrong_order_is_refused])
def test_wrong_calls_are_refused(check: Callable[[FakeEnv], Awaitable[int]]) -> None:
    """Every public function, found by introspection, raises clearly or works."""

    async def run() -> int:
        return await check(FakeEnv())

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(run()) > 500
