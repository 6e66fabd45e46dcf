"""Fixtures of the tests of the transport."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.gateway.bench import Recorder
from tests.unit.gateway.transports import Gateway, World, opened


@pytest.fixture(params=["gateway", "socket"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def world(kind: str) -> AsyncIterator[World]:
    async with opened(kind, Recorder()) as world:
        yield world


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with opened("gateway", Recorder()) as world:
        assert isinstance(world, Gateway)
        yield world
