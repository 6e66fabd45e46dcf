"""Closing: codes and reasons in both directions, and either side first."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK

from ..payload import check, message
from ..steps import failure
from .env import LibrariesEnv
from .registry import scenario

CODES = {1000: 1000, 1001: 1000, 1002: 4002, 1008: 4008, 1011: 4011, 1014: 4014, 3000: 3000, 4999: 4999}
"""The codes that a library closes with, and those that the server gets from a page."""


@scenario(quick=True)
async def server_closes_with_and_without_a_code(env: LibrariesEnv) -> None:
    """The library sees the code and the reason of the server's Close frame, or that it had none."""
    for query, code, reason in (
        ("", 1005, ""),
        ("?code=1000&reason=over", 1000, "over"),
        ("?code=1001", 1001, ""),
        ("?code=1011&reason=broken", 1011, "broken"),
        ("?code=4001&reason=gr%C3%BC%C3%9Fe", 4001, "grüße"),
    ):
        async with env.connect(f"/close{query}") as ws:
            kind = ConnectionClosedOK if code in (1000, 1001, 1005) else ConnectionClosedError
            error = await failure(kind, ws.recv())
            assert error.rcvd is not None and error.rcvd_then_sent, error
            assert (error.rcvd.code, error.rcvd.reason) == (code, reason)
            assert (ws.close_code, ws.close_reason) == (code, reason)
        async with env.session() as session, env.ws_connect(session, f"/close{query}") as other:
            end = await other.receive()
            assert end.type is WSMsgType.CLOSE
            assert (end.data or 1005, end.extra or "") == (code, reason), end
            assert other.closed


@scenario(quick=True)
async def codes_that_a_page_may_not_send_are_mapped(env: LibrariesEnv) -> None:
    """The server receives a code that a page may send, and the library sees the code that it gave."""
    for code, sent in CODES.items():
        id = env.new_id()
        async with env.connect(f"/echo?id={id}") as ws:
            await ws.close(code, "bye")
            assert (ws.close_code, ws.close_reason) == (code, "bye")
            error = await failure(ConnectionClosed, ws.recv())
            assert error.rcvd is not None and error.sent is not None
            assert (error.rcvd.code, error.sent.code, error.rcvd_then_sent) == (code, code, False)
        entry = await env.journal(id)
        expected = sent if env.in_page else code
        assert (entry["close_code"], entry["close_reason"]) == (expected, "bye")
    for code in (1001, 1008, 4000):
        id = env.new_id()
        async with env.session() as session, env.ws_connect(session, f"/echo?id={id}") as other:
            await other.close(code=code, message=b"bye")
            assert other.close_code == code
        expected = CODES.get(code, code) if env.in_page else code
        assert (await env.journal(id))["close_code"] == expected


@scenario()
async def both_close_at_the_same_time(env: LibrariesEnv) -> None:
    """When both sides close at the same time, the library sees the server's code."""
    async with env.connect("/simultaneous-close?code=3001&reason=server") as ws:
        await ws.close(4000, "library")
        error = await failure(ConnectionClosedError, ws.recv())
        assert error.rcvd is not None and error.sent is not None
        assert (error.rcvd.code, error.rcvd.reason, error.sent.code) == (3001, "server", 4000)
    async with (
        env.session() as session,
        env.ws_connect(session, "/simultaneous-close?code=3001") as other,
    ):
        await other.close(code=4000)
        assert other.close_code == 3001


@scenario()
async def what_had_come_can_be_read_after_a_close(env: LibrariesEnv) -> None:
    """Messages that have arrived before the library closes can still be read afterwards."""
    id = env.new_id()
    async with env.connect(f"/send?id={id}&count=10&close=0") as ws:
        check([await ws.recv()], 1, 10, "text")
        await env.seen(id, lambda entry: entry["messages_sent"] == 10)
        await env.round_trip()
        await ws.close()
        assert [each async for each in ws] == [message(index, 10, "text") for index in range(1, 10)]


@scenario()
async def library_closes_in_a_task_while_another_reads(env: LibrariesEnv) -> None:
    """Closing wakes a task that waits for a message."""
    async with env.connect("/echo") as ws:
        reading = asyncio.ensure_future(failure(ConnectionClosedOK, ws.recv()))
        await asyncio.sleep(0)
        await ws.close()
        await reading
    async with env.session() as session, env.ws_connect(session, "/echo") as other:
        receiving = asyncio.ensure_future(other.receive())
        await asyncio.sleep(0)
        await other.close()
        assert (await receiving).type in (WSMsgType.CLOSING, WSMsgType.CLOSED)


@scenario()
async def violation_of_the_library_ends_the_connection(env: LibrariesEnv) -> None:
    """A message above the library's limit closes the connection with 1009, which both sides see."""
    id = env.new_id()
    async with env.connect(f"/echo?id={id}", max_size=100) as ws:
        await ws.send("x" * 101)
        error = await failure(ConnectionClosedError, ws.recv())
        assert error.sent is not None and error.sent.code == 1009
    assert (await env.journal(id))["close_code"] == (4009 if env.in_page else 1009)
