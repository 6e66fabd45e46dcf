"""The test server misbehaves exactly as its routes say, and never outstays a client or its own end."""

import asyncio
from collections.abc import AsyncIterator
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)
from websockets.frames import Close

from tests.server import ROUTES, Server, serve
from tests.server.client import (
    close_with_rst,
    connect,
    journal,
    read_to_end,
    received,
    send_until_full,
    serve_briefly,
    shake,
    shaken,
)
from tests.server.payload import check
from tests.server.wire import CLOSE, TEXT, close_frame, masked_frame

HUNG = ("/never-reads", "/never-answers-close", "/never-handshakes", "/slow-handshake?delay_ms=60000")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve_briefly() as server:
        yield server


# Misbehaving routes


@pytest.mark.parametrize(
    ("target", "code", "why"),
    [
        ("/invalid-utf8", 1007, "invalid continuation byte at position 0"),
        ("/reserved-bits", 1002, "reserved bits must be 0"),
        ("/bad-opcode", 1002, "invalid opcode"),
        ("/masked-frame", 1002, "incorrect masking"),
        ("/oversized-control", 1002, "control frame too long"),
        ("/continuation-first", 1002, "unexpected continuation frame"),
        ("/close-1-byte", 1002, "close frame too short"),
        ("/close-bad-code", 1002, "invalid status code"),
        ("/close-bad-code?code=999", 1002, "invalid status code"),
        ("/message-then-garbage?after=0", 1002, "invalid opcode"),
        ("/close-after-partial", 1002, "incomplete fragmented message"),
    ],
)
async def test_malformed_frames_fail_the_connection(
    server: Server, target: str, code: int, why: str
) -> None:
    """A strict client fails with the matching error and says so in its own Close frame."""
    url = f"{server.url}{target}{'&' if '?' in target else '?'}id=bad"
    async with connect(url) as ws:
        with pytest.raises(ConnectionClosedError):
            await ws.recv()
        assert ws.protocol.close_sent == Close(code, why)
    assert (await server.entry("bad"))["close_code"] == code


@pytest.mark.parametrize("path", ["/message-then-garbage", "/close-after-partial", "/eof", "/reset"])
async def test_what_came_before_the_fault_is_whole(server: Server, path: str) -> None:
    """Messages sent before the fault arrive, and nothing but them."""
    async with connect(f"{server.url}{path}?after=7&size=100") as ws:
        check(await received(ws), 7, 100, "text")


@pytest.mark.parametrize("path", ["/eof", "/truncated-frame"])
async def test_tcp_ends_without_a_close_frame(server: Server, path: str) -> None:
    """The client sees the end of the stream and no Close frame."""
    async with connect(server.url + path) as ws:
        assert await received(ws) == []
        assert ws.protocol.close_rcvd is None
        assert not isinstance(ws.close_exc.__cause__, ConnectionResetError)


@pytest.mark.parametrize("path", ["/reset", "/reset-on-message"])
async def test_reset_is_a_reset(server: Server, path: str) -> None:
    """The socket fails with ECONNRESET, and the journal says that the server did it."""
    sock = await shaken(server, f"{path}?id=reset")
    if path == "/reset-on-message":
        sock.sendall(masked_frame(TEXT, b"go", b"key!"))
    with pytest.raises(ConnectionResetError):
        await asyncio.to_thread(sock.recv, 1)
    sock.close()
    assert (await server.entry("reset"))["ended"] == "server"


async def test_never_answers_close(server: Server) -> None:
    """The messages come; the client's Close stays unanswered until the client gives up."""
    url = f"{server.url}/never-answers-close?count=3&id=silent"
    async with connect(url, close_timeout=0.2) as ws:
        check([await ws.recv() for _ in range(3)], 3, 10, "text")
        await ws.close(3000)
        assert ws.protocol.close_rcvd is None
    entry = await server.entry("silent")
    assert (entry["close_code"], entry["ended"]) == (3000, "close")


async def test_never_reads(server: Server) -> None:
    """Writes block soon, and the server notices when the client goes away."""
    sock = await shaken(server, "/never-reads?id=deaf")
    assert await asyncio.to_thread(send_until_full, sock, 100_000_000) < 50_000_000
    close_with_rst(sock)
    assert (await server.entry("deaf"))["bytes_received"] == 0


async def test_simultaneous_close(server: Server) -> None:
    """The client's Close is met with one of the server's own, and not answered besides."""
    sock = await shaken(server, "/simultaneous-close?code=3456&reason=mine")
    sock.sendall(masked_frame(CLOSE, b"\x0b\xb8", b"key!"))
    assert await asyncio.to_thread(read_to_end, sock) == close_frame(3456, "mine")
    sock.close()


