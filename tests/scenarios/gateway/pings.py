"""Pings: keepalives succeed while the connection is alive, and find one that is dead."""

from __future__ import annotations

import asyncio
import logging
import time

from aiohttp import ServerTimeoutError, WSMsgType
from websockets.exceptions import ConnectionClosedError

from ..steps import failure
from .env import LibrariesEnv
from .registry import scenario

IDLE = 0.3
VANISHED = "kind=vanish"
"""Gone behind the handshake. Nothing comes that could come late, on a machine that stalls."""

PATH = "/send?close=0"


class _Pongs(logging.Handler):
    """Counts the answers that the keepalive of `websockets` logs."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.logger = logging.Logger("pongs", logging.DEBUG)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "received keepalive pong" in record.getMessage()


@scenario(quick=True)
async def pings_of_a_library_are_answered(env: LibrariesEnv) -> None:
    """Each ping is answered, also several at once and one with data."""
    async with env.connect("/echo", ping_interval=None) as ws:
        assert 0 <= await (await ws.ping()) < 5
        first, second = await ws.ping("a"), await ws.ping(b"b" * 125)
        assert await second < 5
        assert first.done()  # type: ignore[attr-defined]
        await ws.pong("unasked for")
        await ws.send("still there?")
        assert await ws.recv() == "still there?"
    async with env.session() as session, env.ws_connect(session, "/echo", autoping=False) as other:
        await other.ping(b"now")
        message = await other.receive()
        assert (message.type, message.data) == (WSMsgType.PONG, b"now")


@scenario()
async def keepalive_is_content_with_an_idle_connection(env: LibrariesEnv) -> None:
    """An idle connection stays open while the library sends many pings."""
    pongs = _Pongs()
    options = {"ping_interval": 0.02, "ping_timeout": 2, "logger": pongs.logger}
    async with env.connect("/echo", **options) as ws:
        async with asyncio.timeout(10):
            while pongs.count < 10:
                await asyncio.sleep(0.02)
        await ws.send("still there?")
        assert await ws.recv() == "still there?"
    async with env.session() as session, env.ws_connect(session, "/echo", heartbeat=1) as other:
        receiving = asyncio.ensure_future(other.receive())
        await asyncio.sleep(2.2)  # two pings; a pong may take half a second
        await other.send_str("still there?")
        assert (await receiving).data == "still there?"


@scenario(quick=True)
async def timer_whose_time_has_passed_runs(env: LibrariesEnv) -> None:
    """A timer that is set for a time in the past runs at once: a heartbeat may be a moment late."""
    loop = asyncio.get_running_loop()
    called = asyncio.Event()
    loop.call_at(loop.time() - 1, called.set)
    await called.wait()


@scenario()
async def pings_of_the_server_are_none_of_the_librarys_business(env: LibrariesEnv) -> None:
    """Pings of the server are answered even if the library does not read."""
    async with env.connect("/pingpong?count=3") as ws:
        assert [message async for message in ws] == ["3"]
    async with env.session() as session, env.ws_connect(session, "/pingpong?count=3") as other:
        assert [message.data async for message in other] == ["3"]


@scenario()
async def keepalive_finds_a_dead_server(env: LibrariesEnv) -> None:
    """With idle_timeout the keepalive of `websockets` ends a connection whose network has vanished."""
    env.install(idle_timeout=IDLE)
    url = env.faulty(VANISHED, PATH)
    options = {"ping_interval": 0.1, "ping_timeout": IDLE, "close_timeout": IDLE}
    async with env.connect(url, **options) as ws:
        error = await failure(ConnectionClosedError, ws.recv())
        assert error.rcvd is None and error.sent is not None and error.sent.code == 1011


@scenario()
async def heartbeat_finds_a_dead_server(env: LibrariesEnv) -> None:
    """With idle_timeout the heartbeat of `aiohttp` ends a connection whose network has vanished."""
    env.install(idle_timeout=IDLE)
    url = env.faulty(VANISHED, PATH)
    async with env.session() as session, session.ws_connect(url, heartbeat=0.4) as ws:
        message = await ws.receive()
        assert message.type is WSMsgType.ERROR and isinstance(message.data, ServerTimeoutError), message
        assert ws.close_code == 1006


@scenario()
async def pings_are_answered_while_messages_come(env: LibrariesEnv) -> None:
    """With idle_timeout each ping is answered while messages arrive, also those of a busy program."""
    env.install(idle_timeout=IDLE)
    async with env.connect("/samples?delay_ms=50", ping_interval=None, max_queue=None) as ws:
        for _ in range(3):
            await ws.recv()
            time.sleep(1.5 * IDLE)  # the messages that come meanwhile are delivered after the ping
            await (await ws.ping())
