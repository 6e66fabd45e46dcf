"""The methods of the event loop: connecting by name, by address and by socket, and putting all back."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from tests.unit.gateway.bench import FakeProbes, Network, Recorder, until
from websocketstream._core.outage import FIRST_SECONDS, Outage
from websocketstream.errors import NotSupportedError
from websocketstream.gateway.loop import LoopPatch
from websocketstream.gateway.options import Options
from websocketstream.gateway.transport import GatewayTransport

METHODS = ("create_connection", "call_at", "sock_connect", "getaddrinfo")


class World:
    """A class of event loops with the gateway's methods."""

    def __init__(self, *, has_sockets: bool = False, **options: Any) -> None:
        self.loop_class = type("Loop", (asyncio.SelectorEventLoop,), {})
        self.network = Network()
        self.probes = FakeProbes()
        defaults: dict[str, Any] = {"backend": self.network, "probe": self.probes}
        self.options = Options(**defaults | options)
        self.patch = LoopPatch(self.loop_class, self.options, has_sockets=has_sockets)

    def run[T](self, main: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, T]]) -> T:
        with asyncio.Runner(loop_factory=self.loop_class) as runner:
            return runner.run(main(runner.get_loop()))


@pytest.fixture
def world() -> World:
    return World()


def upgrade(path: str = "/chat") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


async def url_of(world: World, connecting: Awaitable[Any]) -> str:
    """Return the URL that a handshake over this connection opens."""
    transport, _protocol = await connecting
    assert isinstance(transport, GatewayTransport)
    transport.write(upgrade())
    transport.abort()
    return world.network.peer.url


# Connecting


def test_by_host_and_port(world: World) -> None:
    """A connection to a host and port is one of the gateway's; the protocol is told first."""

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        transport, protocol = await loop.create_connection(Recorder, "example.com", 8000)
        assert isinstance(protocol, Recorder)
        assert protocol.transport is transport
        assert transport.get_extra_info("peername") == ("example.com", 8000)
        assert transport.get_extra_info("sslcontext") is None
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        assert (sock.getpeername(), sock.getsockname()) == (("example.com", 8000), ("", 0))
        assert (sock.family, sock.fileno()) == (socket.AF_INET, -1)
        transport.abort()
        await until(lambda: protocol.lost)

    world.run(main)


@pytest.mark.parametrize(
    ("host", "port", "context", "url"),
    [
        ("example.com", 8000, None, "ws://example.com:8000/chat"),
        ("example.com", "80", False, "ws://example.com:80/chat"),
        ("example.com", 443, True, "wss://example.com:443/chat"),
        ("::1", 8000, None, "ws://[::1]:8000/chat"),
    ],
)
def test_url(world: World, host: str, port: int, context: Any, url: str) -> None:
    """The host and the port are those of the URL, and TLS makes it a secure one."""

    async def main(loop: asyncio.AbstractEventLoop) -> str:
        return await url_of(world, loop.create_connection(Recorder, host, port, ssl=context))

    assert world.run(main) == url


def test_streams(world: World) -> None:
    """asyncio's own streams connect in the same way."""

    async def main(loop: asyncio.AbstractEventLoop) -> bytes:
        reader, writer = await asyncio.open_connection("example.com", 80)
        writer.write(upgrade())
        world.network.peer.accept()
        world.network.peer.send("hello")
        line = await reader.readline()
        assert await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(7) == b"\x81\x05hello"
        writer.close()
        await writer.wait_closed()
        return line

    assert world.run(main) == b"HTTP/1.1 101 Switching Protocols\r\n"


def test_by_socket(world: World) -> None:
    """A socket that was connected in name leads to the address that it was connected to."""

    async def main(loop: asyncio.AbstractEventLoop) -> str:
        with socket.socket() as sock:
            await loop.sock_connect(sock, ("example.com", 8000))
            url = await url_of(world, loop.create_connection(Recorder, sock=sock))
            await asyncio.sleep(0)
            assert sock.fileno() == -1
            return url

    assert world.run(main) == "ws://example.com:8000/chat"


