"""``reconnect()`` against servers that drop, refuse or close."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any

from websocketstream import (
    AbortError,
    HandshakeError,
    WebSocketError,
    WebSocketStream,
    reconnect,
    support,
)

from .env import NOBODY, Env
from .payload import check
from .registry import scenario
from .steps import Message, cancel_inside, failure

SOON = 5.0
"""Seconds from the first failure to the first WebSocket that is tried though nothing has answered."""


def _soon() -> Iterator[float]:
    return itertools.repeat(0.01)


def _connections(env: Env, path: str, **options: Any) -> Any:
    options = {"backend": env.backend, "backoff": _soon, **options}
    return reconnect(env.url(path), **options)


@scenario(quick=True)
async def dropped_connections_are_made_again(env: Env) -> None:
    """After a server has dropped the connection the loop goes on with the next one."""
    errors: list[int | None] = []
    streams: list[WebSocketStream] = []
    async for ws in _connections(env, "/reset-on-message"):
        assert all(other.closed.settled for other in streams)
        streams.append(ws)
        try:
            await ws.send("boom")
            await ws.recv()
        except WebSocketError as error:
            errors.append(error.close_code)
        if len(errors) == 3:
            break
    assert errors == [1006] * 3
    assert len(set(streams)) == 3


@scenario()
async def closed_connections_are_made_again(env: Env) -> None:
    """After a server has closed cleanly, too, the loop goes on; each connection has its messages."""
    count = 0
    async for ws in _connections(env, "/send?count=10&code=1001"):
        messages: list[Message] = [message async for message in ws]
        check(messages, 10, 10, "text")
        assert await ws.closed == (1001, "")
        count += 1
        if count == 3:
            break


@scenario(quick=True)
async def leaving_the_loop_closes_the_connection(env: Env) -> None:
    """``break`` closes the connection in good order, as the server sees it."""
    id = env.new_id()
    async for ws in _connections(env, f"/echo?id={id}"):
        await ws.send("hello")
        assert await ws.recv() == "hello"
        break
    entry = await env.journal(id)
    assert (entry["ended"], entry["close_code"], entry["messages_received"]) == ("close", 1005, 1)
    assert await ws.closed == (1005, "")


@scenario()
async def body_that_ends_closes_before_it_connects_again(env: Env) -> None:
    """At the end of the body its connection is closed, and then the next one is made: never two."""
    streams: list[WebSocketStream] = []
    async for ws in _connections(env, "/echo"):
        for other in streams:
            assert await other.closed == (1005, "")
        streams.append(ws)
        await ws.send("hello")
        assert await ws.recv() == "hello"
        if len(streams) == 3:
            break


@scenario()
async def cancelled_loop_closes_the_connection(env: Env) -> None:
    """Cancelling the task closes the connection, as the server sees it."""
    id = env.new_id()

    async def use(inside: asyncio.Event) -> None:
        async for ws in _connections(env, f"/echo?id={id}"):
            inside.set()
            await ws.recv()

    await cancel_inside(env, id, use)


@scenario()
async def cancelled_attempt_is_given_up(env: Env) -> None:
    """Cancelling the task while it connects, or waits between two attempts, ends it."""

    async def use(path: str) -> None:
        async for _ in _connections(env, path, backoff=lambda: [0.01, 60]):
            raise AssertionError("there is no connection to be used")

    for path in ("/never-handshakes", "/refuse"):
        await failure(TimeoutError, asyncio.wait_for(use(path), 0.2))


@scenario()
async def server_that_restarts_is_connected_to_again(env: Env) -> None:
    """A server that is down for a moment is connected to soon after it is back."""
    lost_at = None
    async for ws in _connections(env, "/restart?delay_ms=500", backoff=lambda: itertools.repeat(0.1)):
        if lost_at is not None:
            break
        await ws.send("restart")
        await failure(WebSocketError, ws.recv())
        lost_at = time.monotonic()
    assert lost_at is not None
    assert time.monotonic() - lost_at < SOON
    await ws.closed


@scenario()
async def network_that_is_back_ends_the_delay(env: Env) -> None:
    """When the browser says that it is online again, the next attempt is made at once."""
    env.require(env.kind == "browser", "only a browser says so")
    import js

    env.require(hasattr(js, "dispatchEvent"), "this runtime has no events of its own")
    failed: list[WebSocketError] = []

    def retry(error: WebSocketError) -> bool:
        failed.append(error)
        if len(failed) == 1:
            asyncio.get_running_loop().call_later(0.1, lambda: js.dispatchEvent(js.Event.new("online")))
        return len(failed) < 2

    connections = reconnect(env.url("/", NOBODY), backend=env.backend, backoff=lambda: [60], retry=retry)
    async with asyncio.timeout(SOON):
        await failure(HandshakeError, anext(connections))


@scenario()
async def server_that_is_not_there_is_tried_until_the_back_off_ends(env: Env) -> None:
    """Where nobody listens each attempt fails; when there are no delays left the error is raised.

    The delays are the program's own. Nine WebSockets that fail would take Firefox 15 seconds or more.
    """
    asked: list[WebSocketError] = []
    begun = time.monotonic()

    def retry(error: WebSocketError) -> bool:
        asked.append(error)
        return True

    connections = reconnect(
        env.url("/?token=s3cret", NOBODY),
        backend=env.backend,
        backoff=lambda: [0.01] * 8,
        retry=retry,
    )
    error = await failure(HandshakeError, anext(connections))
    assert isinstance(error, ConnectionRefusedError)
    assert "s3cret" not in str(error)
    assert len(asked) == 9
    assert asked[-1] is error
    assert time.monotonic() - begun < SOON


@scenario()
async def predicate_decides_whether_to_connect_again(env: Env) -> None:
    """``retry`` gets the error of a connection that was lost; after ``False`` it is raised."""
    asked: list[int | None] = []

    def retry(error: WebSocketError) -> bool:
        asked.append(error.close_code)
        return len(asked) < 2

    async def use() -> None:
        async for ws in _connections(env, "/reset-on-message", retry=retry):
            await ws.send("boom")
            await failure(WebSocketError, ws.recv())

    assert (await failure(WebSocketError, use())).close_code == 1006
    assert asked == [1006, 1006]


@scenario()
async def signal_ends_the_loop(env: Env) -> None:
    """A signal that fires gives up connecting, and makes no further connection."""
    controller = env.abort_controller()

    async def use() -> None:
        async for ws in _connections(env, "/echo", signal=controller.signal):
            controller.abort("enough")
            await ws.send("still open")
            assert await ws.recv() == "still open"

    assert (await failure(AbortError, use())).reason == "enough"


@scenario()
async def back_end_is_a_safe_one_by_default(env: Env) -> None:
    """Without ``backend`` the connections are made by one that no defect is known of."""
    env.require(env.kind == "browser", "only browsers have a choice")
    async for ws in reconnect(env.server + "/echo"):
        assert f"backend={support().safe}>" in repr(ws)
        break
    await ws.closed
