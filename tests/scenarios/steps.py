"""Steps that scenarios of several modules take. No scenario is here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from hashlib import sha256
from typing import Any

from websocketstream import (
    ReadableStream,
    WebSocketOpenInfo,
    WebSocketStream,
    WritableStreamDefaultWriter,
)

from .env import Env, Skip
from .payload import framed

Message = str | bytes

INSATIABLE = "this browser takes in all that is sent, and says that it has gone"
"""Why a write may not wait, though the server takes in nothing."""


async def failure[E: BaseException](kind: type[E], awaitable: Awaitable[object]) -> E:
    """Return the exception of that kind which awaiting raises."""
    try:
        result = await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised, the result is {result!r}")


async def outcome(awaitable: Awaitable[object]) -> object:
    """Return what awaiting gives, or the exception that it raises.

    For tasks that may fail before they are awaited, which Pyodide reports as unhandled.
    """
    try:
        return await awaitable
    except Exception as error:
        return error


def refusal[E: BaseException](
    kind: type[E], function: Callable[..., object], *args: object, **options: object
) -> E:
    """Return the exception of that kind which the call itself raises."""
    try:
        result = function(*args, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised, the result is {result!r}")


def has_room(writer: WritableStreamDefaultWriter) -> bool:
    """Whether there is room for writing, as the browser says when it is asked now."""
    return (writer.desired_size or 0) > 0


async def takes_in_everything(env: Env) -> bool:
    """Probe whether this browser takes in all that is sent, though the server reads nothing of it."""
    stream = env.stream("/never-reads?compress=0", send_high_water_mark=16 * 1024, close_timeout=0.3)
    writer = (await stream.opened).writable.get_writer()
    write = asyncio.ensure_future(outcome(writer.write(bytes(16 * 1024 * 1024))))
    await env.round_trip()
    found = has_room(writer)
    await writer.abort()
    await write
    await outcome(stream.closed)
    return found


async def read_all(readable: ReadableStream) -> list[Message]:
    """Return all messages up to the clean end."""
    return [message async for message in readable]


async def read_until_error[E: BaseException](
    kind: type[E], readable: ReadableStream
) -> tuple[list[Message], E]:
    """Return the messages before the error in which the stream ends, and the error."""
    messages: list[Message] = []

    async def read() -> None:
        async for message in readable:
            messages.append(message)

    return messages, await failure(kind, read())


async def echo(opened: WebSocketOpenInfo | WebSocketStream, message: Any) -> Message:
    """Write a message to /echo and return the next message that comes."""
    with opened.writable.get_writer() as writer, opened.readable.get_reader() as reader:
        await writer.write(message)
        echoed = (await reader.read()).value
        assert echoed is not None, "the stream has ended"
        return echoed


async def assert_echoes(opened: WebSocketOpenInfo | WebSocketStream) -> None:
    """Show that a connection to /echo works in both directions, with nothing else on its way."""
    assert await echo(opened, "does it still work?") == "does it still work?"


def settled(path: str) -> str:
    """Return the route with a server that waits until the page has said that it is connected.

    Without that, a browser may tell of a connection that ends at once as one that was never made.
    """
    return f"{path}{'&' if '?' in path else '?'}settled=1"


async def gone_before_it_was_open(env: Env, id: str) -> dict[str, Any]:
    """Return what the server saw of a connection that was given up in the middle of the handshake."""
    entry = await env.journal(id, wait="no")
    if entry["path"] is not None:
        try:
            async with asyncio.timeout(3):
                entry = await env.journal(id)
        except TimeoutError:
            raise Skip("this browser keeps a handshake's TCP connection when it is given up") from None
    assert not entry["opened"]
    return entry


def digest(messages: Iterable[Message]) -> str:
    """Return what the journal has as ``sha256`` when it has seen these messages, in this order."""
    whole = sha256()
    for message in messages:
        whole.update(framed(message))
    return whole.hexdigest()


async def cancel_inside(
    env: Env, id: str, use: Callable[[asyncio.Event], Coroutine[Any, Any, object]]
) -> None:
    """Cancel ``use``, which sets the event inside its block; the server must see a clean close."""
    inside = asyncio.Event()
    task = asyncio.ensure_future(use(inside))
    await inside.wait()
    task.cancel()
    await failure(asyncio.CancelledError, task)
    entry = await env.journal(id)
    assert (entry["ended"], entry["close_code"]) == ("close", 1005)


async def cancel_at_every_moment(
    receive: Callable[[], Coroutine[Any, Any, object]],
) -> tuple[list[Message], object]:
    """Receive, and cancel each task after 0 to 3 turns; return the messages, and what came after."""
    messages: list[Message] = []
    turns = 0
    while True:
        turns += 1
        task = asyncio.ensure_future(receive())
        for _ in range(turns % 4):
            await asyncio.sleep(0)
        task.cancel()
        try:
            received = await task
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            continue
        if not isinstance(received, str | bytes):
            return messages, received
        messages.append(received)
