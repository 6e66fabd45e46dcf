"""One task receives, others send; and what a task that is cancelled leaves behind."""

from __future__ import annotations

import asyncio

from .env import Env
from .registry import scenario
from .steps import assert_echoes, collect, failure, outcome

RECV = "cannot call recv while another coroutine is already running recv or recv_streaming"
STREAMING = RECV.replace("recv while", "recv_streaming while")


@scenario()
async def two_tasks_can_not_receive(env: Env) -> None:
    """``recv()`` raises ConcurrencyError while another one waits, which is not disturbed."""
    async with env.connect("/echo") as websocket:
        first = asyncio.ensure_future(websocket.recv())
        await asyncio.sleep(0)
        error = await failure(env.exceptions.ConcurrencyError, websocket.recv())
        assert str(error) == RECV
        assert isinstance(error, RuntimeError)
        error = await failure(env.exceptions.ConcurrencyError, collect(websocket.recv_streaming()))
        assert str(error) == STREAMING
        await websocket.send("for the first")
        assert await first == "for the first"
        await assert_echoes(websocket)


@scenario()
async def streaming_is_receiving_too(env: Env) -> None:
    """``recv()`` raises ConcurrencyError while ``recv_streaming()`` waits."""
    async with env.connect("/echo") as websocket:
        first = asyncio.ensure_future(collect(websocket.recv_streaming()))
        await asyncio.sleep(0)
        error = await failure(env.exceptions.ConcurrencyError, websocket.recv())
        assert str(error) == RECV
        error = await failure(env.exceptions.ConcurrencyError, collect(websocket.recv_streaming()))
        assert str(error) == STREAMING
        await websocket.send("for the first")
        assert "".join(await first) == "for the first"


@scenario()
async def receiving_and_sending_go_on_side_by_side(env: Env) -> None:
    """A task receives while another one sends."""
    async with env.connect("/echo") as websocket:

        async def receive() -> list[object]:
            return [await websocket.recv() for _ in range(100)]

        receiving = asyncio.ensure_future(receive())
        for number in range(100):
            await websocket.send(str(number))
        assert await receiving == [str(number) for number in range(100)]


@scenario()
async def cancelled_recv_loses_nothing(env: Env) -> None:
    """The message that a cancelled ``recv()`` was waiting for goes to the next one."""
    async with env.connect("/echo") as websocket:
        receiving = asyncio.ensure_future(websocket.recv())
        await asyncio.sleep(0)
        receiving.cancel()
        await failure(asyncio.CancelledError, receiving)
        await failure(TimeoutError, asyncio.wait_for(websocket.recv(), 0.01))
        await websocket.send("still there")
        assert await websocket.recv() == "still there"


@scenario()
async def recv_that_is_cancelled_again_and_again_loses_nothing(env: Env) -> None:
    """Whenever it is cancelled, in whatever turn, all messages arrive in order."""
    received: list[object] = []
    async with env.connect("/send?count=100&size=1&delay_ms=1") as websocket:
        turns = 0

        async def receive() -> object:
            return await outcome(websocket.recv())

        while True:
            receiving = asyncio.ensure_future(receive())
            for _ in range(turns % 5):
                await asyncio.sleep(0)
            turns += 1
            receiving.cancel()
            try:
                result = await receiving
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                continue
            if isinstance(result, env.exceptions.ConnectionClosedOK):
                break
            received.append(result)
    assert received == [f"{number}:" for number in range(100)]


@scenario()
async def timeouts_lose_nothing(env: Env) -> None:
    """``asyncio.timeout()`` around ``recv()`` is safe."""
    received: list[object] = []
    async with env.connect("/send?count=30&size=1&delay_ms=15") as websocket:
        while len(received) < 30:
            try:
                # Pyodide's own timer refuses a time that has passed when it is started.
                async with asyncio.timeout(0.01):
                    received.append(await websocket.recv())
            except TimeoutError:
                pass
    assert received == [f"{number}:" for number in range(30)]


@scenario()
async def cancelled_streaming_loses_nothing(env: Env) -> None:
    """A ``recv_streaming()`` that is cancelled before its first part leaves the message."""
    async with env.connect("/echo") as websocket:
        streaming = asyncio.ensure_future(collect(websocket.recv_streaming()))
        await asyncio.sleep(0)
        streaming.cancel()
        await failure(asyncio.CancelledError, streaming)
        await assert_echoes(websocket)


@scenario()
async def cancelled_task_closes_its_connection(env: Env) -> None:
    """A task that is cancelled inside ``async with`` closes with 1011."""
    id = env.new_id()
    entered = asyncio.Event()

    async def work() -> None:
        async with env.connect(f"/echo?id={id}") as websocket:
            entered.set()
            await websocket.recv()

    task = asyncio.ensure_future(work())
    await entered.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    await failure(asyncio.CancelledError, task)
    assert (await env.journal(id))["close_code"] == env.wire(1011)