def test_by_invented_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that Emscripten's resolver has made up leads to the name that it was made up for."""
    names = {"172.29.1.2": "example.com"}

    def gethostbyaddr(address: str) -> tuple[str, list[str], list[str]]:
        if address not in names:
            raise socket.herror
        return names[address], [], [address]

    monkeypatch.setattr("socket.gethostbyaddr", gethostbyaddr)

    async def main(loop: asyncio.AbstractEventLoop) -> list[str]:
        urls = []
        for address in ("172.29.1.2", "172.29.9.9", "127.0.0.1"):
            with socket.socket() as sock:
                await loop.sock_connect(sock, (address, 8000))
                urls.append(await url_of(world, loop.create_connection(Recorder, sock=sock)))
        return urls

    assert world.run(main) == [
        "ws://example.com:8000/chat",
        "ws://172.29.9.9:8000/chat",
        "ws://127.0.0.1:8000/chat",
    ]


@pytest.mark.parametrize("family", [socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6])
def test_getaddrinfo(world: World, monkeypatch: pytest.MonkeyPatch, family: int) -> None:
    """Names are resolved by the platform's resolver, which is asked only what it can answer."""
    asked: list[Any] = []

    def getaddrinfo(*args: Any) -> list[str]:
        asked.append(args)
        return ["info"]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)

    async def main(loop: asyncio.AbstractEventLoop) -> list[Any]:
        flags = socket.AI_ADDRCONFIG | socket.AI_CANONNAME
        return await loop.getaddrinfo(
            "example.com", 80, family=family, type=socket.SOCK_STREAM, flags=flags
        )

    assert world.run(main) == ["info"]
    (args,) = asked
    family = socket.AF_INET if family == socket.AF_INET6 else family
    assert args == ("example.com", 80, family, socket.SOCK_STREAM, 0, socket.AI_CANONNAME)


def test_getaddrinfo_of_an_ipv6_address(world: World) -> None:
    """An IPv6 address stands for itself."""

    async def main(loop: asyncio.AbstractEventLoop) -> list[Any]:
        return await loop.getaddrinfo("::1", 80, flags=socket.AI_ADDRCONFIG)

    (info,) = world.run(main)
    assert info == (socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("::1", 80, 0, 0))


def test_protocol_that_does_not_start(world: World) -> None:
    """What `connection_made()` raises is raised, and no connection is left."""

    class Failing(Recorder):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            raise LookupError

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        protocol = Failing()
        with pytest.raises(LookupError):
            await loop.create_connection(lambda: protocol, "example.com", 80)
        await until(lambda: protocol.lost)
        assert all(timer.cancelled() for timer in loop._scheduled)  # type: ignore[attr-defined]

    world.run(main)


# What is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"host": "h", "port": 1, "local_addr": ("0.0.0.0", 0)},
            NotSupportedError,
            "leave local_addr out",
        ),
        (
            {"host": "h", "port": 1, "ssl": ssl._create_unverified_context()},
            NotSupportedError,
            "verification",
        ),
        ({"host": "h"}, ValueError, "host and port was not specified"),
        ({}, ValueError, "host and port was not specified"),
    ],
)
def test_refused(world: World, options: dict[str, Any], error: type[Exception], message: str) -> None:
    """What a page can't do, and what makes no sense, raises."""

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        await loop.create_connection(Recorder, **options)

    with pytest.raises(error, match=message):
        world.run(main)


@pytest.mark.parametrize("connected", [False, True])
def test_sockets_that_are_refused(world: World, connected: bool) -> None:
    """A socket that is refused is closed, as it was handed over."""

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        with socket.socket() as sock:
            if connected:
                await loop.sock_connect(sock, ("example.com", 80))
                with pytest.raises(ValueError, match="same time"):
                    await loop.create_connection(Recorder, "h", 80, sock=sock)  # type: ignore[call-overload]
            else:
                with pytest.raises(NotSupportedError, match="this one was not"):
                    await loop.create_connection(Recorder, sock=sock)
            assert sock.fileno() == -1

    world.run(main)


# Servers that are down


def connect_to_a_suspect(world: World, answer: int | None) -> bool:
    """Connect to an origin that is suspected; return whether the connection was made."""
    world.options.unreachable_origins.add("https://example.com:443")

    async def main(loop: asyncio.AbstractEventLoop) -> bool:
        with socket.socket() as sock:
            await loop.sock_connect(sock, ("example.com", 443))
            connecting = asyncio.ensure_future(loop.create_connection(Recorder, sock=sock, ssl=True))
            await until(lambda: world.probes.asked)
            assert world.probes.asked == [("https://example.com:443/", "no-cors")]
            world.probes.answer(answer)
            try:
                transport, _ = await connecting
            except ConnectionRefusedError as error:
                expected = "nothing answers at https://example.com:443 with a certificate"
                assert expected in str(error)
                assert sock.fileno() == -1
                return False
            transport.abort()
            return True

    return world.run(main)


