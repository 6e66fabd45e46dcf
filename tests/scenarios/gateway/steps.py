"""Steps that scenarios of several modules take. No scenario is here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import ClientError, WSMsgType
from websockets.exceptions import InvalidHandshake

from ..steps import Message
from .env import LibrariesEnv

Pause = Callable[[], Awaitable[object]]


async def no_pause() -> None:
    """Go on at once."""


async def read_with_websockets(
    env: LibrariesEnv, path: str, *, first: Pause = no_pause, each: Pause = no_pause
) -> list[Message]:
    """Return all messages up to a clean close; pause before the first, and after each."""
    async with env.connect(path, max_size=None) as ws:
        await first()
        messages: list[Message] = []
        async for message in ws:
            messages.append(message)
            await each()
    assert ws.close_code == 1000, ws.close_code
    return messages


async def read_with_aiohttp(
    env: LibrariesEnv, path: str, *, first: Pause = no_pause, each: Pause = no_pause
) -> list[Message]:
    """Return all messages up to a clean close; pause before the first, and after each."""
    async with env.session() as session, env.ws_connect(session, path, max_msg_size=0) as ws:
        await first()
        messages: list[Message] = []
        async for message in ws:
            assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), message
            messages.append(message.data)
            await each()
    assert ws.close_code == 1000, ws.close_code
    return messages


async def write_with_websockets(
    env: LibrariesEnv, path: str, messages: Sequence[Message], code: int
) -> None:
    """Send messages, then close."""
    async with env.connect(path) as ws:
        for message in messages:
            await ws.send(message)
        await ws.close(code, "done")
    assert (ws.close_code, ws.close_reason) == (code, "done")


async def write_with_aiohttp(
    env: LibrariesEnv, path: str, messages: Sequence[Message], code: int
) -> None:
    """Send messages, then close."""
    async with env.session() as session, env.ws_connect(session, path) as ws:
        for message in messages:
            await (ws.send_str(message) if isinstance(message, str) else ws.send_bytes(message))
        await ws.close(code=code, message=b"done")
    assert ws.close_code == code


async def unconnected(connecting: Awaitable[object]) -> Exception:
    """Return the error of a connection attempt, which has to be one that programs catch."""
    try:
        await connecting
    except (OSError, InvalidHandshake, ClientError) as error:
        return error
    raise AssertionError("it has connected")


READERS = (read_with_websockets, read_with_aiohttp)
WRITERS = (write_with_websockets, write_with_aiohttp)
