"""The scenarios on CPython and a real network: the back end `cpython` against the test server."""

from collections.abc import Callable, Sequence
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.scenarios.env import Env
from websocketstream._backends.cpython import CPythonBackend, CPythonTransport
from websocketstream._core.rules import resolve_url
from websocketstream._core.transport import Events
from websocketstream.testing import FakeAbortController, FakeAbortSignal, FakeBackend


class LibraryEnv(Env):
    """The back end for CPython."""

    kind = "library"
    receive_backpressure = True

    def __init__(self, server: str) -> None:
        self.server = server
        self.backend = LibraryBackend(server)

    def abort_controller(self) -> FakeAbortController:
        return FakeAbortController()


class SmallBuffers(ClientConnection):
    """A connection of which the kernel keeps little, since what it has taken counts as sent."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 64 * 1024)


class LibraryBackend(CPythonBackend):
    """The back end, with the signals of the fake and the server for relative URLs."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def parse_url(self, url: str) -> str | None:
        return resolve_url(url, self._base_url)

    def connect(
        self,
        url: str,
        protocols: Sequence[str],
        events: Events,
        headers: Sequence[tuple[str, str]] = (),
    ) -> CPythonTransport:
        options = {"additional_headers": headers, "create_connection": SmallBuffers}
        return CPythonTransport(url, protocols, events, **options, **self.options(url))

    def options(self, url: str) -> dict[str, Any]:
        """Return what connections get besides, which browsers add themselves."""
        return {}

    def watch_abort(self, signal: FakeAbortSignal, callback: Callable[[], None]) -> Callable[[], None]:
        return FakeBackend.watch_abort(_FAKE, signal, callback)

    def abort_reason(self, signal: FakeAbortSignal) -> tuple[bool, object]:
        return FakeBackend.abort_reason(_FAKE, signal)


async def _no_handler(peer: object) -> None:
    raise NotImplementedError


_FAKE = FakeBackend(_no_handler)
