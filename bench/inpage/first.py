"""The first message after a page load. Imports nothing up front: importing is what is measured."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from js import performance

from .tally import ECHO


async def measure(client: str, url: str) -> dict[str, float]:
    """How many milliseconds it takes to import a client, and from then on to its first echo in all."""
    begun = performance.now()
    echo = IMPORTS[client]()
    imported = performance.now()
    await echo(url)
    return {"import": imported - begun, "first": performance.now() - begun}


type Echo = Callable[[str], Awaitable[Any]]


def _ours(backend: Literal["native", "polyfill"]) -> Echo:
    from websocketstream import WebSocketStream

    async def echo(url: str) -> None:
        stream = WebSocketStream(url, backend=backend)
        await stream.opened
        await stream.send(ECHO)
        await stream.recv()

    return echo


def _handwritten() -> Echo:
    from .handwritten import Handwritten

    async def echo(url: str) -> None:
        client = await Handwritten.open(url)
        await client.write(ECHO)
        await client.read()

    return echo


IMPORTS: dict[str, Callable[[], Echo]] = {
    "ours-native": lambda: _ours("native"),
    "ours-polyfill": lambda: _ours("polyfill"),
    "handwritten": _handwritten,
}
