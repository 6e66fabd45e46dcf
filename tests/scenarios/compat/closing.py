"""Closing from this side: codes and reasons, waiting for the end, and pings."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator

from .env import Env
from .registry import scenario
from .steps import assert_echoes, failure, outcome


@scenario()
async def code_and_reason_reach_the_server(env: Env) -> None:
    """``close(code, reason)`` sends both, and the exception tells both Close frames."""
    id = env.new_id()
    websocket = await env.connect(f"/echo?id={id}")
    await websocket.close(4000, "bye")
    assert (websocket.close_code, websocket.close_reason) == (4000, "bye")
    error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
    assert error.rcvd_then_sent is False
    assert str(error) == "sent 4000 (private use) bye; then received 4000 (private use) bye"
    entry = await env.journal(id)
    assert (entry["close_code"], entry["close_reason"]) == (4000, "bye")


@scenario()
async def codes_of_a_close_frame_can_be_given(env: Env) -> None:
    """The caller sees the code that it gave; only the server may see another one."""
    for code, ok in (
        (1000, True),
        (1001, True),
        (1002, False),
        (1008, False),
        (1011, False),
        (3000, False),
    ):
        id = env.new_id()
        websocket = await env.connect(f"/echo?id={id}")
        await websocket.close(code, "reason")
        kind = env.exceptions.ConnectionClosedOK if ok else env.exceptions.ConnectionClosedError
        error = await failure(kind, websocket.recv())
        assert (error.sent.code, error.rcvd.code, websocket.close_code) == (code, code, code)
        entry = await env.journal(id)
        assert (entry["close_code"], entry["close_reason"]) == (env.wire(code), "reason")


@scenario()
async def close_without_a_code_is_an_empty_frame(env: Env) -> None:
    """``close(None)`` sends an empty Close frame."""
    id = env.new_id()
    websocket = await env.connect(f"/echo?id={id}")
    await websocket.close(None)
    assert (await env.journal(id))["close_code"] == 1005
    error = await failure(env.exceptions.ConnectionClosedOK, websocket.recv())
    assert (error.sent.code, error.rcvd.code) == (1005, 1005)


@scenario()
async def invalid_codes_and_reasons_are_refused(env: Env) -> None:
    """What no Close frame can have is a ProtocolError, and the connection goes on."""
    async with env.connect("/echo") as websocket:
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000):
            await failure(env.exceptions.ProtocolError, websocket.close(code))
        await failure(env.exceptions.ProtocolError, websocket.close(1000, "x" * 124))
        await failure(env.exceptions.ProtocolError, websocket.close(None, "reason"))
        await assert_echoes(websocket)


@scenario()
async def closing_again_does_nothing(env: Env) -> None:
    """Only the first ``close()`` counts; later ones return."""
    id = env.new_id()
    websocket = await env.connect(f"/echo?id={id}")
    await websocket.close(4000)
    await websocket.close(4001)
    await websocket.close(0)
    await websocket.wait_closed()
    assert (await env.journal(id))["close_code"] == 4000


@scenario()
async def tasks_can_close_at_the_same_time(env: Env) -> None:
    """Several calls of ``close()`` and ``wait_closed()`` all return at the end."""
    websocket = await env.connect("/echo")
    waiting = asyncio.ensure_future(websocket.wait_closed())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await asyncio.gather(websocket.close(), websocket.close(4000), waiting)
    assert websocket.close_code == 1000


@scenario()
async def closing_sends_what_was_sent_before(env: Env) -> None:
    """Messages whose ``send()`` has returned reach the server before the Close frame."""
    id = env.new_id()
    async with env.connect(f"/sink?id={id}") as websocket:
        for _ in range(100):
            await websocket.send(bytes(1000))
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["close_code"]) == (100, 1000)


@scenario()
async def close_ends_a_recv_that_waits(env: Env) -> None:
    """``recv()`` in another task raises ConnectionClosedOK when this side closes."""
    async with env.connect("/echo") as websocket:
        receiving = asyncio.ensure_future(outcome(websocket.recv()))
        await asyncio.sleep(0.01)
        await websocket.close()
        error = await receiving
        assert isinstance(error, env.exceptions.ConnectionClosedOK)
        assert str(error) == "sent 1000 (OK); then received 1000 (OK)"
        assert error.__cause__ is None


@scenario()
async def close_gives_up_a_message_in_parts(env: Env) -> None:
    """``close()`` while a message is sent in parts closes with 1011, and that ``send()`` raises."""
    closing = asyncio.Event()

    async def parts() -> AsyncIterator[str]:
        yield "first part"
        closing.set()
        await websocket.wait_closed()
        yield "second part"

    id = env.new_id()
    websocket = await env.connect(f"/echo?id={id}")
    sending = asyncio.ensure_future(outcome(websocket.send(parts())))
    await closing.wait()
    await websocket.close()
    error = await sending
    assert isinstance(error, env.exceptions.ConnectionClosedError)
    assert str(error) == (
        "sent 1011 (internal error) close during fragmented message; no close frame received"
    )
    assert (await env.journal(id))["messages_received"] == 0


@scenario()
async def close_timeout_ends_the_wait_for_an_answer(env: Env) -> None:
    """A server that never answers is given up on; the cause of the exception is a TimeoutError."""
    websocket = await env.connect("/never-answers-close", close_timeout=0.1)
    await websocket.close()
    assert websocket.state is env.State.CLOSED
    error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
    assert (error.sent.code, error.rcvd) == (1000, None)
    assert str(error) == "sent 1000 (OK); no close frame received"
    assert isinstance(error.__cause__, TimeoutError)
    assert str(error.__cause__) == "timed out while closing connection"
    assert (websocket.close_code, websocket.close_reason) == (1006, "")


@scenario()
async def close_that_is_cancelled_goes_on(env: Env) -> None:
    """Cancelling ``close()`` does not take it back."""
    websocket = await env.connect("/echo")
    closing = asyncio.ensure_future(websocket.close(4000))
    await asyncio.sleep(0)
    closing.cancel()
    await websocket.wait_closed()
    assert websocket.close_code == 4000


@scenario()
async def both_sides_can_close_at_the_same_time(env: Env) -> None:
    """The code that was received is the server's, the code that was sent is ours."""
    websocket = await env.connect("/simultaneous-close?code=3001&reason=server")
    await websocket.close(4000, "client")
    assert (websocket.close_code, websocket.close_reason) == (3001, "server")
    error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
    assert (error.sent.code, error.rcvd.code) == (4000, 3001)


