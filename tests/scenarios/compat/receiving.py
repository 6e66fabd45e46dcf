"""Receiving: ``recv()``, ``recv_streaming()``, iteration, and the limit for messages."""

from __future__ import annotations

import asyncio

from .env import Env
from .registry import scenario
from .steps import assert_echoes, collect, failure, fill, settled

PLUS = "\N{GREEK SMALL LETTER ALPHA} + \N{GRINNING FACE}"


@scenario()
async def text_is_str_and_binary_is_bytes(env: Env) -> None:
    """``recv()`` gives what was sent as what it was sent."""
    async with env.connect("/echo") as websocket:
        for message in (PLUS, b"\x01\x02\xfe\xff", "", b""):
            await websocket.send(message)
            received = await websocket.recv()
            assert received == message
            assert type(received) is type(message)


@scenario()
async def decode_chooses_the_type(env: Env) -> None:
    """``decode=False`` gives bytes, ``decode=True`` gives str, whatever was sent."""
    async with env.connect("/echo") as websocket:
        for message in (PLUS, PLUS.encode()):
            await websocket.send(message)
            assert await websocket.recv(decode=False) == PLUS.encode()
            await websocket.send(message)
            assert await websocket.recv(decode=True) == PLUS
            await websocket.send(message)
            assert await websocket.recv(True) == PLUS


@scenario()
async def iteration_gives_all_messages(env: Env) -> None:
    """``async for`` gives text and binary in order, and ends with the connection."""
    async with env.connect("/send?count=6&size=4&kind=mixed") as websocket:
        messages = [message async for message in websocket]
    assert [type(message) for message in messages] == [str, bytes] * 3
    assert [str(message)[:1] for message in messages[::2]] == ["0", "2", "4"]


@scenario()
async def burst_arrives_whole_before_the_end(env: Env) -> None:
    """Messages that come together with the server's Close frame are received before the end is told."""
    async with env.connect("/burst?count=50&size=1000") as websocket:
        await asyncio.sleep(0.05)
        for _ in range(50):
            await websocket.recv()
        await failure(env.exceptions.ConnectionClosedOK, websocket.recv())


@scenario()
async def iteration_ends_after_an_end_without_error(env: Env) -> None:
    """Codes 1000 and 1001 and an empty Close frame end the iteration."""
    for path in ("/close?code=1000", "/close?code=1001", "/close"):
        async with env.connect(path) as websocket:
            assert await collect(aiter(websocket)) == []


@scenario()
async def iteration_raises_after_an_error(env: Env) -> None:
    """Any other code, and an end without one, raises ConnectionClosedError behind the messages."""
    for path in ("/send?count=2&code=1011", "/send?count=2&code=4000", "/reset?after=2", "/eof?after=2"):
        messages: list[object] = []
        async with env.connect(settled(path)) as websocket:
            await websocket.send("open")
            await failure(env.exceptions.ConnectionClosedError, fill(messages, websocket))
        assert len(messages) == 2, path


@scenario()
async def iteration_can_be_left_and_taken_up_again(env: Env) -> None:
    """``break`` loses nothing: the next iteration, or ``recv()``, goes on."""
    async with env.connect("/send?count=5&size=1") as websocket:
        async for message in websocket:
            assert message == "0:"
            break
        assert await websocket.recv() == "1:"
        assert await collect(aiter(websocket)) == ["2:", "3:", "4:"]


@scenario()
async def server_that_closes_is_told_with_its_code(env: Env) -> None:
    """The exception has both Close frames, and knows which came first."""
    async with env.connect("/close?code=1000&reason=done") as websocket:
        error = await failure(env.exceptions.ConnectionClosedOK, websocket.recv())
        assert (error.rcvd.code, error.rcvd.reason) == (1000, "done")
        assert (error.sent.code, error.sent.reason) == (1000, "done")
        assert error.rcvd_then_sent is True
        assert str(error) == "received 1000 (OK) done; then sent 1000 (OK) done"
        assert error.__cause__ is None
        assert (websocket.close_code, websocket.close_reason) == (1000, "done")
    async with env.connect("/close") as websocket:
        error = await failure(env.exceptions.ConnectionClosedOK, websocket.recv())
        assert (error.rcvd.code, error.sent.code) == (1005, 1005)
        assert websocket.close_code == 1005


@scenario()
async def error_code_of_the_server_is_an_error(env: Env) -> None:
    """A code other than 1000 and 1001 raises ConnectionClosedError with that code."""
    for code, name in ((1011, "internal error"), (1008, "policy violation"), (4000, "private use")):
        async with env.connect(f"/close?code={code}") as websocket:
            error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
            assert (error.rcvd.code, error.sent.code, error.rcvd_then_sent) == (code, code, True)
            assert str(error) == f"received {code} ({name}); then sent {code} ({name})"


@scenario()
async def lost_connection_has_no_close_frames(env: Env) -> None:
    """A connection that is dropped raises ConnectionClosedError without Close frames, with a cause."""
    async with env.connect(settled("/reset?after=1&size=1")) as websocket:
        await websocket.send("open")
        assert await websocket.recv() == "0:"
        error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
        assert (error.rcvd, error.sent, error.rcvd_then_sent) == (None, None, None)
        assert str(error) == "no close frame received or sent"
        assert isinstance(error.__cause__, OSError | EOFError)
        assert (websocket.close_code, websocket.close_reason) == (1006, "")


