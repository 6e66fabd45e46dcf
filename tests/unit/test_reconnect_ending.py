"""``reconnect()``: what ends it, and that nothing is left then."""

import asyncio
import gc
from contextlib import suppress

import pytest

from tests.unit.bench import Handler, only_this_task, raised_by, turn
from tests.unit.reconnecting import (
    URL,
    Server,
    close_at_once,
    doubling,
    lose_at_once,
    never_answer,
    news,
    news_then_lost,
    refuse,
    stay,
)
from tests.worlds.virtual_time import in_virtual_time
from websocketstream import (
    AbortError,
    DOMSyntaxError,
    HandshakeError,
    WebSocketError,
    WebSocketStream,
    reconnect,
)
from websocketstream.testing import FakeAbortController, FakePeer

# What ends it


@in_virtual_time
async def test_back_off_runs_out() -> None:
    """When there are no delays left the last error is raised."""
    server = Server()
    with pytest.raises(HandshakeError, match="could not be made"):
        async for _ in reconnect(URL, backend=server, backoff=lambda: [1, 2]):
            raise AssertionError("there is no connection")
    assert server.times == [0, 1, 3]
    server = Server(close_at_once, close_at_once)
    async for _ in reconnect(URL, backend=server, backoff=lambda: [1]):
        """A clean end is no error: the loop ends."""
    assert server.times == [0, 1]


@in_virtual_time
async def test_retry() -> None:
    """``retry`` sees each error, of an attempt or a connection; after ``False`` it is raised."""
    seen: list[type[WebSocketError]] = []

    def retry(error: WebSocketError) -> bool:
        seen.append(type(error))
        return len(seen) < 4

    server = Server(refuse, news_then_lost, news, lose_at_once, news_then_lost)
    with pytest.raises(WebSocketError, match="lost"):
        async for ws in reconnect(URL, backend=server, retry=retry, backoff=doubling):
            with suppress(WebSocketError):
                await ws.recv()
                await ws.recv()
    assert seen == [HandshakeError, WebSocketError, WebSocketError, WebSocketError]
    assert len(server.peers) == 5

    with pytest.raises(HandshakeError):
        async for _ in reconnect(URL, backend=Server(), retry=lambda error: False):
            raise AssertionError("there is no connection")


@in_virtual_time
async def test_hopeless() -> None:
    """What no attempt can change is raised at the first one."""
    server = Server()
    with pytest.raises(DOMSyntaxError):
        await anext(reconnect("wss://example.com/#part", backend=server))
    with pytest.raises(ValueError, match="idle_timeout"):
        await anext(reconnect(URL, backend=server, idle_timeout=0))
    assert server.peers == []


@in_virtual_time
async def test_break() -> None:
    """Leaving the loop closes the connection."""
    server = Server(stay)
    async for _ in reconnect(URL, backend=server):
        break
    await turn(5)
    assert server.peers[0].close_code == 1005
    assert only_this_task()


@pytest.mark.parametrize("before", [refuse, news_then_lost])
@in_virtual_time
async def test_break_after_an_error(before: Handler) -> None:
    """It does so at once, too, when an attempt has failed or a connection was lost before."""
    server = Server(before, stay)
    gc.disable()
    try:
        async for ws in reconnect(URL, backend=server, backoff=doubling):
            if len(server.peers) == 2:
                break
            with suppress(WebSocketError):
                await ws.recv()
                await ws.recv()
        await turn(5)
        assert server.peers[1].close_code == 1005
    finally:
        gc.enable()


@in_virtual_time
async def test_error_in_the_body() -> None:
    """An exception that leaves the loop closes the connection, and is raised as it is."""
    server = Server(stay)
    mine = KeyError("mine")

    async def use() -> None:
        async for _ in reconnect(URL, backend=server):
            raise mine

    assert await raised_by(use()) is mine
    await turn(5)
    assert server.peers[0].close_code == 1005


