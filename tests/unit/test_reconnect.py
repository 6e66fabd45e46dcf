"""``reconnect()``: when it connects again, how long it waits, and what ends it."""

import asyncio
import gc
import itertools
import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.unit.bench import Handler, only_this_task, raised_by, turn
from tests.worlds.virtual_time import in_virtual_time
from websocketstream import (
    AbortError,
    DOMSyntaxError,
    HandshakeError,
    WebSocketError,
    WebSocketStream,
    exponential_backoff,
    reconnect,
)
from websocketstream.testing import FakeAbortController, FakeBackend, FakePeer

URL = "wss://example.com/feed?token=s3cret"


class Server(FakeBackend):
    """A server that treats the first connection as the first handler says, and so on, then refuses."""

    def __init__(self, *handlers: Handler) -> None:
        super().__init__(self._serve)
        self._behaviours = iter(handlers)
        self.times: list[float] = []
        """When each attempt was made, in whole seconds from the first."""
        self._begun: float | None = None

    async def _serve(self, peer: FakePeer) -> None:
        assert all(other.closed for other in self.peers[:-1]), "two connections at once"
        now = asyncio.get_running_loop().time()
        self._begun = now if self._begun is None else self._begun
        self.times.append(round(now - self._begun))
        await next(self._behaviours, refuse)(peer)


async def refuse(peer: FakePeer) -> None:
    peer.refuse()


async def never_answer(peer: FakePeer) -> None:
    await peer.wait_closed()


async def stay(peer: FakePeer) -> None:
    await peer.accept()
    await peer.wait_closed()


async def news(peer: FakePeer) -> None:
    await peer.send("news")
    await peer.close(1001)


async def news_then_lost(peer: FakePeer) -> None:
    await peer.send("news")
    peer.drop()


async def close_at_once(peer: FakePeer) -> None:
    await peer.accept()
    await peer.close(1013)


async def lose_at_once(peer: FakePeer) -> None:
    await peer.accept()
    peer.drop()


async def lose_after_ten_seconds(peer: FakePeer) -> None:
    await peer.accept()
    await asyncio.sleep(10)
    peer.drop()


def doubling() -> Iterator[float]:
    """Wait 1, 2, 4, … seconds."""
    return (float(2**number) for number in itertools.count())


async def follow(server: Server, connections: int = 1000) -> list[str | bytes]:
    """Read all that comes over so many connections."""
    messages: list[str | bytes] = []
    count = 0
    async for ws in reconnect(URL, backend=server, backoff=doubling):
        with suppress(WebSocketError):
            async for message in ws:
                messages.append(message)
        count += 1
        if count == connections:
            break
    return messages


# When it connects again


@in_virtual_time
async def test_one_connection_after_the_other() -> None:
    """Each iteration has an open connection of its own; the one before is closed first."""
    server = Server(stay, stay, stay)
    streams: list[WebSocketStream] = []
    async for ws in reconnect(URL, backend=server, backoff=doubling):
        assert ws.protocol == ""
        assert all(other.closed.settled for other in streams)
        streams.append(ws)
        if len(streams) == 3:
            break
    assert len(set(streams)) == 3
    assert [peer.close_code for peer in server.peers[:2]] == [1005, 1005]


@in_virtual_time
async def test_back_off() -> None:
    """There is a delay before each attempt after one that has failed, until one succeeds."""
    server = Server(refuse, refuse, refuse, news_then_lost, refuse, refuse, news, news)
    assert await follow(server, 3) == ["news"] * 3
    #                       1  2  4  success, at once   1   2   success, at once
    assert server.times == [0, 1, 3, 7, 7, 8, 10, 10]


@in_virtual_time
async def test_connection_that_ends_at_once() -> None:
    """A connection that ends at once, cleanly or not, was no success: the delays get longer."""
    server = Server(close_at_once, lose_at_once, close_at_once, news, news)
    assert await follow(server, 5) == ["news"] * 2
    assert server.times == [0, 1, 3, 7, 7]


@in_virtual_time
async def test_connection_that_lasts() -> None:
    """A connection that has lasted for ten seconds was a success, though no message came."""
    server = Server(refuse, lose_after_ten_seconds, refuse, news)
    assert await follow(server, 2) == ["news"]
    assert server.times == [0, 1, 11, 12]


@in_virtual_time
async def test_never_closed_properly() -> None:
    """A connection that the body has left open and whose server does not answer the close is lost."""

    async def ignore_the_close(peer: FakePeer) -> None:
        peer.answers_close = False
        await peer.send("news")
        await peer.wait_closed()

    server = Server(ignore_the_close, news)
    errors: list[WebSocketError] = []

    def retry(error: WebSocketError) -> bool:
        errors.append(error)
        return True

    count = 0
    async for ws in reconnect(URL, backend=server, retry=retry, close_timeout=3):
        assert await ws.recv() == "news"
        count += 1
        if count == 2:
            break
    assert server.times == [0, 3]
    assert ["close_timeout=3" in str(error) for error in errors] == [True]


def test_exponential_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first delay is random, the next ones grow to the longest."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    first = [round(seconds, 2) for seconds in itertools.islice(exponential_backoff(), 10)]
    assert first == [2.5, 5.02, 8.12, 13.13, 21.25, 34.38, 55.62, 89.99, 90, 90]
    other = exponential_backoff(initial=1, minimum=1, factor=3, maximum=10)
    assert list(itertools.islice(other, 4)) == [0.5, 3, 9, 10]


@in_virtual_time
async def test_default_back_off() -> None:
    """By default the delays are those of ``exponential_backoff()``."""
    server = Server(*[refuse] * 7, news)
    async for ws in reconnect(URL, backend=server):
        assert await ws.recv() == "news"
        break
    gaps = [after - before for before, after in itertools.pairwise(server.times)]
    assert gaps[0] <= 5
    assert all(
        abs(gap - seconds) <= 1 for gap, seconds in zip(gaps[1:], [5, 8, 13, 21, 34, 56], strict=True)
    )


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


# What it says


@in_virtual_time
async def test_log(caplog: pytest.LogCaptureFixture) -> None:
    """Each delay is logged, with the reason, and without what may be secret in the URL."""
    caplog.set_level(logging.INFO, "websocketstream")
    await follow(Server(refuse, close_at_once, lose_at_once, news), 3)
    lines = [record.getMessage() for record in caplog.records]
    assert [line[:43] for line in lines] == [
        "the connection to wss://example.com/feed?… ",
        "the connection was closed at once: trying w",
        "the connection was lost: trying wss://examp",
    ]
    assert [line.rpartition(": ")[2] for line in lines] == [
        f"trying wss://example.com/feed?… again in {seconds}.0 s" for seconds in (1, 2, 4)
    ]
    assert "s3cret" not in caplog.text


def test_nothing_before_it_is_iterated() -> None:
    """Making the iterator connects to nothing, and needs no event loop."""
    server = Server()
    reconnect(URL, backend=server)
    assert server.peers == []
