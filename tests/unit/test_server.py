"""The test server's well-behaved routes and its journal keep their promises."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.server import Server
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
from tests.server.payload import KINDS, check, framed, message, sample
from tests.server.wire import CLOSE, TEXT, close_frame, frame, masked_frame


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve_briefly() as server:
        yield server


# Well-behaved routes


@pytest.mark.parametrize("compress", [0, 1])
async def test_echo_returns_text_and_binary_of_any_size(server: Server, compress: int) -> None:
    """Text comes back as text and binary as binary, from nothing to 16 MB."""
    messages: list[str | bytes] = [
        "",
        b"",
        "häß🦊",
        b"\x00\xff",
        "t" * 70_000,
        bytes(range(256)) * 62_500,
    ]
    async with connect(f"{server.url}/echo?compress={compress}") as ws:
        for each in messages:
            await ws.send(each)
            assert await ws.recv() == each
        assert bool(ws.protocol.extensions) == bool(compress)


async def test_the_first_subprotocol_offered_is_selected(server: Server) -> None:
    """Of several subprotocols the server takes the first, and none where none is offered."""
    async with connect(f"{server.url}/echo", subprotocols=["one", "two"]) as ws:  # type: ignore[list-item]
        assert ws.subprotocol == "one"
    async with connect(f"{server.url}/echo") as ws:
        assert ws.subprotocol is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/send", "/burst"])
@pytest.mark.parametrize("compress", [0, 1])
async def test_the_whole_sequence_arrives(server: Server, path: str, kind: str, compress: int) -> None:
    """/send and /burst deliver count messages of that size and kind, then the code and reason."""
    query = f"count=300&size=500&kind={kind}&code=3210&reason=done&compress={compress}"
    async with connect(f"{server.url}{path}?{query}") as ws:
        check(await received(ws), 300, 500, kind)
        assert (ws.close_code, ws.close_reason) == (3210, "done")


async def test_samples_are_numbered_and_can_be_computed(server: Server) -> None:
    """/samples sends what `sample` gives, as many as were asked for, and closes with 1000."""
    async with connect(f"{server.url}/samples?count=30&delay_ms=0") as ws:
        came = [json.loads(each) for each in await received(ws)]
        assert came == [{"index": index, "value": sample(index)} for index in range(30)]
        assert ws.close_code == 1000


async def test_samples_go_on_for_as_long_as_the_client_stays(server: Server) -> None:
    """Without a count, /samples ends when the client closes."""
    async with connect(f"{server.url}/samples?delay_ms=0&id=endless") as ws:
        for index in range(100):
            assert json.loads(await ws.recv())["index"] == index
    assert (await server.entry("endless"))["close_code"] == 1000


async def test_a_chat_room_gets_what_each_member_says(server: Server) -> None:
    """/chat sends text and binary to everyone in the room, the sender too, and to nobody else."""
    async with (
        connect(f"{server.url}/chat?room=a&id=a1") as one,
        connect(f"{server.url}/chat?room=a&compress=0") as two,
        connect(f"{server.url}/chat?room=b") as other,
    ):
        for message in ("häß🦊", b"\x00\xff"):
            await two.send(message)
            assert await one.recv() == await two.recv() == message
        await other.send("bye")
        assert await other.recv() == "bye"
    assert (await server.entry("a1"))["bytes_sent"] == 9 + 2


async def test_a_chat_goes_on_without_a_member_who_has_vanished(server: Server) -> None:
    """Nobody has to wait for a client that reads nothing, or has gone without a word."""
    silent = await shaken(server, "/chat?room=c")
    async with connect(f"{server.url}/chat?room=c") as ws:
        for _ in range(100):
            await ws.send(bytes(100_000))
            assert await ws.recv() == bytes(100_000)
        silent.close()
        await ws.send("still here")
        assert await ws.recv() == "still here"


def test_sizes_too_small_for_the_number_give_way() -> None:
    """Text is never cut, binary is never shorter than 4 bytes, and the checker sees a difference."""
    assert message(12, 1, "text") == "12:"
    assert message(12, 6, "text") == "12:xxx"
    assert message(258, 0, "binary") == b"\x00\x00\x01\x02"
    assert message(1, 6, "mixed") == b"\x00\x00\x00\x01\x00\x00"
    with pytest.raises(AssertionError, match="message 1 is"):
        check(["0:", "2:"], 2, 1, "text")
    with pytest.raises(AssertionError, match="1 messages came, 2 were sent"):
        check(["0:"], 2, 1, "text")


async def test_send_without_close_stays_open(server: Server) -> None:
    """/send?close=0 reads on behind its messages, until the client closes."""
    async with connect(f"{server.url}/send?count=2&close=0&id=stay") as ws:
        assert [await ws.recv(), await ws.recv()] == ["0:xxxxxxxx", "1:xxxxxxxx"]
        await ws.send("still there?")
        await ws.close(3000)
    entry = await server.entry("stay")
    assert (entry["text_received"], entry["close_code"]) == (1, 3000)


async def test_burst_is_one_write(server: Server) -> None:
    """The handshake response, all messages and the Close frame come with the first read."""
    sock = shake(server, "/burst?count=20&size=50&code=3000")
    first = await asyncio.to_thread(sock.recv, 1 << 16)
    assert first.startswith(b"HTTP/1.1 101 ")
    assert first.endswith(frame(TEXT, b"19:" + b"x" * 47) + close_frame(3000))
    sock.close()


@pytest.mark.parametrize(
    ("query", "rcvd"),
    [("", Close(1005, "")), ("?code=3000&reason=b%C3%BFe", Close(3000, "bÿe"))],
)
@pytest.mark.parametrize("path", ["/close", "/close-on-message"])
async def test_close_sends_that_code_and_reason(
    server: Server, path: str, query: str, rcvd: Close
) -> None:
    """/close closes at once, /close-on-message when a message comes; without code: an empty frame."""
    async with connect(server.url + path + query) as ws:
        if path == "/close-on-message":
            await ws.send("now")
        assert await received(ws) == []
        assert ws.protocol.close_rcvd == rcvd


async def test_closing_does_not_wait_for_what_nobody_reads(server: Server) -> None:
    """A client that sends much to a route that doesn't read still gets its Close answered."""
    async with connect(f"{server.url}/close-on-message?code=3000&id=much&compress=0") as ws:
        with suppress(ConnectionClosed):
            for _ in range(2000):
                await ws.send(b"x" * 1000)
        await ws.wait_closed()
        assert ws.close_code == 3000
    assert (await server.entry("much"))["ended"] == "close"


