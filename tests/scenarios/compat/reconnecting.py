"""``async for websocket in connect()``: connecting again after an end, and after a failure."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from typing import Any

from .env import Env
from .registry import scenario
from .steps import assert_echoes, failure


class Delays:
    """Short delays, and a count of how often they were begun and used."""

    def __init__(self) -> None:
        self.begun = 0
        self.used = 0

    def __call__(self) -> Iterator[float]:
        self.begun += 1
        while True:
            self.used += 1
            yield 0.001


async def rounds(connecter: Any) -> None:
    """Connect again and again."""
    async for _ in connecter:
        pass


@scenario()
async def iteration_connects_again(env: Env) -> None:
    """Each round has a connection of its own; the one before is closed with 1000."""
    ids = [env.new_id() for _ in range(3)]
    connecter = env.connect("/echo")
    seen: list[Any] = []
    async for websocket in connecter:
        if seen:
            assert seen[-1].state is env.State.CLOSED
            assert seen[-1].close_code == 1000
        assert websocket.state is env.State.OPEN
        await assert_echoes(websocket)
        seen.append(websocket)
        if len(seen) == len(ids):
            break
    assert len(set(seen)) == 3
    await websocket.close()


@scenario()
async def closed_connection_is_no_reason_to_stop(env: Env) -> None:
    """``continue`` after ConnectionClosed connects again, without a delay."""
    delays = Delays()
    closed = []
    async for websocket in env.connect("/send?count=1&code=1011", reconnect_delays=delays):
        try:
            async for _ in websocket:
                pass
        except env.exceptions.ConnectionClosedError as error:
            closed.append(error.rcvd.code)
            if len(closed) < 3:
                continue
        break
    assert closed == [1011, 1011, 1011]
    assert delays.used == 0


@scenario()
async def failures_are_tried_again_after_a_delay(env: Env) -> None:
    """``process_exception`` decides: ``None`` tries again, after a delay."""
    delays, failed = Delays(), []

    def process(error: Exception) -> Exception | None:
        failed.append(error)
        return error if len(failed) == 4 else None

    connecter = env.connect("/refuse?status=403", process_exception=process, reconnect_delays=delays)
    error = await failure(env.exceptions.InvalidHandshake, rounds(connecter))
    assert error is failed[3]
    assert all(isinstance(each, env.exceptions.InvalidHandshake) for each in failed)
    assert (delays.begun, delays.used) == (1, 3)


@scenario()
async def another_exception_can_be_raised(env: Env) -> None:
    """What ``process_exception`` returns or raises comes out, with the failure as its cause."""

    def returning(error: Exception) -> Exception:
        return LookupError("another")

    def raising(error: Exception) -> Exception:
        raise LookupError("another")

    for process in (returning, raising):
        connecter = env.connect("/refuse", process_exception=process, reconnect_delays=Delays())
        error = await failure(LookupError, rounds(connecter))
        assert isinstance(error.__cause__, env.exceptions.InvalidHandshake)


@scenario()
async def delays_begin_anew_after_a_success(env: Env) -> None:
    """A connection that was made ends the series of delays."""
    delays = Delays()
    good, bad = env.server + "/echo", env.server + "/refuse?status=503"
    plan = iter([bad, bad, good, bad, good])

    class Connect(env.client.connect):  # type: ignore[name-defined,misc]
        async def connect(self) -> Any:
            return await env.client.connect(next(plan), **env.options)

    made = 0
    async for _ in Connect(
        good, process_exception=lambda _: None, reconnect_delays=delays, **env.options
    ):
        made += 1
        if made == 2:
            break
    assert (delays.begun, delays.used) == (2, 3)
    gc.collect()


@scenario()
async def network_errors_and_timeouts_are_tried_again(env: Env) -> None:
    """By default an OSError and a timeout are worth another try, and are logged."""
    lines: list[str] = []

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger = logging.Logger("compat", logging.INFO)
    logger.addHandler(Log())
    for path, options in (("/never-handshakes", {"open_timeout": 0.02}), ("/refuse?status=503", {})):
        delays = Delays()
        lines.clear()
        connecter = env.connect(path, reconnect_delays=delays, logger=logger, **options)
        task = asyncio.ensure_future(rounds(connecter))
        while delays.used < 3:
            await asyncio.sleep(0.005)
        task.cancel()
        await failure(asyncio.CancelledError, task)
        assert lines[0].startswith("connect failed; reconnecting in 0.0 seconds: ")


@scenario()
async def leaving_the_loop_closes_with_1011(env: Env) -> None:
    """``break`` closes the connection, once the loop's iterator is gone."""
    id = env.new_id()
    async for websocket in env.connect(f"/echo?id={id}"):
        await assert_echoes(websocket)
        break
    gc.collect()
    entry = await env.journal(id)
    assert entry["close_code"] == env.wire(1011)


@scenario()
async def exception_in_the_loop_closes_with_1011(env: Env) -> None:
    """An exception of the body comes out at once, and the connection is closed."""
    id = env.new_id()

    async def work() -> None:
        async for websocket in env.connect(f"/echo?id={id}"):
            await assert_echoes(websocket)
            raise LookupError("the body")

    error = await failure(LookupError, work())
    assert str(error) == "the body"
    error.__traceback__ = None
    del error
    gc.collect()
    assert (await env.journal(id))["close_code"] == env.wire(1011)


@scenario()
async def iterator_can_be_closed(env: Env) -> None:
    """``aclose()`` of the iterator closes the connection and waits for it."""
    iterator = aiter(env.connect("/echo"))
    websocket = await anext(iterator)
    await assert_echoes(websocket)
    await iterator.aclose()
    assert websocket.state is env.State.CLOSED
