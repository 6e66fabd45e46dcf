"""What the tests of ``reconnect()`` share: a server that treats each connection in another way."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

from tests.unit.bench import Handler
from websocketstream.testing import FakeBackend, FakePeer

URL = "wss://example.com/feed?token=s3cret"


class Server(FakeBackend):
    """A server that treats the first connection as the first handler says, and so on, then refuses.

    Args:
        down_until: when it begins to answer over HTTP, in seconds from the first attempt.
    """

    def __init__(self, *handlers: Handler, down_until: float = 0) -> None:
        super().__init__(self._serve)
        self._behaviours = iter(handlers)
        self._down_until = down_until
        self.times: list[float] = []
        """When each attempt was made, in whole seconds from the first."""
        self.asked: list[float] = []
        """When it was asked over HTTP."""
        self.watching: list[Callable[[], None]] = []
        """What to call when there is a network again."""
        self._begun: float | None = None

    def watch_online(self, callback: Callable[[], None]) -> Callable[[], None]:
        self.watching.append(callback)
        return lambda: self.watching.remove(callback)

    async def is_reachable(self, url: str) -> bool:
        assert url == URL
        self.asked.append(self._elapsed())
        return self.asked[-1] >= self._down_until

    def _elapsed(self) -> int:
        now = asyncio.get_running_loop().time()
        self._begun = now if self._begun is None else self._begun
        return round(now - self._begun)

    async def _serve(self, peer: FakePeer) -> None:
        assert all(other.closed for other in self.peers[:-1]), "two connections at once"
        self.times.append(self._elapsed())
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


def each_second() -> Iterator[float]:
    """Wait one second, again and again."""
    return itertools.repeat(1.0)


def doubling() -> Iterator[float]:
    """Wait 1, 2, 4, … seconds."""
    return (float(2**number) for number in itertools.count())
