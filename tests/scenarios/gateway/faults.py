"""Faults: each ends in the library's own error, in time, after the messages that had arrived."""

from __future__ import annotations

import asyncio
import json
import time

from aiohttp import ClientError, ClientWSTimeout, WSMsgType
from websockets.exceptions import ConnectionClosedError

from ..env import NOBODY
from ..payload import check
from ..steps import Message, failure, outcome, settled
from .env import LibrariesEnv
from .registry import scenario
from .steps import unconnected

LIMIT = 0.3
"""The time limits in seconds that are given to the libraries."""

PATIENCE = 8.0
"""Seconds in which something must have ended that has such a limit; the libraries' own are ten."""

FAULTS = {
    "/reset?after=5": 5,
    "/eof?after=5": 5,
    "/truncated-frame": 0,
    "/message-then-garbage?after=20": 20,
    "/invalid-utf8": 0,
    "/reserved-bits": 0,
    "/bad-opcode": 0,
    "/oversized-control": 0,
    "/continuation-first": 0,
}
"""The number of messages of ten characters that arrive before the connection is lost."""


@scenario(quick=True)
async def lost_connections_are_errors_of_websockets(env: LibrariesEnv) -> None:
    """A lost connection raises ConnectionClosedError, after all messages that had arrived."""
    for path, count in FAULTS.items():
        async with env.connect(settled(path)) as ws:
            await ws.send("settled")
            received: list[Message] = []

            async def read(ws=ws, received=received) -> None:  # type: ignore[no-untyped-def]
                async for message in ws:
                    received.append(message)

            error = await failure(ConnectionClosedError, read())
            check(received, count, 10, "text")
            if env.in_page:
                assert error.rcvd is None, f"{path}: {error.rcvd}"
            assert await failure(ConnectionClosedError, ws.send("late"))


@scenario(quick=True)
async def lost_connections_are_ends_for_aiohttp(env: LibrariesEnv) -> None:
    """A lost connection ends the iteration of `aiohttp` with 1006, after all that had arrived."""
    for path, count in FAULTS.items():
        async with env.session() as session, env.ws_connect(session, settled(path)) as ws:
            await ws.send_str("settled")
            received = []
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    received.append(message.data)
            check(received, count, 10, "text")
            assert ws.closed
            if env.in_page:
                assert ws.close_code == 1006, f"{path}: {ws.close_code}"


@scenario()
async def reset_upon_a_message_is_an_error_of_the_library(env: LibrariesEnv) -> None:
    """A server that resets when it is written to ends recv() and send() in the same error."""
    async with env.connect("/reset-on-message") as ws:
        reading = asyncio.ensure_future(failure(ConnectionClosedError, ws.recv()))
        await ws.send("boom")
        assert (await reading).rcvd is None
        assert (await failure(ConnectionClosedError, ws.send("late"))).rcvd is None
        await failure(ConnectionClosedError, ws.ping())


@scenario()
async def server_that_never_answers_the_close_is_given_up(env: LibrariesEnv) -> None:
    """The library's own close timeout works when a server never answers its Close frame."""
    path = "/never-answers-close?count=3"
    async with env.connect(path, close_timeout=LIMIT) as ws:
        check([await ws.recv() for _ in range(3)], 3, 10, "text")
        begun = time.monotonic()
        await ws.close(4001, "bye")
        assert LIMIT * 0.9 <= time.monotonic() - begun < PATIENCE
        error = await failure(ConnectionClosedError, ws.recv())
        assert error.rcvd is None and error.sent is not None and error.sent.code == 4001
    timeout = ClientWSTimeout(ws_close=LIMIT)
    async with env.session() as session, env.ws_connect(session, path, timeout=timeout) as other:
        begun = time.monotonic()
        await other.close(code=4001)
        assert time.monotonic() - begun < PATIENCE
        assert other.close_code == 1006


@scenario()
async def half_open_connection_is_given_up(env: LibrariesEnv) -> None:
    """Closing a connection whose network has vanished ends after the library's own timeout."""
    url = env.faulty("kind=vanish,after=150", "/send?count=20&size=100&close=0&compress=0")
    async with env.connect(url, close_timeout=LIMIT, ping_interval=None) as ws:
        check([await ws.recv()], 1, 100, "text")
        reading = asyncio.ensure_future(failure(ConnectionClosedError, ws.recv()))
        await asyncio.sleep(0)
        begun = time.monotonic()
        await ws.close()
        assert time.monotonic() - begun < PATIENCE
        assert (await reading).rcvd is None