def test_server_that_is_still_down(world: World) -> None:
    """If nothing answers at an origin where a connection was lost, the next is refused at once."""
    assert not connect_to_a_suspect(world, None)


def test_server_that_is_back(world: World) -> None:
    """If something answers, or is too slow to, the connection is made."""
    assert connect_to_a_suspect(world, 0)


def connect_without_asking(world: World, host: str = "example.com") -> None:
    """Make a connection for which no request is made."""

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        transport, _ = await loop.create_connection(Recorder, host, 80)
        transport.abort()

    world.run(main)
    assert world.probes.asked == []


def test_other_origins_are_not_asked(world: World) -> None:
    """A connection to an origin without a history costs no request."""
    world.options.unreachable_origins.add("https://example.com:443")
    connect_without_asking(world)


def test_server_that_does_not_speak_http(world: World) -> None:
    """After some time a connection is made without asking, for a server that never answers."""
    world.options.unreachable_origins["http://example.com:80"] = Outage(time.monotonic() - FIRST_SECONDS)
    connect_without_asking(world)


def test_server_in_the_local_network() -> None:
    """A page from the internet does not ask where that needs a permission of the browser's user."""
    world = World(page="https://example.org")
    world.options.unreachable_origins.add("http://192.168.1.1:80")
    connect_without_asking(world, "192.168.1.1")


def test_without_probe() -> None:
    """With `probe=False` nobody is asked."""
    world = World(probe=None)
    world.options.unreachable_origins.add("http://example.com:80")
    connect_without_asking(world)


def test_cancelling_while_it_is_asked(world: World) -> None:
    """A connect that is cancelled calls the question off, and closes its socket."""
    world.options.unreachable_origins.add("http://example.com:80")

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        with socket.socket() as sock:
            await loop.sock_connect(sock, ("example.com", 80))
            connecting = asyncio.ensure_future(loop.create_connection(Recorder, sock=sock))
            await until(lambda: world.probes.asked)
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            assert sock.fileno() == -1

    world.run(main)
    assert world.probes.cancelled == 1


# Putting it back


def test_restoring(world: World) -> None:
    """`restore()` takes the methods away again; connections that are open go on."""
    own = {name: vars(world.loop_class)[name] for name in METHODS}
    assert len(own) == 4

    async def main(loop: asyncio.AbstractEventLoop) -> None:
        transport, protocol = await loop.create_connection(Recorder, "example.com", 80)
        world.patch.restore()
        assert not set(METHODS) & set(vars(world.loop_class))
        transport.write(upgrade())
        world.network.peer.accept()
        await until(lambda: protocol.calls)
        transport.abort()

    world.run(main)


def test_methods_of_the_class_itself() -> None:
    """Methods that the class had itself are put back."""
    world = World()
    world.patch.restore()
    original = object()
    world.loop_class.getaddrinfo = original  # type: ignore[attr-defined]
    patch = LoopPatch(world.loop_class, world.options)
    assert vars(world.loop_class)["getaddrinfo"] is not original
    patch.restore()
    assert vars(world.loop_class)["getaddrinfo"] is original


def test_runtime_with_sockets() -> None:
    """Where the runtime has sockets of its own they stay in use, except for TLS."""
    world = World(has_sockets=True)
    assert [name for name in METHODS if name in vars(world.loop_class)] == [
        "create_connection",
        "call_at",
    ]

    async def main(loop: asyncio.AbstractEventLoop) -> str:
        async with await asyncio.start_server(
            lambda reader, writer: writer.close(), "127.0.0.1"
        ) as server:
            address = server.sockets[0].getsockname()
            plain, protocol = await loop.create_connection(Recorder, *address)
            assert not isinstance(plain, GatewayTransport)
            assert isinstance(protocol, Recorder)
            await until(lambda: protocol.lost)
        return await url_of(world, loop.create_connection(Recorder, "example.com", 443, ssl=True))

    assert world.run(main) == "wss://example.com:443/chat"
