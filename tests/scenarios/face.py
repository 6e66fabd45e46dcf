"""The short way: ``send``, ``recv`` and ``async for`` on the stream itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websocketstream import InvalidStateError, WebSocketError, WebSocketStream

from .env import Env, Skip
from .payload import check
from .registry import scenario
from .steps import (
    INSATIABLE,
    Message,
    cancel_at_every_moment,
    digest,
    failure,
    outcome,
    refusal,
    settled,
)

SOON = 0.03


async def _assert_works(ws: WebSocketStream) -> None:
    """Show that a connection to /echo works in both directions, with nothing else on its way."""
    await ws.send("does it still work?")
    assert await ws.recv() == "does it still work?"


async def _iterate(ws: WebSocketStream, messages: list[Message]) -> None:
    async for message in ws:
        messages.append(message)


@scenario(quick=True)
async def text_and_binary_are_sent_and_received(env: Env) -> None:
    """``send`` takes text and anything bytes-like, ``recv`` gives ``str`` and ``bytes`` back."""
    async with env.stream("/echo") as ws:
        for message in ("text", "Straße → 🏠", "", b"binary", b"", b"\x00\xff" * 5000):
            await ws.send(message)
            received = await ws.recv()
            assert type(received) is type(message)
            assert received == message
        for buffer in (bytearray(b"buffer"), memoryview(b"buffer")):
            await ws.send(buffer)
            assert await ws.recv() == b"buffer"


@scenario(quick=True)
async def loop_over_the_stream_gives_every_message(env: Env) -> None:
    """``async for`` gives all messages in order, and ends when the server has closed cleanly."""
    for code in (1000, 4001):
        async with env.stream(f"/send?count=200&kind=mixed&code={code}&reason=over") as ws:
            messages: list[Message] = []
            await _iterate(ws, messages)
            check(messages, 200, 10, "mixed")
            await _iterate(ws, messages)
            assert len(messages) == 200
            assert await ws.closed == (code, "over")


@scenario()
async def loop_that_is_left_keeps_the_rest(env: Env) -> None:
    """Leaving the loop early loses nothing: the next loop, or ``recv``, goes on behind it."""
    async with env.stream("/send?count=30") as ws:
        messages: list[Message] = []
        async for message in ws:
            messages.append(message)
            if len(messages) == 10:
                break
        messages.append(await ws.recv())
        assert not ws.readable.locked
        await _iterate(ws, messages)
    check(messages, 30, 10, "text")


@scenario()
async def recv_can_be_called_inside_of_a_loop(env: Env) -> None:
    """A message that ``recv`` takes inside of a loop over the stream is not given to the loop."""
    async with env.stream("/send?count=20") as ws:
        messages: list[Message] = []
        async for message in ws:
            messages += [message, await ws.recv()]
    check(messages, 20, 10, "text")


@scenario(quick=True)
async def recv_at_the_end_tells_how_it_has_ended(env: Env) -> None:
    """After the last message ``recv`` raises a WebSocketError with the code and reason of the end."""
    for path, count, end in (
        ("/send?count=3&code=1000&reason=over", 3, (1000, "over")),
        ("/send?count=3&code=4001&reason=over", 3, (4001, "over")),
        ("/send?count=3&code=1001", 3, (1001, "")),
        ("/close", 0, (1005, "")),
    ):
        async with env.stream(path) as ws:
            check([await ws.recv() for _ in range(count)], count, 10, "text")
            for _ in range(2):
                error = await failure(WebSocketError, ws.recv())
                assert (error.close_code, error.reason) == end
                assert str(end[0]) in str(error)
                assert isinstance(error, ConnectionError)
            assert await ws.closed == end


@scenario()
async def recv_after_close_gives_what_had_come(env: Env) -> None:
    """After one's own close, too, ``recv`` raises an error with the code, behind what had come."""
    ws = env.stream("/echo")
    await ws.opened
    ws.send("before")
    assert await ws.recv() == "before"
    ws.close(4000, "mine")
    error = await failure(WebSocketError, ws.recv())
    assert (error.close_code, error.reason) == (4000, "mine")
    assert await ws.closed == (4000, "mine")


