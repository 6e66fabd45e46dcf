"""Servers that break the rules: each ends in a defined error, after what came before."""

from __future__ import annotations

import asyncio

from websocketstream import WebSocketError, WebSocketOpenInfo, WebSocketStream

from .env import Env
from .payload import check
from .registry import scenario
from .steps import failure, outcome, read_until_error, refusal, settled


async def _assert_lost(env: Env, path: str, count: int = 0, size: int = 10) -> None:
    """Connect, get so many messages, then an error with the code 1006 everywhere."""
    stream = env.stream(settled(path))
    opened = await stream.opened
    messages, error = await read_until_error(WebSocketError, opened.readable)
    check(messages, count, size, "text")
    assert (error.close_code, error.reason) == (1006, "")
    assert await failure(WebSocketError, stream.closed) is error
    with opened.writable.get_writer() as writer:
        assert await failure(WebSocketError, writer.ready) is error


@scenario()
async def reset_is_an_error_after_what_came_before(env: Env) -> None:
    """A connection that the server resets ends in an error, after the messages that arrived."""
    await _assert_lost(env, "/reset")
    await _assert_lost(env, "/reset?after=5", 5)
    await _assert_lost(env, "/reset?after=50&size=1000", 50, 1000)


@scenario()
async def connection_dropped_at_once_is_an_error(env: Env) -> None:
    """A connection that ends right behind the handshake was never open, or was open and is lost."""
    for path in ("/reset", "/eof", "/truncated-frame", "/bad-opcode"):
        stream = env.stream(path)
        opened = await outcome(stream.opened)
        error = await failure(WebSocketError, stream.closed)
        assert error.close_code == 1006
        if isinstance(opened, WebSocketOpenInfo):
            assert (await read_until_error(WebSocketError, opened.readable))[1] is error
        else:
            assert isinstance(opened, WebSocketError)


@scenario()
async def end_of_tcp_is_an_error_after_what_came_before(env: Env) -> None:
    """A connection that ends without a Close frame ends in an error, after the messages."""
    await _assert_lost(env, "/eof")
    await _assert_lost(env, "/eof?after=5", 5)


@scenario()
async def truncated_frame_is_an_error(env: Env) -> None:
    """Half a message is never delivered."""
    await _assert_lost(env, "/truncated-frame")


@scenario()
async def invalid_utf8_is_an_error(env: Env) -> None:
    """A text message that is not UTF-8 ends the connection."""
    await _assert_lost(env, "/invalid-utf8")


@scenario()
async def malformed_frames_are_errors(env: Env) -> None:
    """Reserved bits, unknown opcodes, and misplaced or oversized frames end the connection."""
    for path in ("/reserved-bits", "/bad-opcode", "/oversized-control", "/continuation-first"):
        await _assert_lost(env, path)


@scenario()
async def masked_frame_is_an_error_or_a_message(env: Env) -> None:
    """A masked frame ends the connection, or is read as what it says: engines differ."""
    stream = env.stream(settled("/masked-frame"))
    reader = (await stream.opened).readable.get_reader()
    result = await outcome(reader.read())
    if isinstance(result, WebSocketError):
        assert await failure(WebSocketError, stream.closed) is result
    else:
        assert result == ("masked", False)
        stream.close()
        await stream.closed


@scenario()
async def messages_before_a_malformed_frame_are_delivered(env: Env) -> None:
    """What came in one write with a malformed frame, but before it, can be read."""
    await _assert_lost(env, "/message-then-garbage", 1)
    await _assert_lost(env, "/message-then-garbage?after=20&size=100", 20, 100)


@scenario()
async def malformed_close_frames_are_errors(env: Env) -> None:
    """A Close frame with a code that must not be sent is no clean close; half a code is no code."""
    for path in (
        "/close-1-byte",
        "/close-bad-code?code=1005",
        "/close-bad-code?code=1006",
        "/close-bad-code?code=1015",
    ):
        stream = env.stream(settled(path))
        opened = await stream.opened
        ended = await outcome(stream.closed)
        if ended == (1005, ""):
            # What some engines make of half a code; and of 1005 itself, which says just that.
            assert path in ("/close-1-byte", "/close-bad-code?code=1005")
            assert [message async for message in opened.readable] == []
            continue
        assert isinstance(ended, WebSocketError)
        # Browsers tell either that there was no valid Close frame, or what they answered.
        assert ended.close_code in (1002, 1006, 1015), f"{path}: {ended.close_code}"
        assert (await read_until_error(WebSocketError, opened.readable))[1] is ended


@scenario()
async def half_a_fragmented_message_is_dropped_by_a_close(env: Env) -> None:
    """A Close frame in the middle of a fragmented message is clean; the fragment is not delivered."""
    env.require(env.kind != "library", "the websockets library takes this for a protocol error")
    stream = env.stream("/close-after-partial?after=3&code=4000&reason=sorry")
    opened = await stream.opened
    check([message async for message in opened.readable], 3, 10, "text")
    assert await stream.closed == (4000, "sorry")


@scenario()
async def reset_upon_a_message_is_an_error(env: Env) -> None:
    """A server that resets when it is written to ends in the same error for both sides."""
    stream = env.stream("/reset-on-message")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    await writer.write("boom")
    error = await failure(WebSocketError, stream.closed)
    assert error.close_code == 1006
    assert await failure(WebSocketError, writer.ready) is error
    assert (await read_until_error(WebSocketError, opened.readable))[1] is error


@scenario()
async def waiting_reads_get_the_error(env: Env) -> None:
    """Reads that wait when the connection is lost raise its error, all of them."""
    stream = env.stream("/reset-on-message")
    opened = await stream.opened
    with opened.readable.get_reader() as reader:
        reads = [asyncio.ensure_future(failure(WebSocketError, reader.read())) for _ in range(3)]
        closed = asyncio.ensure_future(failure(WebSocketError, reader.closed))
        opened.writable.get_writer().write("boom")
        error = await failure(WebSocketError, stream.closed)
        assert await asyncio.gather(*reads, closed) == [error] * 4


@scenario()
async def pings_are_answered(env: Env) -> None:
    """The browser answers the server's pings by itself."""
    stream = env.stream("/pingpong?count=3")
    assert [message async for message in (await stream.opened).readable] == ["3"]
    assert await stream.closed == (1000, "")


@scenario()
async def failed_streams_stay_failed(env: Env) -> None:
    """Nothing that is called after a failed handshake raises anything unexpected, or hangs."""
    stream = env.stream("/refuse")
    await failure(WebSocketError, stream.opened)
    stream.close()
    stream.close(4000, "again")
    await failure(WebSocketError, stream.closed)
    assert "closed" in repr(stream)
    refusal(TypeError, stream.close, "4000")

    async def enter(stream: WebSocketStream) -> None:
        async with stream:
            raise AssertionError("there is no connection to be used")

    await failure(WebSocketError, enter(stream))