# The handshake


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_refuse_answers_with_that_status(server: Server, status: int) -> None:
    """The handshake is refused with the HTTP status asked for."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"{server.url}/refuse?status={status}&id=no")
    assert caught.value.response.status_code == status
    assert not (await server.entry("no"))["opened"]


@pytest.mark.parametrize(
    ("target", "status", "why"),
    [
        ("/nowhere", 404, "no route /nowhere"),
        ("/send?cuont=3", 400, "not 'cuont'"),
        ("/send?kind=other", 400, "none of text, binary, mixed"),
        ("/send?count=-1", 400, "below zero"),
        ("/send?close=yes", 400, "neither 0 nor 1"),
    ],
)
async def test_a_wrong_url_is_refused_with_a_reason(
    server: Server, target: str, status: int, why: str
) -> None:
    """A typo in a test's URL doesn't pass unnoticed."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(server.url + target)
    assert caught.value.response.status_code == status
    assert why in bytes(caught.value.response.body).decode()


@pytest.mark.parametrize("path", ["/wrong-accept", "/unasked-extension", "/wrong-subprotocol"])
async def test_a_wrong_response_fails_the_handshake(server: Server, path: str) -> None:
    """A strict client doesn't put up with what the server didn't have to, or couldn't, answer."""
    with pytest.raises(InvalidHandshake):
        await connect(server.url + path, subprotocols=["asked"])  # type: ignore[list-item]


async def test_no_subprotocol(server: Server) -> None:
    """The server selects none although some are offered, and echoes if the client stays."""
    async with connect(f"{server.url}/no-subprotocol", subprotocols=["a"]) as ws:  # type: ignore[list-item]
        assert ws.subprotocol is None
        await ws.send("well")
        assert await ws.recv() == "well"


async def test_never_handshakes(server: Server) -> None:
    """The handshake stays unanswered for as long as the client waits."""
    with pytest.raises(TimeoutError):
        await connect(f"{server.url}/never-handshakes?id=mute", open_timeout=0.2)
    assert not (await server.entry("mute"))["opened"]


async def test_requested(server: Server) -> None:
    """Whoever asks over HTTP for a connection's request is answered when it is there."""
    url = f"{server.url.replace('ws', 'http', 1)}/requested?id=late"
    answer = asyncio.ensure_future(asyncio.to_thread(urlopen, url, timeout=10))
    async with connect(f"{server.url}/echo"):
        assert not answer.done()
    connecting = asyncio.ensure_future(connect(f"{server.url}/never-handshakes?id=late"))
    assert (await answer).status == 204
    connecting.cancel()


async def test_drop_handshake(server: Server) -> None:
    """TCP ends in the middle of the response."""
    with pytest.raises(InvalidMessage):
        await connect(f"{server.url}/drop-handshake")


async def test_slow_handshake(server: Server) -> None:
    """The handshake comes no earlier than asked, and then all is well."""
    started = asyncio.get_running_loop().time()
    async with connect(f"{server.url}/slow-handshake?delay_ms=200") as ws:
        assert asyncio.get_running_loop().time() - started >= 0.19
        await ws.send("there")
        assert await ws.recv() == "there"


# Many connections, and the end of them


async def test_255_connections_at_once(server: Server) -> None:
    """As many as a browser may open all live at the same time."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_open(f"{server.url}/echo")) for _ in range(255)]
    clients = [task.result() for task in tasks]
    assert len(server.connections) == 255
    for index, ws in enumerate(clients):
        await ws.send(str(index))
    assert [await ws.recv() for ws in clients] == [str(index) for index in range(255)]
    await asyncio.gather(*(ws.close() for ws in clients))


async def _open(url: str) -> ClientConnection:
    return await connect(url)


async def test_a_hung_connection_disturbs_no_other(server: Server) -> None:
    """While floods and hung routes go on, /echo answers."""
    targets = (*HUNG, "/flood?total=1000000000", "/sink?delay_ms=60000")
    others = [shake(server, target) for target in targets]
    async with connect(f"{server.url}/echo") as ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"
    for sock in others:
        sock.close()


@pytest.mark.parametrize("path", ROUTES)
async def test_a_client_that_vanishes_leaves_nothing_behind(server: Server, path: str) -> None:
    """Whatever the route was doing, its tasks end with the connection."""
    before = asyncio.all_tasks()
    slow = {"/send": "?count=1000&delay_ms=60000", "/slow-handshake": "?delay_ms=60000"}
    sock = shake(server, path + slow.get(path, ""))
    await journal(server, "id=somebody-else&wait=0")  # by now the first is being served
    close_with_rst(sock)
    left = asyncio.all_tasks() - before
    if left:
        await asyncio.wait_for(asyncio.wait(left), 5)
    assert not server.connections


async def test_stopping_is_prompt_with_hung_connections() -> None:
    """A server full of hung routes stops within a second."""
    async with asyncio.timeout(10), serve() as server:
        hung = (*HUNG, "/echo", "/flood?total=1000000000", "/send?delay_ms=60000", "/journal?id=x")
        socks = [shake(server, target) for target in hung]
        await journal(server, "id=x&wait=0")
        started = asyncio.get_running_loop().time()
        await server.stop()
        assert asyncio.get_running_loop().time() - started < 1
    for sock in socks:
        sock.close()