@scenario(quick=True)
async def lost_connection_is_raised_after_what_came_before(env: Env) -> None:
    """On a lost connection the messages come first; then ``recv`` and the loop raise its error."""
    stream = env.stream(settled("/reset?after=5"))
    await stream.opened
    messages = [await stream.recv() for _ in range(5)]
    check(messages, 5, 10, "text")
    error = await failure(WebSocketError, stream.recv())
    assert (error.close_code, error.reason) == (1006, "")
    assert await failure(WebSocketError, stream.closed) is error
    assert await failure(WebSocketError, stream.recv()) is error
    assert await failure(WebSocketError, _iterate(stream, messages)) is error
    assert refusal(WebSocketError, stream.send, "too late") is error

    stream = env.stream(settled("/reset?after=5"))
    await stream.opened
    messages.clear()
    error = await failure(WebSocketError, _iterate(stream, messages))
    check(messages, 5, 10, "text")
    assert await failure(WebSocketError, stream.closed) is error


@scenario()
async def waiting_recv_gets_the_error(env: Env) -> None:
    """Calls of ``recv`` that wait when the connection ends all raise, for a clean end as well."""
    for path, code in (("/close-on-message?code=4001", 4001), ("/reset-on-message", 1006)):
        stream = env.stream(path)
        await stream.opened
        waiting = [asyncio.ensure_future(failure(WebSocketError, stream.recv())) for _ in range(3)]
        await asyncio.sleep(0)
        await stream.send("now")
        assert [error.close_code for error in await asyncio.gather(*waiting)] == [code] * 3
        await outcome(stream.closed)


@scenario()
async def nothing_is_received_after_cancel(env: Env) -> None:
    """After ``readable.cancel()`` the loop ends at once, and ``recv`` says that it was cancelled."""
    async with env.stream("/send?count=10&close=0") as ws:
        assert await ws.recv()
        await ws.readable.cancel()
        error = await failure(WebSocketError, ws.recv())
        assert "cancelled" in str(error)
        await _iterate(ws, [])
        assert await ws.closed == (1005, "")
        assert (await failure(WebSocketError, ws.recv())).close_code == 1005


@scenario()
async def locks_keep_the_short_way_out(env: Env) -> None:
    """While a reader or a writer has its side, the short way to that side raises TypeError."""
    async with env.stream("/echo") as ws:
        await ws.send("unread")
        with ws.readable.get_reader() as reader:
            assert "reader" in str(await failure(TypeError, ws.recv()))
            refusal(TypeError, aiter, ws)
            await ws.send("the other side is free")
            assert [(await reader.read()).value for _ in range(2)] == [
                "unread",
                "the other side is free",
            ]
        await _assert_works(ws)
        iteration = aiter(ws.readable)
        await failure(TypeError, ws.recv())
        del iteration
        await _assert_works(ws)
        with ws.writable.get_writer() as writer:
            assert "writer" in str(refusal(TypeError, ws.send, "through the writer, please"))
            await writer.write("written")
            assert await ws.recv() == "written"
        await _assert_works(ws)


@scenario()
async def waiting_recv_keeps_readers_out(env: Env) -> None:
    """While ``recv`` waits the readable stream is locked, and free again when it has ended."""
    async with env.stream("/echo") as ws:
        receiving = asyncio.ensure_future(ws.recv())
        given_up = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        assert ws.readable.locked
        refusal(TypeError, ws.readable.get_reader)
        refusal(TypeError, aiter, ws.readable)
        refusal(TypeError, ws.readable.cancel)
        given_up.cancel()
        await failure(asyncio.CancelledError, given_up)
        assert ws.readable.locked
        await ws.send("for the first")
        assert await receiving == "for the first"
        assert not ws.readable.locked
        await _assert_works(ws)


def _uses(ws: WebSocketStream) -> list[Callable[[], object]]:
    """The uses of a stream, except for ``recv``, that need it to be open."""
    return [
        lambda: ws.send("hello"),
        lambda: aiter(ws),
        lambda: ws.readable,
        lambda: ws.writable,
        lambda: ws.protocol,
        lambda: ws.extensions,
    ]


@scenario()
async def nothing_works_before_the_connection_is_open(env: Env) -> None:
    """Before the connection is open the short way raises InvalidStateError that says what to await."""
    stream = env.stream("/echo")
    for use in _uses(stream):
        assert "not open yet" in str(refusal(InvalidStateError, use))
    assert "opened" in str(await failure(InvalidStateError, stream.recv()))
    async with stream as ws:
        await _assert_works(ws)


@scenario()
async def nothing_works_when_it_was_never_opened(env: Env) -> None:
    """On a connection that could not be made the short way raises InvalidStateError."""
    stream = env.stream("/refuse")
    await failure(WebSocketError, stream.opened)
    for use in _uses(stream):
        assert "never opened" in str(refusal(InvalidStateError, use))
    await failure(InvalidStateError, stream.recv())


