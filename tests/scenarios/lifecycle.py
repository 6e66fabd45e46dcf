"""The life of a stream: its promises, the context manager, and streams that nobody waits for."""

from __future__ import annotations

import asyncio
import gc

from websocketstream import WebSocketError, WebSocketOpenInfo, WebSocketStream

from .env import Env
from .registry import scenario
from .steps import assert_echoes, failure, outcome, refusal, settled


@scenario()
async def promises_can_be_awaited_again_and_again(env: Env) -> None:
    """``opened`` and ``closed`` give the same to every task, at every time."""
    stream = env.stream("/echo")

    async def wait_opened() -> WebSocketOpenInfo:
        return await stream.opened

    first, second, third = await asyncio.gather(stream.opened, wait_opened(), wait_opened())
    assert first is second is third is await stream.opened
    assert isinstance(first, WebSocketOpenInfo)
    stream.close(3000, "bye")
    infos = await asyncio.gather(stream.closed, stream.closed)
    assert list(infos) == [(3000, "bye"), (3000, "bye")]
    assert await stream.closed == (3000, "bye")
    assert (await stream.opened) is first


@scenario()
async def rejected_promises_can_be_awaited_again_and_again(env: Env) -> None:
    """A promise that is rejected raises the same error each time."""
    stream = env.stream("/close")
    await stream.closed
    stream = env.stream("/echo")
    stream.close()
    opened = await failure(WebSocketError, stream.opened)
    closed = await failure(WebSocketError, stream.closed)
    for _ in range(3):
        assert await failure(WebSocketError, stream.opened) is opened
        assert await failure(WebSocketError, stream.closed) is closed


@scenario()
async def block_gives_the_open_stream_and_closes(env: Env) -> None:
    """``async with`` waits for the connection, gives the stream itself, and closes at the end."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    async with stream as ws:
        assert ws is stream
        info = await stream.opened
        assert (ws.readable, ws.writable, ws.extensions, ws.protocol) == info
        await assert_echoes(ws)
    assert await stream.closed == (1005, "")
    assert (await env.journal(id))["ended"] == "close"


@scenario()
async def block_sends_what_was_written(env: Env) -> None:
    """What was written in a block and not awaited is sent when the block is left."""
    id = env.new_id()
    async with env.stream(f"/sink?id={id}") as opened:
        writer = opened.writable.get_writer()
        for number in range(10):
            writer.write(f"message {number}")
    assert (await env.journal(id))["messages_received"] == 10


@scenario(quick=True)
async def exception_in_a_block_closes_and_goes_on(env: Env) -> None:
    """An exception in the block closes the connection, and is raised as it is."""
    id = env.new_id()
    raised = ValueError("in the block")

    async def use() -> None:
        async with env.stream(f"/echo?id={id}"):
            raise raised

    assert await failure(ValueError, use()) is raised
    entry = await env.journal(id)
    assert (entry["ended"], entry["close_code"]) == ("close", 1005)


@scenario()
async def block_can_close_by_itself(env: Env) -> None:
    """A code that is given inside the block is the one that counts."""
    stream = env.stream("/echo")
    async with stream:
        stream.close(4321, "from inside")
    assert await stream.closed == (4321, "from inside")


@scenario()
async def unclean_end_of_a_block_is_raised(env: Env) -> None:
    """A block that ends well on a connection that does not raises the connection's error."""

    async def use(stream: WebSocketStream, error: Exception | None) -> None:
        async with stream:
            await failure(WebSocketError, stream.closed)
            if error is not None:
                raise error

    stream = env.stream(settled("/reset"))
    error = await failure(WebSocketError, use(stream, None))
    assert await failure(WebSocketError, stream.closed) is error
    mine = KeyError("mine")
    assert await failure(KeyError, use(env.stream(settled("/reset")), mine)) is mine


@scenario()
async def block_without_connection_raises_at_its_start(env: Env) -> None:
    """``async with`` on a connection that can't be made raises, and its body does not run."""
    stream = env.stream("/refuse?status=404")

    async def use() -> None:
        async with stream:
            raise AssertionError("there is no connection to be used")

    assert await failure(WebSocketError, use()) is await failure(WebSocketError, stream.opened)


@scenario()
async def nothing_awaited_means_nothing_reported(env: Env) -> None:
    """Promises, reads and writes that fail and that nobody awaits are not reported as unhandled."""
    id = env.new_id()
    streams = [env.stream("/refuse"), env.stream("/close"), env.stream("/reset"), env.stream("/eof")]
    for stream in streams:
        _ = stream.opened, stream.closed
    stream = env.stream(f"/reset-on-message?id={id}")
    opened = await stream.opened
    reader, writer = opened.readable.get_reader(), opened.writable.get_writer()
    _ = reader.read(), reader.closed, writer.ready, writer.closed
    writer.write("boom")
    await env.journal(id)
    await failure(WebSocketError, reader.read())
    _ = writer.ready, writer.closed, writer.close(), reader.closed, reader.cancel(), writer.abort()
    for each in streams:
        await outcome(each.closed)
    del reader, writer, opened, stream, streams, each, _
    gc.collect()
    await env.round_trip()


@scenario()
async def forgotten_failures_are_not_reported(env: Env) -> None:
    """A connection that fails after the program has forgotten it is no unhandled error."""
    id = env.new_id()
    env.stream(f"/reset?id={id}")
    env.stream("/refuse")
    gc.collect()
    await env.journal(id)
    await env.round_trip()


@scenario()
async def collected_writes_do_no_harm(env: Env) -> None:
    """Writes that wait when everything is dropped and collected neither crash nor hang anything."""
    id = env.new_id()
    stream = env.stream(f"/close-on-message?id={id}&compress=0")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    del stream, opened
    writes = [writer.write(bytes(100_000)) for _ in range(20)]
    del writer
    gc.collect()
    del writes
    gc.collect()
    await env.journal(id)
    await env.round_trip()


@scenario()
async def repr_tells_the_state_and_no_secrets(env: Env) -> None:
    """The repr of a stream tells where it goes and how it stands, without the query string."""
    stream = env.stream("/echo?id=t0ken")
    assert "connecting" in repr(stream)
    await stream.opened
    assert "open" in repr(stream)
    assert "/echo" in repr(stream)
    stream.close()
    assert "closing" in repr(stream)
    await stream.closed
    assert "closed" in repr(stream)
    assert "t0ken" not in repr(stream)


@scenario()
async def attributes_are_read_only(env: Env) -> None:
    """What a stream tells can't be overwritten."""
    async with env.stream("/echo") as opened:
        stream = env.stream("/echo")
        for target, name in (
            (stream, "url"),
            (stream, "opened"),
            (stream, "closed"),
            (opened, "readable"),
            (opened.readable, "locked"),
            (opened.writable, "locked"),
        ):
            refusal(AttributeError, setattr, target, name, "something else")
        stream.close()
        await failure(WebSocketError, stream.closed)


@scenario()
async def streams_follow_one_another(env: Env) -> None:
    """Streams can be opened and closed one after the other, as many as one likes."""
    for number in range(10):
        stream = env.stream("/echo")
        async with stream as opened:
            await assert_echoes(opened)
            stream.close(3000 + number)
        assert await stream.closed == (3000 + number, "")
