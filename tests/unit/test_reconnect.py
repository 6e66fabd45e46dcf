"""``reconnect()``: when it connects again, how long it waits, and what it says."""

import asyncio
import itertools
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.unit.reconnecting import (
    URL,
    Server,
    close_at_once,
    doubling,
    each_second,
    lose_after_ten_seconds,
    lose_at_once,
    news,
    news_then_lost,
    refuse,
    stay,
)
from tests.worlds.virtual_time import in_virtual_time
from websocketstream import (
    AbortError,
    WebSocketError,
    WebSocketStream,
    exponential_backoff,
    reconnect,
)
from websocketstream.testing import FakeAbortController, FakePeer


async def follow(
    server: Server, connections: int = 1000, backoff: Callable[[], Iterator[float]] = doubling
) -> list[str | bytes]:
    """Read all that comes over so many connections."""
    messages: list[str | bytes] = []
    count = 0
    async for ws in reconnect(URL, backend=server, backoff=backoff):
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


# While the server is down


@in_virtual_time
async def test_server_that_is_down() -> None:
    """While nothing answers over HTTP no attempt is made, but ``retry`` gets an error all the same."""
    server = Server(news_then_lost, refuse, news, down_until=4)
    errors: list[WebSocketError] = []

    def retry(error: WebSocketError) -> bool:
        errors.append(error)
        return True

    count = 0
    async for ws in reconnect(URL, backend=server, backoff=each_second, retry=retry):
        with suppress(WebSocketError):
            async for message in ws:
                assert message == "news"
        count += 1
        if count == 2:
            break
    # Lost and refused at once; then nothing answers at 1, 2 and 3.
    assert (server.times, server.asked) == ([0, 0, 4], [1, 2, 3, 4])
    unanswered = "the connection to wss://example.com/feed?… could not be made: nothing answers there"
    assert [str(error).partition("; ")[0] for error in errors[2:]] == [unanswered] * 3
    assert all(isinstance(error, ConnectionRefusedError) for error in errors[1:])


@in_virtual_time
async def test_server_that_does_not_speak_http() -> None:
    """A server that never answers over HTTP is tried all the same, less often the longer it is down."""
    server = Server(*[refuse] * 8, news, news_then_lost, refuse, news, down_until=math.inf)
    assert await follow(server, 3, backoff=each_second) == ["news"] * 3
    assert server.times[:9] == [0, 5, 10, 21, 43, 87, 175, 295, 415]
    # After a success an outage begins anew.
    assert server.times[9:] == [415, 415, 420]


@in_virtual_time
async def test_signal_while_the_server_is_down() -> None:
    """A signal that fires ends the loop although nothing answers."""
    server = Server(down_until=math.inf)
    controller = FakeAbortController()
    connections = reconnect(URL, backend=server, backoff=each_second, signal=controller.signal)
    asyncio.get_running_loop().call_later(2.5, controller.abort, "enough")
    with pytest.raises(AbortError):
        await anext(connections)
    assert (server.times, server.asked) == ([0], [1, 2])


@in_virtual_time
async def test_network_that_is_back() -> None:
    """When there is a network again the next attempt is made at once, and the delays start again."""
    server = Server(*[refuse] * 4, news)
    asyncio.get_running_loop().call_later(4, lambda: [callback() for callback in server.watching])
    assert await follow(server, 1) == ["news"]
    assert server.times == [0, 1, 3, 4, 5]
    assert server.watching == []


# How long it waits


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