@pytest.mark.parametrize("target", ["/sink?delay_ms=60000", "/sink?delay_ms=60000&chunk=100"])
async def test_a_slow_sink_pushes_back(server: Server, target: str) -> None:
    """A sink with a delay stops reading, so that the client's writes block."""
    sock = await shaken(server, target)
    assert await asyncio.to_thread(send_until_full, sock, 100_000_000) < 50_000_000
    sock.close()


async def test_a_paced_sink_reads_it_all_in_the_end(server: Server) -> None:
    """Pacing loses nothing."""
    sent = [message(index, 1000, "mixed") for index in range(200)]
    async with connect(f"{server.url}/sink?delay_ms=1&chunk=5000&id=paced&compress=0") as ws:
        for each in sent:
            await ws.send(each)
    entry = await server.entry("paced")
    assert entry["sha256"] == sha256(b"".join(map(framed, sent))).hexdigest()


async def test_digest_tells_what_has_arrived(server: Server) -> None:
    """Each text is answered with the count and the hash of the bytes before it."""
    async with connect(f"{server.url}/digest") as ws:
        for sent in (b"", b"one", b"onetwo"):
            await ws.send(sent[-3:])
            await ws.send("?")
            answer = json.loads(await ws.recv())
            assert answer == {"bytes": len(sent), "sha256": sha256(sent).hexdigest()}


async def test_flood_waits_for_a_client_that_does_not_read(server: Server) -> None:
    """The kernel takes what it has room for and no more; the rest comes when the client reads."""
    total = 100_000_000
    sock = await shaken(server, f"/flood?total={total}&size=100000&id=flood")
    await journal(server, "id=flood&wait=open")
    entry = await journal(server, "id=flood&wait=0")
    assert entry["ended"] is None
    assert entry["bytes_drained"] < 50_000_000
    assert entry["bytes_sent"] - entry["bytes_drained"] < 1_000_000
    sock.sendall(masked_frame(CLOSE, b"", b"key!"))
    data = await asyncio.to_thread(read_to_end, sock)
    sock.close()
    assert len(data) < total
    entry = await server.entry("flood")
    assert (entry["ended"], entry["close_code"]) == ("close", 1005)


