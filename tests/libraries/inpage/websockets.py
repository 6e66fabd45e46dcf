"""Tests of `websockets` in a page where it differs from CPython; the rest is compared with CPython."""

from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from websocketstream import NotSupportedError

NOBODY = "ws://127.0.0.1:4/"


async def a_server_is_down(env: Any) -> None:
    """A server that is down raises a handshake error at first, and ConnectionRefusedError later."""
    try:
        await connect(NOBODY)
    except InvalidMessage as error:
        assert isinstance(error.__cause__, EOFError)
    else:
        raise AssertionError("connected")
    for _ in range(2):
        try:
            await connect(NOBODY)
        except ConnectionRefusedError:
            pass
        else:
            raise AssertionError("connected")


async def a_header_is_refused(env: Any) -> None:
    """connect() raises an error that names the header and not its value."""
    try:
        await connect(env.server, additional_headers={"Authorization": "Bearer s3cret"})
    except NotSupportedError as error:
        assert "Authorization" in str(error)
        assert "s3cret" not in str(error)
    else:
        raise AssertionError("connected")


async def no_extension_is_negotiated(env: Any) -> None:
    """Messages of a server that compresses arrive decompressed, because the browser has done it."""
    async with connect(f"{env.server}/send?count=20&size=1000&compress=1") as websocket:
        assert websocket.protocol.extensions == []
        assert [len(message) async for message in websocket] == [1000] * 20