@scenario()
async def closed_connection_raises_every_time(env: Env) -> None:
    """Each call on a closed connection raises an exception of its own."""
    async with env.connect("/close?code=4000") as websocket:
        first = await failure(env.exceptions.ConnectionClosed, websocket.recv())
        second = await failure(env.exceptions.ConnectionClosed, websocket.recv())
        third = await failure(env.exceptions.ConnectionClosed, websocket.send("too late"))
        assert first is not second
        assert str(first) == str(second) == str(third)


@scenario()
async def malformed_text_fails_the_connection(env: Env) -> None:
    """Text that is not UTF-8 raises ConnectionClosedError."""
    async with env.connect(settled("/invalid-utf8")) as websocket:
        await websocket.send("open")
        error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
        assert error.rcvd is None
        # A page is not told what the browser tells the server.
        assert error.sent is None if env.ours else error.sent.code == 1007


@scenario()
async def binary_that_can_not_be_decoded_fails_the_connection(env: Env) -> None:
    """``decode=True`` of what is not UTF-8 closes with 1007; the cause is the UnicodeDecodeError."""
    id = env.new_id()
    async with env.connect(f"/echo?id={id}") as websocket:
        await websocket.send(b"\xff\xfe")
        error = await failure(env.exceptions.ConnectionClosedError, websocket.recv(decode=True))
        assert error.sent.code == 1007
        assert error.rcvd is None
        assert isinstance(error.__cause__, UnicodeDecodeError)
        assert str(error.sent) == "1007 (invalid frame payload data) invalid start byte at position 0"
    assert (await env.journal(id))["close_code"] == env.wire(1007)


@scenario()
async def message_over_max_size_fails_the_connection(env: Env) -> None:
    """A message over ``max_size`` closes with 1009, behind the messages that came before it."""
    id = env.new_id()
    async with env.connect(f"/echo?id={id}&compress=0", max_size=1000) as websocket:
        await websocket.send("x" * 1000)
        await websocket.send(b"x" * 1001)
        assert await websocket.recv() == "x" * 1000
        error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
        assert (error.sent.code, error.rcvd) == (1009, None)
        assert str(error.sent).endswith("frame with 1001 bytes exceeds limit of 1000 bytes")
        assert isinstance(error.__cause__, env.exceptions.PayloadTooBig)
        assert websocket.close_code == 1006
    assert (await env.journal(id))["close_code"] == env.wire(1009)


@scenario()
async def max_size_counts_utf8_bytes(env: Env) -> None:
    """``max_size`` counts what text takes as UTF-8; a pair has the limit for messages first."""
    async with env.connect("/echo?compress=0", max_size=(1000, None)) as websocket:
        await websocket.send("\N{EURO SIGN}" * 333)
        assert len(await websocket.recv()) == 333
        await websocket.send("\N{EURO SIGN}" * 334)
        error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
        assert error.sent.code == 1009


@scenario()
async def max_size_is_one_mebibyte_unless_it_is_none(env: Env) -> None:
    """The default limit is 1 MiB; ``None`` is no limit."""
    size = 2**20
    async with env.connect("/echo", max_size=None) as websocket:
        await websocket.send(bytes(size + 1))
        assert len(await websocket.recv()) == size + 1
    async with env.connect("/echo") as websocket:
        await websocket.send(bytes(size))
        assert len(await websocket.recv()) == size
        await websocket.send(bytes(size + 1))
        await failure(env.exceptions.ConnectionClosedError, websocket.recv())


@scenario()
async def streaming_gives_the_parts_of_a_message(env: Env) -> None:
    """The fragments of ``recv_streaming()`` make up the message, as the type that was asked for."""
    async with env.connect("/echo") as websocket:
        for message, decode, expected in (
            (PLUS, None, PLUS),
            (b"\x01\xff", None, b"\x01\xff"),
            (PLUS, False, PLUS.encode()),
            (PLUS.encode(), True, PLUS),
        ):
            await websocket.send(message)
            parts = await collect(websocket.recv_streaming(decode))
            assert type(expected)().join(parts) == expected
        await assert_echoes(websocket)


@scenario()
async def streaming_from_a_closed_connection_raises(env: Env) -> None:
    """``recv_streaming()`` raises what ``recv()`` raises."""
    async with env.connect("/close?code=1000") as websocket:
        await failure(env.exceptions.ConnectionClosedOK, collect(websocket.recv_streaming()))
    async with env.connect("/close?code=1011") as websocket:
        await failure(env.exceptions.ConnectionClosedError, collect(websocket.recv_streaming()))


@scenario()
async def late_messages_are_received_after_close(env: Env) -> None:
    """Messages that have arrived before ``close()`` are there after it, then the end."""
    async with env.connect("/send?count=3&size=1&close=0") as websocket:
        assert await websocket.recv() == "0:"
        await asyncio.sleep(0.05)
        await websocket.close()
        assert [await websocket.recv(), await websocket.recv()] == ["1:", "2:"]
        await failure(env.exceptions.ConnectionClosedOK, websocket.recv())
