"""The closing handshake: with unread data, with messages still coming, and with a peer that is slow."""

from __future__ import annotations

import asyncio

from websocketstream import WebSocketError, WebSocketOpenInfo

from .env import Env
from .payload import check
from .registry import scenario
from .steps import Message, failure, read_all, read_until_error


@scenario()
async def writer_close_waits_for_the_end_of_the_handshake(env: Env) -> None:
    """writer.close() is not done before the server has answered the Close frame."""
    id = env.new_id()
    # The server takes 200 bytes every 10 ms, so that the Close frame is long in coming.
    stream = env.stream(f"/sink?chunk=200&delay_ms=10&id={id}&compress=0")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    for _ in range(20):
        await writer.write(bytes(100))
    closing = asyncio.ensure_future(writer.close())
    done = False
    while not done:
        done = closing.done()
        entry = await env.journal(id, wait="no")
        assert entry["close_code"] == 1005 or not done, "done before the server had the Close frame"
    await closing
    assert entry["messages_received"] == 20


@scenario()
async def unread_messages_are_delivered_after_close(env: Env) -> None:
    """What had arrived before close() can still be read after it, to a clean end."""
    stream = env.stream("/send?count=50&close=0")
    opened = await stream.opened
    last = await _arrived(opened, 50)
    stream.close(3000, "enough")
    assert await stream.closed == (3000, "enough")
    check([*await read_all(opened.readable), last], 50, 10, "text")


@scenario(timeout=15)
async def close_with_unread_data_ends_at_once(env: Env) -> None:
    """Half a megabyte that nobody has read does not hold up a close, and is still there after it."""
    stream = env.stream("/send?count=500&size=1000&close=0", close_timeout=10)
    opened = await stream.opened
    last = await _arrived(opened, 500)
    async with asyncio.timeout(8):
        stream.close(4000)
        assert await stream.closed == (4000, "")
    check([*await read_all(opened.readable), last], 500, 1000, "text")


async def _arrived(opened: WebSocketOpenInfo, count: int) -> Message:
    """Wait until so many messages have arrived; take the last, and leave the others unread."""
    with opened.readable.get_reader() as reader:
        reads = [reader.read() for _ in range(count)]
        message = (await reads[-1]).value
        assert message is not None
        # The others were asked for and never taken: that gives them back.
        reads.clear()
        return message


@scenario()
async def close_in_a_flood_leaves_no_gap(env: Env) -> None:
    """A close while messages stream in is answered; those that are delivered have no gap."""
    # So long that the server can't have come to its end, where it closes by itself, when the close is
    # sent, however late that is: the server stops sending when it comes.
    stream = env.stream("/flood?size=1000&total=50000000000")
    opened = await stream.opened
    reader = opened.readable.get_reader()
    first = await reader.read()
    assert first.value is not None
    stream.close(4001)
    assert await stream.closed == (4001, "")
    reader.release_lock()
    messages = [first.value, *await read_all(opened.readable)]
    # How many is up to the browser: classic WebSocket drops what arrives after close().
    check(messages, len(messages), 1000, "binary")


@scenario()
async def peer_that_never_answers_the_close_is_given_up(env: Env) -> None:
    """After ``close_timeout`` the connection ends with 1006; what came before is read first."""
    id = env.new_id()
    stream = env.stream(f"/never-answers-close?count=3&id={id}", close_timeout=0.2)
    opened = await stream.opened
    last = await _arrived(opened, 3)
    stream.close(4000, "answer me")
    error = await failure(WebSocketError, stream.closed)
    assert (error.close_code, error.reason) == (1006, "")
    assert "close_timeout=0.2" in str(error)
    messages, read_error = await read_until_error(WebSocketError, opened.readable)
    check([*messages, last], 3, 10, "text")
    assert read_error is error
    assert (await env.journal(id, wait="close"))["close_code"] == 4000


@scenario()
async def writer_close_fails_when_it_is_never_answered(env: Env) -> None:
    """writer.close() raises the same error as ``closed`` when the peer does not answer."""
    stream = env.stream("/never-answers-close", close_timeout=0.1)
    opened = await stream.opened
    writer = opened.writable.get_writer()
    error = await failure(WebSocketError, writer.close())
    assert error.close_code == 1006
    assert await failure(WebSocketError, stream.closed) is error
    assert await failure(WebSocketError, writer.closed) is error


@scenario()
async def servers_code_wins_when_both_close_at_once(env: Env) -> None:
    """When the Close frames cross, ``closed`` tells the server's code and reason."""
    id = env.new_id()
    stream = env.stream(f"/simultaneous-close?code=4222&reason=remote&id={id}")
    await stream.opened
    stream.close(4111, "local")
    assert await stream.closed == (4222, "remote")
    assert (await env.journal(id))["close_code"] == 4111