@in_virtual_time
async def test_cancelled_in_the_body() -> None:
    """Cancelling the task in the body closes the connection."""
    server = Server(stay)

    async def use() -> None:
        async for ws in reconnect(URL, backend=server):
            await ws.recv()

    await _cancel_after(use(), 1)
    assert server.peers[0].close_code == 1005


@in_virtual_time
async def test_cancelled_while_connecting() -> None:
    """Cancelling the task while a connection is made gives it up."""
    server = Server(never_answer)
    await _cancel_after(_use_none(server), 1)
    assert server.peers[0].closed


@in_virtual_time
async def test_cancelled_while_waiting() -> None:
    """Cancelling the task between two attempts makes no further one."""
    server = Server()
    await _cancel_after(_use_none(server), 2)
    assert server.times == [0, 1]
    await asyncio.sleep(10)
    assert server.times == [0, 1]


@in_virtual_time
async def test_cancelled_while_closing() -> None:
    """Cancelling the task while a connection is closed at the end of the body leaves the close alone."""

    async def answer_late(peer: FakePeer) -> None:
        peer.answers_close = False
        await peer.accept()
        async for _ in peer:
            """Until the Close frame comes."""
        await asyncio.sleep(3)
        await peer.close()

    server = Server(answer_late)
    streams: list[WebSocketStream] = []

    async def use() -> None:
        async for ws in reconnect(URL, backend=server):
            streams.append(ws)

    await _cancel_after(use(), 1)
    assert not streams[0].closed.settled
    assert await streams[0].closed == (1000, "")
    assert len(server.peers) == 1


async def _use_none(server: Server) -> None:
    async for _ in reconnect(URL, backend=server, backoff=doubling):
        raise AssertionError("there is no connection")


async def _cancel_after(coroutine: object, seconds: float) -> None:
    """Run it as a task, cancel that, and see that nothing is left of it soon."""
    task = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]
    await asyncio.sleep(seconds)
    task.cancel()
    assert isinstance(await raised_by(task), asyncio.CancelledError)
    del task
    gc.collect()
    await asyncio.sleep(0.1)


@in_virtual_time
async def test_signal() -> None:
    """A signal gives up connecting; one that has fired before ends the loop."""
    controller = FakeAbortController()
    server = Server(stay, stay)
    with pytest.raises(AbortError) as raised:
        async for ws in reconnect(URL, backend=server, signal=controller.signal):
            controller.abort("enough")
            assert not ws.closed.settled
    assert raised.value.reason == "enough"
    assert len(server.peers) == 1

    controller = FakeAbortController()
    asyncio.get_running_loop().call_later(1, controller.abort)
    with pytest.raises(AbortError):
        await anext(reconnect(URL, backend=Server(never_answer), signal=controller.signal))


@in_virtual_time
async def test_signal_while_waiting() -> None:
    """A signal that fires between two attempts ends the wait, and makes no further attempt."""
    for signalled_after in (0, 3, None):
        server, controller = Server(), FakeAbortController()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if signalled_after is not None:
            loop.call_later(signalled_after, controller.abort)
        connections = reconnect(URL, backend=server, backoff=lambda: [1, 60], signal=controller.signal)
        error = await raised_by(anext(connections))
        if signalled_after is None:
            assert isinstance(error, HandshakeError)
            assert server.times == [0, 1, 61]
        else:
            assert isinstance(error, AbortError)
            assert signalled_after <= loop.time() - begun < signalled_after + 1
        assert controller.signal._callbacks == []


@in_virtual_time
async def test_aclose() -> None:
    """``aclose()`` closes the connection and waits until it has ended, cleanly or not."""
    server = Server(stay, stay)
    connections = reconnect(URL, backend=server)
    await connections.aclose()
    ws = await anext(connections)
    await connections.aclose()
    assert await ws.closed == (1005, "")
    ws = await anext(connections)
    server.peers[1].drop()
    await connections.aclose()
    assert isinstance(await raised_by(ws.closed), WebSocketError)
