"""The synchronous client: waiting without ``await``, while other tasks go on."""

from __future__ import annotations

import asyncio
from typing import Any

from .env import Env
from .registry import scenario
from .steps import refusal


@scenario()
async def synchronous_block_sends_and_receives(env: Env) -> None:
    """``with connect()`` sends, receives and closes with 1000, without ``await``."""
    env.require_suspension()
    id = env.new_id()
    with env.sync_connect(f"/echo?id={id}", subprotocols=["v1"]) as websocket:
        assert websocket.state == env.State.OPEN
        assert websocket.subprotocol == "v1"
        for message in ("text", b"\x00\xff", ["par", "ts"]):
            websocket.send(message)
            assert websocket.recv() == ("parts" if isinstance(message, list) else message)
    assert websocket.state == env.State.CLOSED
    assert (await env.journal(id))["close_code"] == 1000


@scenario()
async def synchronous_iteration_ends_with_the_connection(env: Env) -> None:
    """Iteration gives all messages, ends with 1000, and raises for another code."""
    env.require_suspension()
    with env.sync_connect("/send?count=500&size=100") as websocket:
        assert sum(1 for _ in websocket) == 500
    received = []
    with env.sync_connect("/send?count=3&size=1&code=4000&reason=enough") as websocket:
        error = refusal(env.exceptions.ConnectionClosedError, lambda: received.extend(websocket))
    assert len(received) == 3
    assert (error.rcvd.code, error.rcvd.reason) == (4000, "enough")


@scenario()
async def synchronous_recv_times_out_and_loses_nothing(env: Env) -> None:
    """``recv(timeout=…)`` raises TimeoutError, and the message goes to the next call."""
    env.require_suspension()
    with env.sync_connect("/echo") as websocket:
        for timeout in (0.02, 0, -1):
            refusal(TimeoutError, websocket.recv, timeout=timeout)
        websocket.send("still there")
        assert websocket.recv(timeout=5) == "still there"


@scenario()
async def other_tasks_go_on_while_one_waits(env: Env) -> None:
    """A task that waits synchronously stops no other one, be it one that waits in the same way."""
    env.require_suspension()
    env.require(env.ours, "a client with threads stops the event loop while it waits")
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    async def talk(name: str) -> list[Any]:
        with env.sync_connect("/echo") as websocket:
            answers = []
            for number in range(10):
                websocket.send(f"{name}{number}")
                answers.append(websocket.recv(timeout=5))
                await asyncio.sleep(0)
            return answers

    ticking = asyncio.ensure_future(tick())
    with env.sync_connect("/send?count=1&delay_ms=100&size=1") as websocket:
        before = turns
        assert websocket.recv() == "0:"
        assert turns > before
    assert asyncio.current_task() is not None
    answers = await asyncio.gather(*(talk(name) for name in "abc"))
    assert answers == [[f"{name}{number}" for number in range(10)] for name in "abc"]
    ticking.cancel()


@scenario()
async def one_that_waits_can_be_ended_by_another(env: Env) -> None:
    """``close()`` from another task ends a synchronous ``recv()``, which raises ConnectionClosedOK."""
    env.require_suspension()
    env.require(env.ours, "a client with threads stops the event loop while it waits")
    websocket = env.sync_connect("/echo")

    async def close() -> None:
        await asyncio.sleep(0.01)
        websocket.close()

    closing = asyncio.ensure_future(close())
    refusal(env.exceptions.ConnectionClosedOK, websocket.recv)
    await closing


@scenario()
async def synchronous_reconnecting(env: Env) -> None:
    """``for websocket in connect(legacy=False)`` connects again and again."""
    env.require_suspension()
    closed = []
    for websocket in env.sync_connect("/close?code=1011", legacy=False):
        error = refusal(env.exceptions.ConnectionClosedError, websocket.recv)
        closed.append(error.rcvd.code)
        if len(closed) == 3:
            break
    assert closed == [1011, 1011, 1011]


@scenario()
async def calls_that_javascript_waits_for_can_not_wait(env: Env) -> None:
    """In a callback that JavaScript calls, and where there is no JSPI, the error says so."""
    env.require(env.ours and env.in_browser, "there is no JavaScript")
    from js import Array

    from websocketstream import NotSupportedError, support

    def callback(*_args: Any) -> str:
        assert not support().jspi
        error = refusal(NotSupportedError, env.sync_connect, "/echo")
        return str(error)

    (text,) = Array.of(0).map(callback)
    assert ("JavaScript has called it" if support().jspi else "it has no JSPI") in text
    assert "websocketstream.asyncio.client" in text
