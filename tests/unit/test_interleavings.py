"""Random steps on the fake network, with and without receive backpressure, against the model."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenarios.stress.model import Step, generate
from tests.scenarios.stress.play import Player
from tests.worlds.fake import FakeEnv
from tests.worlds.virtual_time import VirtualTimeLoop


@st.composite
def sequences(draw: st.DrawFn) -> list[Step]:
    """What `generate` makes up when hypothesis chooses."""
    return generate(lambda options: draw(st.sampled_from(options)), native=False)


@pytest.mark.parametrize("receive_backpressure", [True, False], ids=["held back", "not held back"])
@settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=sequences())
def test_any_steps_do_what_the_standard_says(receive_backpressure: bool, steps: list[Step]) -> None:
    """Whatever is called in whatever order, what comes of it is what the model allows."""
    complaints: list[Any] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: complaints.append(context))
        await Player(FakeEnv(receive_backpressure=receive_backpressure), steps).play()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(play())
    assert complaints == []