@scenario()
async def what_was_agreed_stays_after_the_end(env: Env) -> None:
    """Both sides, the subprotocol and the extensions can still be asked for after the end."""
    async with env.stream("/echo", protocols=["v2", "v1"]) as ws:
        info = await ws.opened
    assert (ws.readable, ws.writable, ws.extensions, ws.protocol) == info
    assert ws.protocol == "v2"


@scenario(quick=True)
async def recv_that_is_given_up_loses_nothing(env: Env) -> None:
    """After a timeout, and after cancelling, the message goes to the next ``recv``."""
    async with env.stream("/echo") as ws:
        await failure(TimeoutError, asyncio.wait_for(ws.recv(), SOON))
        task = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        task.cancel()
        await failure(asyncio.CancelledError, task)
        await _assert_works(ws)
        async with asyncio.timeout(5):
            await _assert_works(ws)


@scenario()
async def recv_given_up_at_every_moment_loses_nothing(env: Env) -> None:
    """Whenever ``recv`` is cancelled, also when its message has just come, all are delivered once."""
    async with env.stream("/send?count=200&kind=mixed") as ws:

        async def receive() -> object:
            return await outcome(ws.recv())

        messages, end = await cancel_at_every_moment(receive)
        assert isinstance(end, WebSocketError)
        assert end.close_code == 1000
        check(messages, 200, 10, "mixed")


@scenario()
async def tasks_that_receive_share_the_messages(env: Env) -> None:
    """Tasks that wait in ``recv`` get one message each, in the order in which they have asked."""
    async with env.stream("/echo") as ws:
        tasks = [asyncio.ensure_future(ws.recv()) for _ in range(5)]
        await asyncio.sleep(0)
        for number in range(5):
            ws.send(f"message {number}")
        assert await asyncio.gather(*tasks) == [f"message {number}" for number in range(5)]


@scenario(quick=True)
async def send_acts_when_it_is_called(env: Env) -> None:
    """What was sent arrives in order, copied at the call, whether it is awaited or not."""
    id = env.new_id()
    buffer = bytearray(b"before")
    async with env.stream(f"/sink?id={id}") as ws:
        for number in range(50):
            ws.send(f"message {number}")
        ws.send(buffer)
        buffer[:] = b"after!"
    sent: list[Message] = [f"message {number}" for number in range(50)]
    entry = await env.journal(id)
    assert entry["messages_received"] == 51
    assert entry["sha256"] == digest([*sent, b"before"])


@scenario()
async def send_waits_for_room_and_goes_on(env: Env) -> None:
    """At ``send_high_water_mark`` ``send`` waits until half of it has gone; giving up is no loss."""
    id = env.new_id()
    path = f"/sink?chunk=262144&delay_ms=5&compress=0&id={id}"
    size = 4 * 1024 * 1024
    async with env.stream(path, send_high_water_mark=64 * 1024) as ws:
        await ws.send("there is room")
        ws.send(bytes(size))
        waiting = asyncio.ensure_future(ws.send(bytes(size)))
        await env.round_trip()
        with ws.writable.get_writer() as writer:
            if (writer.desired_size or 0) > 0:
                await waiting
                raise Skip(INSATIABLE)
        assert not waiting.done()
        given_up = asyncio.ensure_future(ws.send("sent all the same"))
        await asyncio.sleep(0)
        given_up.cancel()
        await failure(asyncio.CancelledError, given_up)
        await waiting
        with ws.writable.get_writer() as writer:
            assert (writer.desired_size or 0) > 0
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["bytes_received"]) == (4, 2 * size + 13 + 17)


@scenario()
async def nothing_can_be_sent_after_close(env: Env) -> None:
    """From close() on ``send`` raises InvalidStateError at the call, and after the server's, too."""
    id = env.new_id()
    async with env.stream(f"/echo?id={id}") as ws:
        await ws.send("in time")
        ws.close(4000)
        refusal(InvalidStateError, ws.send, "too late")
    refusal(InvalidStateError, ws.send, "much too late")
    assert (await env.journal(id))["messages_received"] == 1

    async with env.stream("/close?code=1000") as ws:
        await ws.closed
        refusal(InvalidStateError, ws.send, "too late")


@scenario()
async def what_is_no_message_is_refused(env: Env) -> None:
    """Whatever is neither text nor bytes-like is a TypeError at the call, and the stream goes on."""
    async with env.stream("/echo") as ws:
        for wrong in (None, 5, 1.5, True, ["text"], {"a": 1}, object()):
            refusal(TypeError, ws.send, wrong)
        assert "json.dumps" in str(refusal(TypeError, ws.send, {"a": 1}))
        await _assert_works(ws)
