"""Sending: what can be a message, parts of one, and waiting for room."""

from __future__ import annotations

import asyncio
from typing import Any

from .env import Env
from .registry import scenario
from .steps import assert_echoes, failure, later

PLUS = "\N{GREEK SMALL LETTER ALPHA} + \N{GRINNING FACE}"


@scenario()
async def str_is_text_and_bytes_like_is_binary(env: Env) -> None:
    """``send()`` takes str, bytes, bytearray and memoryview."""
    async with env.connect("/echo") as websocket:
        for message in (PLUS, b"\x00\xff", bytearray(b"\x00\xff"), memoryview(b"-\x00\xff-")[1:3]):
            await websocket.send(message)
            expected = message if isinstance(message, str) else b"\x00\xff"
            assert await websocket.recv() == expected


@scenario()
async def text_chooses_the_kind(env: Env) -> None:
    """``text=True`` sends bytes as text, ``text=False`` sends str as binary."""
    async with env.connect("/echo") as websocket:
        for message in (PLUS, PLUS.encode(), bytearray(PLUS.encode())):
            await websocket.send(message, text=True)
            assert await websocket.recv() == PLUS
            await websocket.send(message, text=False)
            assert await websocket.recv() == PLUS.encode()


@scenario()
async def parts_make_one_message(env: Env) -> None:
    """The items of an iterable or an asynchronous iterable arrive as one message."""
    async with env.connect("/echo") as websocket:
        for parts, whole in (
            (["a", PLUS, "", "b"], f"a{PLUS}b"),
            ([b"\x00", bytearray(b"\x01"), memoryview(b"\xff")], b"\x00\x01\xff"),
        ):
            for message in (parts, iter(parts), (part for part in parts), later(parts)):
                await websocket.send(message)
                assert await websocket.recv() == whole
        await websocket.send(["a", "b"], text=False)
        assert await websocket.recv() == b"ab"
        await websocket.send(later([b"a", b"b"]), text=True)
        assert await websocket.recv() == "ab"


@scenario()
async def nothing_to_send_is_not_sent(env: Env) -> None:
    """An empty iterable sends no message."""
    id = env.new_id()
    async with env.connect(f"/echo?id={id}") as websocket:
        await websocket.send([])
        await websocket.send(later([]))
        await assert_echoes(websocket)
    assert (await env.journal(id))["messages_received"] == 1


@scenario()
async def what_is_no_message_is_a_type_error(env: Env) -> None:
    """Anything else is a TypeError, a dict too; the connection goes on."""
    async with env.connect("/echo") as websocket:
        for nonsense in (None, 5, 1.5, object(), {"type": "object"}):
            await failure(TypeError, websocket.send(nonsense))
        await assert_echoes(websocket)


@scenario()
async def wrong_parts_fail_the_connection(env: Env) -> None:
    """Parts that are no messages, or of two types, are a TypeError and close with 1011."""
    for parts in ([None], ["a", b"b"], [b"a", "b"], ["a", 5]):
        for message in (parts, later(parts)):
            id = env.new_id()
            async with env.connect(f"/sink?id={id}") as websocket:
                await failure(TypeError, websocket.send(message))
                error = await failure(env.exceptions.ConnectionClosedError, websocket.recv())
                assert (error.sent.code, error.sent.reason) == (1011, "error in fragmented message")
            assert (await env.journal(id))["messages_received"] == 0


@scenario()
async def parts_that_raise_fail_the_connection(env: Env) -> None:
    """An exception of the iterable comes out of ``send()``, and closes with 1011."""

    async def parts() -> Any:
        yield "a"
        raise LookupError("no more")

    async with env.connect("/sink") as websocket:
        await failure(LookupError, websocket.send(parts()))
        error = await failure(env.exceptions.ConnectionClosedError, websocket.send("more"))
        assert error.sent.code == 1011


@scenario()
async def sending_waits_for_a_message_in_parts(env: Env) -> None:
    """A message that is sent while another one is on its way in parts arrives behind it."""
    gate = asyncio.Event()

    async def parts() -> Any:
        yield "first "
        await gate.wait()
        yield "message"

    async with env.connect("/echo") as websocket:
        one = asyncio.ensure_future(websocket.send(parts()))
        await asyncio.sleep(0)
        others = [asyncio.ensure_future(websocket.send(text)) for text in ("second", "third")]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in (one, *others))
        gate.set()
        received = [await websocket.recv() for _ in range(3)]
        assert received == ["first message", "second", "third"]
        await asyncio.gather(one, *others)


@scenario()
async def sending_to_a_closed_connection_raises(env: Env) -> None:
    """``send()`` raises what ``recv()`` raises: ConnectionClosedOK or ConnectionClosedError."""
    async with env.connect("/close?code=1001") as websocket:
        await websocket.wait_closed()
        await failure(env.exceptions.ConnectionClosedOK, websocket.send("too late"))
        await failure(env.exceptions.ConnectionClosedOK, websocket.send(["too", "late"]))
    async with env.connect("/close?code=1011") as websocket:
        await websocket.wait_closed()
        error = await failure(env.exceptions.ConnectionClosedError, websocket.send("too late"))
        assert error.rcvd.code == 1011
    websocket = await env.connect("/echo")
    await websocket.close()
    await failure(env.exceptions.ConnectionClosedOK, websocket.send("too late"))


@scenario()
async def many_tasks_can_send(env: Env) -> None:
    """Messages of several tasks all arrive, those of each task in order."""
    id = env.new_id()

    async def talk(name: str) -> None:
        for number in range(20):
            await websocket.send(f"{name}{number}")
            await asyncio.sleep(0)

    async with env.connect(f"/echo?id={id}") as websocket:
        await asyncio.gather(*(talk(name) for name in "abc"))
        received = [await websocket.recv() for _ in range(60)]
    for name in "abc":
        assert [text for text in received if text[0] == name] == [f"{name}{n}" for n in range(20)]


@scenario(timeout=30)
async def sending_waits_for_a_server_that_does_not_read(env: Env) -> None:
    """``send()`` waits when ``write_limit`` is reached; closing ours takes ``close_timeout`` at most."""
    websocket = await env.connect("/never-reads?compress=0", write_limit=1000, close_timeout=0.2)

    async def send() -> None:
        while True:
            await websocket.send(bytes(1024 * 1024))

    await failure(TimeoutError, asyncio.wait_for(send(), 1))
    if env.ours:
        await websocket.close()
    else:  # there close() waits for room first, however long that takes
        websocket.transport.abort()
        await websocket.wait_closed()
    error = await failure(env.exceptions.ConnectionClosedError, websocket.send("too late"))
    assert error.rcvd is None


@scenario()
async def sending_survives_full_buffers(env: Env) -> None:
    """With a tiny ``write_limit`` everything arrives all the same, and zero is a limit too."""
    for limit in (0, 1000, (1000, 100)):
        id = env.new_id()
        async with env.connect(f"/sink?id={id}&compress=0", write_limit=limit) as websocket:
            for _ in range(50):
                await websocket.send(bytes(50_000))
        assert (await env.journal(id))["bytes_received"] == 2_500_000
