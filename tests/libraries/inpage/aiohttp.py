"""Tests of `aiohttp` in a page where it differs from CPython; the rest is compared with CPython."""

from typing import Any

from aiohttp import ClientConnectorError, ClientOSError, ClientSession

from websocketstream import NotSupportedError

NOBODY = "http://127.0.0.1:4/"


async def a_server_is_down(env: Any) -> None:
    """A server that is down raises the base class at first, and the specific error later."""
    async with ClientSession() as session:
        for connect in (session.get, session.ws_connect):
            for _ in range(3):
                try:
                    await connect(NOBODY)
                except ClientOSError as error:
                    raised: ClientOSError = error
                else:
                    raise AssertionError("connected")
            assert isinstance(raised, ClientConnectorError)


async def a_header_is_refused(env: Any) -> None:
    """ws_connect() raises an error that names the header and not its value."""
    async with ClientSession(headers={"Authorization": "Bearer s3cret"}) as session:
        try:
            await session.ws_connect(f"{env.server}/socket")
        except NotSupportedError as error:
            assert "Authorization" in str(error)
            assert "s3cret" not in str(error)
        else:
            raise AssertionError("connected")


async def redirects_are_followed(env: Any) -> None:
    """The browser follows redirects before the library sees them."""
    base = env.server.replace("ws:", "http:")
    async with ClientSession(base) as session, session.get("/moved") as response:
        assert (await response.json())["number"] == 7
        assert response.status == 200
        assert response.history == ()
