"""The proxy does to a connection exactly what its path says, and nothing without one."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidMessage, InvalidStatus

from tests.server import Server
from tests.server.client import connect, received, serve_briefly
from tests.server.payload import check
from tests.server.proxy import Fault

MESSAGE = 12
"""Bytes of a frame with ten bytes in it."""


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve_briefly() as server:
        yield server


async def test_without_a_fault_everything_gets_through(server: Server) -> None:
    """Messages go both ways, and so does the closing handshake."""
    async with connect(f"{server.proxy_url}/echo?id=whole") as ws:
        await ws.send("there")
        assert await ws.recv() == "there"
        await ws.close(4000, "bye")
    entry = await server.entry("whole")
    assert (entry["close_code"], entry["close_reason"], entry["ended"]) == (4000, "bye", "close")


@pytest.mark.parametrize("after", [0, 3 * MESSAGE, 3 * MESSAGE + 5])
async def test_tcp_ends_after_so_many_bytes(server: Server, after: int) -> None:
    """What came before the cut is whole; half a message is none."""
    url = f"{server.proxy_url}/~kind=end,after={after}/send?count=9&compress=0"
    async with connect(url) as ws:
        check(await received(ws), after // MESSAGE, 10, "text")
        assert ws.close_code == 1006


async def test_reset_when_the_client_has_sent_something(server: Server) -> None:
    """The client's first byte brings the reset, and does not get through."""
    async with connect(f"{server.proxy_url}/~kind=reset,at=sent/send?count=9&close=0&id=r") as ws:
        check([await ws.recv() for _ in range(9)], 9, 10, "text")
        await ws.send("now")
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert isinstance(caught.value.__cause__, ConnectionResetError)
    assert (await server.entry("r"))["messages_received"] == 0


async def test_garbage_is_a_protocol_error(server: Server) -> None:
    """A malformed frame comes between two messages."""
    url = f"{server.proxy_url}/~kind=garble,after={2 * MESSAGE}/send?count=9&compress=0"
    async with connect(url) as ws:
        check([await ws.recv(), await ws.recv()], 2, 10, "text")
        with pytest.raises(ConnectionClosedError, match="invalid opcode"):
            await ws.recv()


async def test_handshake_is_cut(server: Server) -> None:
    """The response ends in its first line."""
    with pytest.raises(InvalidMessage):
        async with connect(f"{server.proxy_url}/~kind=end,at=handshake,after=20/echo"):
            pass


async def test_everything_vanishes(server: Server) -> None:
    """Neither side is told; the server learns of it when the client has gone."""
    url = f"{server.proxy_url}/~kind=vanish,at=sent/send?count=1&close=0&id=v"
    async with connect(url, close_timeout=0.1) as ws:
        await ws.recv()
        await ws.send("into the void")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ws.recv()
    entry = await server.entry("v")
    assert (entry["messages_received"], entry["close_code"]) == (0, None)


async def test_slow_networks_are_slow(server: Server) -> None:
    """Ten bytes at a time, each piece 10 ms later: the messages come, in their time."""
    begun = time.monotonic()
    async with connect(f"{server.proxy_url}/~chunk=10,delay_ms=10/send?count=9&compress=0") as ws:
        check(await received(ws), 9, 10, "text")
    assert time.monotonic() - begun > 9 * MESSAGE / 10 * 0.01


async def test_server_restarts(server: Server) -> None:
    """A restart drops everybody; then the server is there again, at the same port."""
    async with connect(f"{server.url}/echo") as other, connect(f"{server.url}/restart") as ws:
        await ws.send("now")
        for each in (ws, other):
            with pytest.raises(ConnectionClosedError):
                await each.recv()
    await is_back(server)


async def is_back(server: Server) -> None:
    """Wait until the server echoes again."""
    while True:
        try:
            async with connect(f"{server.url}/echo") as ws:
                await ws.send("again")
                assert await ws.recv() == "again"
            break
        except OSError:
            await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("kind", ["ws", "wss"] if sys.version_info >= (3, 13) else ["ws"])
async def test_server_restarts_while_a_client_is_being_accepted(
    server: Server, kind: str, turns: int
) -> None:
    """A client that has connected a moment before, and says nothing, does not hold up a restart."""
    host, port = server.urls[kind]["server"].rpartition("/")[2].split(":")
    async with connect(f"{server.url}/echo"):
        with socket.create_connection((host, int(port))):
            for _ in range(turns):
                await asyncio.sleep(0)
            restarting = server.hub.restart(0)
            assert isinstance(restarting, asyncio.Task)
            await asyncio.wait_for(restarting, 5)
    await is_back(server)


async def test_nobody_gets_the_port_of_a_server_that_is_down(server: Server) -> None:
    """The port of a server that restarts is not free for others."""
    if sys.platform != "linux":
        pytest.skip("elsewhere a port can't be held without listening")
    async with connect(f"{server.url}/restart?delay_ms=200") as ws:
        await ws.send("now")
        with pytest.raises(ConnectionClosedError):
            await ws.recv()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", server.port))
    await is_back(server)


async def test_obeys(server: Server) -> None:
    """The client says what the server sends, and how it ends."""
    async with connect(f"{server.url}/obey") as ws:
        for command in ("!send 2", "nothing", "!send 1", "!close 4000 so long"):
            await ws.send(command)
        check(await received(ws), 3, 10, "text")
        assert (ws.close_code, ws.close_reason) == (4000, "so long")
    for command in ("!eof", "!reset"):
        async with connect(f"{server.url}/obey") as ws:
            await ws.send(command)
            assert await received(ws) == []
            assert ws.close_code == 1006


async def test_blast_waits_for_acknowledgements(server: Server) -> None:
    """Two windows are out at most."""
    async with connect(f"{server.url}/blast?count=100000&size=100&window=1000000") as ws:
        got = [await ws.recv() for _ in range(20_000)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                while True:
                    got.append(await ws.recv())
        assert len(got) < 30_000
        for _ in range(10):
            await ws.send("go on")
        got += [await ws.recv() for _ in range(100_000 - len(got))]
        check(got, 100_000, 100, "binary")


async def test_bytes_as_they_are_told(server: Server) -> None:
    """Frames and responses to the handshake are what the URL says."""
    async with connect(f"{server.url}/bytes?data=81026869") as ws:
        assert await received(ws) == ["hi"]
        assert ws.close_code == 1006
    for response, error in ((b"HTTP/1.1 418 Teapot\r\n\r\n", InvalidStatus), (b"\r\n", InvalidMessage)):
        with pytest.raises(error):
            async with connect(f"{server.url}/respond?data={response.hex()}"):
                pass


@pytest.mark.parametrize("text", ["kind=fire", "at=noon", "colour=red", "after=some"])
def test_faults_that_make_no_sense(text: str) -> None:
    """What the proxy does not know is refused."""
    with pytest.raises(ValueError):
        Fault.parse(text)