@scenario()
async def waiting_for_the_end_does_not_bring_it(env: Env) -> None:
    """A ``wait_closed()`` that is cancelled leaves the connection open."""
    async with env.connect("/echo") as websocket:
        await failure(TimeoutError, asyncio.wait_for(websocket.wait_closed(), 0.02))
        await assert_echoes(websocket)


@scenario()
async def pings_keep_keepalive_code_going(env: Env) -> None:
    """``ping()`` gives an awaitable with the latency in seconds, ``pong()`` nothing."""
    async with env.connect("/echo") as websocket:
        for payload in (None, "ping", b"ping", bytearray(b"x"), memoryview(b"y")):
            pong_received = await websocket.ping(payload)
            assert inspect.isawaitable(pong_received)
            latency = await asyncio.wait_for(pong_received, 5)
            assert latency >= 0
        assert await websocket.pong() is None
        assert await websocket.pong(b"pong") is None
        await failure(TypeError, websocket.ping([]))
        await failure(TypeError, websocket.pong(5))
        await failure(TypeError, websocket.pong(None))


@scenario()
async def pings_on_a_closed_connection_raise(env: Env) -> None:
    """Keepalive code learns from ``ping()`` that the connection is closed."""
    async with env.connect("/close?code=1011") as websocket:
        await websocket.wait_closed()
        await failure(env.exceptions.ConnectionClosedError, websocket.ping())
        await failure(env.exceptions.ConnectionClosedError, websocket.pong())


@scenario()
async def keepalive_options_are_accepted(env: Env) -> None:
    """``ping_interval`` and ``ping_timeout`` do no harm to a connection that is in order."""
    async with env.connect("/echo", ping_interval=0.01, ping_timeout=5) as websocket:
        await asyncio.sleep(0.05)
        await assert_echoes(websocket)
    async with env.connect("/echo", ping_interval=None, ping_timeout=None) as websocket:
        await assert_echoes(websocket)
        assert websocket.latency == 0