async def test_flood_sends_all(server: Server) -> None:
    """A client that reads gets as many bytes as it asked for, numbered, and a normal close."""
    async with connect(f"{server.url}/flood?total=1000000&size=4096&compress=0") as ws:
        check(await received(ws), 245, 4096, "binary")
        assert ws.close_code == 1000


async def test_headers_tells_what_came(server: Server) -> None:
    """The first message shows the request as the server saw it, then messages are echoed."""
    extra = {"X-Test": "yes"}
    url = f"{server.url}/headers?id=me"
    async with connect(url, subprotocols=["a", "b"], additional_headers=extra) as ws:  # type: ignore[list-item]
        told = json.loads(await ws.recv())
        assert told["path"] == "/headers?id=me"
        assert told["headers"]["x-test"] == "yes"
        assert told["subprotocols"] == ["a", "b"]
        await ws.send("again")
        assert await ws.recv() == "again"


async def test_pingpong_counts_the_answers(server: Server) -> None:
    """/pingpong goes on when its pings are answered."""
    async with connect(f"{server.url}/pingpong?count=5") as ws:
        assert await received(ws) == ["5"]


# The journal


async def test_the_journal_may_be_asked_first(server: Server) -> None:
    """A question about a connection that is yet to come is answered when that has ended."""
    question = asyncio.create_task(journal(server, "id=later"))
    sent: list[str | bytes] = ["text", b"binary", "ü"]
    async with connect(f"{server.url}/echo?id=later", subprotocols=["p"]) as ws:  # type: ignore[list-item]
        for each in sent:
            await ws.send(each)
            await ws.recv()
        await ws.close(3001, "bye")
    assert await question | {"bytes_drained": 0} == {
        "id": "later",
        "path": "/echo",
        "opened": True,
        "subprotocol": "p",
        "extensions": ["permessage-deflate"],
        "messages_received": 3,
        "text_received": 2,
        "binary_received": 1,
        "bytes_received": 12,
        "sha256": sha256(b"".join(map(framed, sent))).hexdigest(),
        "messages_sent": 3,
        "bytes_sent": 12,
        "bytes_drained": 0,
        "close_code": 3001,
        "close_reason": "bye",
        "ended": "close",
    }


async def test_the_journal_waits_for_what_it_is_asked(server: Server) -> None:
    """wait=open, wait=close and messages= answer while the connection still lives."""
    opened = asyncio.create_task(journal(server, "id=w&wait=open"))
    closing = asyncio.create_task(journal(server, "id=w&wait=close"))
    sock = await shaken(server, "/never-answers-close?id=w")
    assert (await opened)["opened"]
    two = asyncio.create_task(journal(server, "id=w&wait=0&messages=2"))
    sock.sendall(masked_frame(TEXT, b"1", b"key!") + masked_frame(TEXT, b"2", b"key!"))
    assert (await two)["text_received"] == 2
    sock.sendall(masked_frame(CLOSE, b"\x0b\xb8why", b"key!"))
    entry = await closing
    assert (entry["close_code"], entry["close_reason"], entry["ended"]) == (3000, "why", None)
    sock.close()
    assert (await server.entry("w"))["ended"] == "close"


async def test_the_journal_hashes_fragmented_messages_whole(server: Server) -> None:
    """Fragments make one message."""
    async with connect(f"{server.url}/sink?id=parts") as ws:
        await ws.send(["one ", "message"])
    entry = await server.entry("parts")
    assert entry["messages_received"] == 1
    assert entry["sha256"] == sha256(framed("one message")).hexdigest()


@pytest.mark.parametrize(("linger", "ending"), [(False, "eof"), (True, "reset")])
async def test_the_journal_tells_how_tcp_ended(server: Server, linger: bool, ending: str) -> None:
    """A client that leaves without a Close frame has no code, and left by FIN or by RST."""
    sock = await shaken(server, "/echo?id=gone")
    if linger:
        close_with_rst(sock)
    sock.close()
    entry = await server.entry("gone")
    assert (entry["ended"], entry["close_code"], entry["close_reason"]) == (ending, None, None)


async def test_an_id_used_again_names_the_newer_connection(server: Server) -> None:
    """Connections that share an id are told apart by time."""
    for code in (3000, 3001):
        async with connect(f"{server.url}/echo?id=same") as ws:
            await ws.close(code)
    assert (await server.entry("same"))["close_code"] == 3001
