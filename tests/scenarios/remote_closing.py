"""Closing from the server's side: what ``closed`` tells, and what the two streams do then."""

from __future__ import annotations

import asyncio
import gc

from websocketstream import InvalidStateError, WebSocketError

from .env import Env
from .registry import scenario
from .steps import failure, outcome, read_all, refusal


@scenario(quick=True)
async def clean_close_by_the_server_is_clean(env: Env) -> None:
    """``closed`` tells the code, the readable side ends, the writable side is in a wrong state."""
    id = env.new_id()
    stream = env.stream(f"/close?code=1000&id={id}")
    opened = await stream.opened
    assert await stream.closed == (1000, "")
    with opened.readable.get_reader() as reader:
        assert await reader.read() == (None, True)
        await reader.closed
    writer = opened.writable.get_writer()
    error = await failure(InvalidStateError, writer.ready)
    assert error.name == "InvalidStateError"
    await failure(InvalidStateError, writer.closed)
    refusal(InvalidStateError, writer.write, "too late")
    assert writer.desired_size is None
    entry = await env.journal(id)
    assert (entry["close_code"], entry["ended"]) == (1000, "close")


@scenario()
async def empty_close_frame_is_told_as_1005(env: Env) -> None:
    """A Close frame without a code is clean, and told as 1005."""
    stream = env.stream("/close")
    assert await stream.closed == (1005, "")
    assert await read_all((await stream.opened).readable) == []


@scenario(quick=True)
async def servers_code_and_reason_are_told(env: Env) -> None:
    """Whatever code a server may send is told, with its reason in any script."""
    for code in (1001, 1008, 1011, 3000, 4999):
        assert await env.stream(f"/close?code={code}").closed == (code, "")
    stream = env.stream("/close?code=4000&reason=robot")
    assert await stream.closed == (4000, "robot")
    stream = env.stream("/close?code=4000&reason=Stra%C3%9Fe%20%E2%86%92%20%F0%9F%8F%A0")
    assert await stream.closed == (4000, "Straße → 🏠")


@scenario()
async def reader_at_the_end_knows_no_more_than_closed(env: Env) -> None:
    """When the reader has seen the end, ``closed`` is there or about to be, with the code."""
    stream = env.stream("/send?count=5&code=4001&reason=over")
    opened = await stream.opened
    assert len(await read_all(opened.readable)) == 5
    assert await stream.closed == (4001, "over")


@scenario()
async def close_answers_the_servers_trigger(env: Env) -> None:
    """A server that closes upon a message is answered with its own code."""
    id = env.new_id()
    stream = env.stream(f"/close-on-message?code=4321&reason=goodbye&id={id}")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    await writer.write("Goodbye")
    assert await stream.closed == (4321, "goodbye")
    entry = await env.journal(id)
    assert entry["messages_received"] == 1
    assert entry["close_code"] in (4321, 1000)


@scenario()
async def close_on_both_sides_settles_once(env: Env) -> None:
    """close() after the server has closed is ignored: its code is told."""
    stream = env.stream("/close?code=4222&reason=remote")
    opened = await stream.opened
    # The end of the readable side may be seen before or after ``closed`` settles.
    await read_all(opened.readable)
    stream.close(4111, "local")
    assert await stream.closed == (4222, "remote")


@scenario(timeout=30)
async def close_with_unwritten_data_is_not_clean(env: Env) -> None:
    """A close by the server in the middle of a write is an error, with the server's code."""
    id = env.new_id()
    stream = env.stream(
        f"/close-on-message?code=4567&id={id}&compress=0", send_high_water_mark=1024 * 1024
    )
    opened = await stream.opened
    writer = opened.writable.get_writer()
    writer.write("Goodbye")
    big = asyncio.ensure_future(outcome(writer.write(bytes(8 * 1024 * 1024))))
    try:
        info = await stream.closed
    except WebSocketError as error:
        assert error.close_code == 4567
        # WebKit's bufferedAmount may go from 8 MB to 0 and, when the connection closes, to 8 MB again.
        assert isinstance(await big, InvalidStateError)
    else:
        assert info.close_code == 4567
        assert isinstance(await big, InvalidStateError | None)
        entry = await env.journal(id)
        env.require(
            entry["messages_received"] == 2 or env.backend != "polyfill",
            "classic WebSocket says that all was sent, and has dropped some of it",
        )
        assert entry["messages_received"] == 2, "a clean end, and the second message was not sent"
    refusal(InvalidStateError, writer.write, "too late")
    await failure(InvalidStateError, writer.ready)


@scenario(timeout=30)
async def write_that_waits_at_the_close_can_be_collected_around(env: Env) -> None:
    """Collecting garbage after a close, with a write still waiting to be looked at, does no harm."""
    stream = env.stream("/close-on-message?compress=0", send_high_water_mark=64 * 1024)
    writer = (await stream.opened).writable.get_writer()
    writer.write("Goodbye")
    write = writer.write(bytes(8 * 1024 * 1024))
    await outcome(stream.closed)
    del stream, writer
    for _ in range(5):
        gc.collect()
        await asyncio.sleep(0)
    assert isinstance(await outcome(write), InvalidStateError | None)