@scenario()
async def server_that_is_not_there_is_an_error(env: LibrariesEnv) -> None:
    """Connecting to a port where nobody listens raises, in time, an error that programs catch."""
    url = env.url("/?token=s3cret", NOBODY)
    async with asyncio.timeout(PATIENCE):
        error = await unconnected(_connect(env, url))
        assert "s3cret" not in str(error)
    async with asyncio.timeout(PATIENCE), env.session() as session:
        await failure(ClientError, session.ws_connect(url))


@scenario()
async def server_that_is_still_not_there_refuses(env: LibrariesEnv) -> None:
    """Later attempts at a server that is down raise ConnectionRefusedError, as on CPython."""
    url = env.url("/?token=s3cret", NOBODY)
    await outcome(_connect(env, url))
    async with asyncio.timeout(PATIENCE):
        assert "s3cret" not in str(await failure(ConnectionRefusedError, _connect(env, url)))
        async with env.session() as session:
            error = await failure(ClientError, session.ws_connect(url))
            assert isinstance(error, ConnectionRefusedError) or isinstance(
                error.__cause__, ConnectionRefusedError
            ), repr(error)


@scenario()
async def server_that_comes_back_is_connected_to(env: LibrariesEnv) -> None:
    """A library that reconnects after a loss succeeds as soon as the server is back."""
    async with env.connect("/restart") as ws:
        await ws.send("restart")
        await failure(ConnectionClosedError, ws.recv())
    async with asyncio.timeout(20):
        async for ws in env.connect("/echo"):
            await ws.send("back?")
            assert await ws.recv() == "back?"
            break


@scenario()
async def wrong_certificates_are_errors_of_the_library(env: LibrariesEnv) -> None:
    """A certificate that nobody trusts, that has expired or is for another host is an error in time."""
    async with env.connect("/wrong-certificates") as ws:
        urls = json.loads(await ws.recv())
    assert len(urls) == 3
    for fault, url in urls.items():
        async with asyncio.timeout(10), env.session() as session:
            await unconnected(_connect(env, f"{url}/echo"))  # `websockets` does not say why
            for error in (
                await unconnected(_connect(env, f"{url}/echo")),
                await unconnected(session.ws_connect(f"{url}/echo")),
            ):
                assert "certificate" in f"{error} {error.__cause__}", f"{fault}: {error!r}"


async def _connect(env: LibrariesEnv, url: str) -> None:
    await env.connect(url)


@scenario()
async def host_that_does_not_exist_is_an_error(env: LibrariesEnv) -> None:
    """Connecting to a host name that does not exist raises an error in time."""
    url = "ws://no-such-host.invalid/"
    async with asyncio.timeout(10):
        await unconnected(_connect(env, url))
        async with env.session() as session:
            await failure(ClientError, session.ws_connect(url))


@scenario()
async def forbidden_port_is_an_error_of_the_library(env: LibrariesEnv) -> None:
    """Connecting to a port that browsers refuse raises an error in time."""
    env.require_page("only browsers refuse ports")
    url = "ws://127.0.0.1:25/?token=s3cret"
    async with asyncio.timeout(10):
        error = await unconnected(_connect(env, url))
        assert "s3cret" not in str(error)
        async with env.session() as session:
            await unconnected(session.ws_connect(url))


@scenario()
async def broken_handshakes_are_errors_of_the_library(env: LibrariesEnv) -> None:
    """Connecting raises an error when the handshake's response is cut short or wrong."""
    for path in ("/drop-handshake", "/wrong-accept"):
        async with asyncio.timeout(10):
            await unconnected(_connect(env, env.url(path)))
            async with env.session() as session:
                await failure(ClientError, env.ws_connect(session, path))


@scenario()
async def server_that_never_shakes_hands_is_given_up(env: LibrariesEnv) -> None:
    """The library's own open timeout works when a server never answers the handshake."""
    begun = time.monotonic()
    await failure(TimeoutError, _open(env, "/never-handshakes?delay_ms=500"))
    assert LIMIT * 0.9 <= time.monotonic() - begun < PATIENCE
    async with env.session() as session:
        with_limit = asyncio.wait_for(env.ws_connect(session, "/never-handshakes?delay_ms=500"), LIMIT)
        await failure(TimeoutError, with_limit)


async def _open(env: LibrariesEnv, path: str) -> None:
    await env.connect(path, open_timeout=LIMIT)
