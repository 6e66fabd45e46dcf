"""Opening: three ways to connect, what is agreed on, and how it can fail."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from .env import Env
from .registry import scenario
from .steps import assert_echoes, failure, refusal


@scenario()
async def awaiting_connect_gives_an_open_connection(env: Env) -> None:
    """``await connect()`` gives a connection that is open until it is closed."""
    websocket = await env.connect("/echo")
    assert isinstance(websocket, env.client.ClientConnection)
    assert websocket.state is env.State.OPEN
    assert (websocket.close_code, websocket.close_reason) == (None, None)
    await assert_echoes(websocket)
    await websocket.close()
    assert websocket.state is env.State.CLOSED
    assert (websocket.close_code, websocket.close_reason) == (1000, "")


@scenario()
async def leaving_the_block_closes_with_1000(env: Env) -> None:
    """``async with`` closes with 1000 and waits for the end."""
    id = env.new_id()
    async with env.connect(f"/echo?id={id}") as websocket:
        await assert_echoes(websocket)
    assert websocket.state is env.State.CLOSED
    entry = await env.journal(id)
    assert (entry["close_code"], entry["close_reason"]) == (1000, "")


@scenario()
async def block_that_raises_closes_with_1011(env: Env) -> None:
    """``async with`` closes with 1011 when the block raises, and lets the exception through."""
    id = env.new_id()

    async def raising() -> None:
        async with env.connect(f"/echo?id={id}"):
            raise LookupError("the block")

    error = await failure(LookupError, raising())
    assert str(error) == "the block"
    assert (await env.journal(id))["close_code"] == env.wire(1011)


@scenario()
async def connection_is_a_context_manager_itself(env: Env) -> None:
    """``async with await connect()`` closes too, and gives the connection."""
    websocket = await env.connect("/echo")
    async with websocket as same:
        assert same is websocket
    assert websocket.state is env.State.CLOSED


@scenario()
async def connecter_is_not_reentrant_but_can_be_used_again(env: Env) -> None:
    """The same ``connect()`` can be entered again after it was left, and not before."""
    connecter = env.connect("/echo")
    async with connecter as first:
        error = await failure(RuntimeError, connecter.__aenter__())
        assert str(error) == "connect() isn't reentrant"
        await assert_echoes(first)
    async with connecter as second:
        await assert_echoes(second)
    assert first is not second


@scenario()
async def subprotocol_is_the_one_that_the_server_selects(env: Env) -> None:
    """``subprotocol`` is what was agreed on, ``None`` without."""
    async with env.connect("/echo", subprotocols=["v2", "v1"]) as websocket:
        assert websocket.subprotocol == "v2"
        assert websocket.response.headers["Sec-WebSocket-Protocol"] == "v2"
    async with env.connect("/echo") as websocket:
        assert websocket.subprotocol is None


@scenario()
async def subprotocol_that_was_not_offered_fails_the_handshake(env: Env) -> None:
    """A server that selects something else is no partner."""
    connecter = env.connect("/wrong-subprotocol", subprotocols=["v1"])
    await failure(env.exceptions.InvalidHandshake, connecter.connect())


@scenario()
async def subprotocols_are_checked_at_once(env: Env) -> None:
    """They must be a list of tokens."""
    refusal(TypeError, env.connect, "/echo", subprotocols="v1")
    refusal(TypeError, env.connect, "/echo", subprotocols={"v1"})
    refusal(ValueError, env.connect, "/echo", subprotocols=["not a token"])


@scenario()
async def options_are_checked_at_once(env: Env) -> None:
    """An unknown compression and TLS without TLS are value errors."""
    refusal(ValueError, env.connect, "/echo", compression="zstd")
    refusal(ValueError, env.connect, "/echo", ssl=True)
    async with env.connect("/echo", compression=None, ssl=None, proxy=None) as websocket:
        await assert_echoes(websocket)


@scenario()
async def invalid_uris_are_refused_at_once(env: Env) -> None:
    """Anything but an absolute ``ws:`` or ``wss:`` URI without a fragment is InvalidURI."""
    for uri in ("http://example.com/", "example.com", "/echo", "ws://", f"{env.server}/echo#part"):
        error = refusal(env.exceptions.InvalidURI, env.client.connect, uri, **env.options)
        # Ours shows no query string and what else may be secret.
        assert error.uri == (uri.partition("#")[0] if env.ours else uri)
        assert isinstance(error, env.exceptions.WebSocketException)


@scenario()
async def request_and_response_are_known_as_far_as_can_be(env: Env) -> None:
    """``request`` has the path and the host, ``response`` the status of a handshake that went well."""
    async with env.connect("/headers?compress=1") as websocket:
        seen = json.loads(await websocket.recv())
        assert websocket.request.path == seen["path"] == "/headers?compress=1"
        if env.server != "ws://fake.test":
            assert websocket.request.headers["Host"] == seen["headers"]["host"]
        assert websocket.response.status_code == 101
        assert websocket.response.headers["Upgrade"] == "websocket"


@scenario()
async def refused_handshake_is_invalid_handshake(env: Env) -> None:
    """An HTTP error in place of the handshake raises InvalidHandshake."""
    for status in (401, 403, 404, 500):
        connecter = env.connect(f"/refuse?status={status}")
        error = await failure(env.exceptions.InvalidHandshake, connecter.connect())
        if env.ours:
            assert isinstance(error, OSError)
            assert "HTTP error" in str(error)


@scenario()
async def refused_connection_is_an_os_error(env: Env) -> None:
    """Where nobody listens, an OSError is raised."""
    connecter = env.client.connect("ws://127.0.0.1:64999/", **env.options)
    await failure(OSError, connecter.connect())


@scenario()
async def handshake_that_breaks_off_is_invalid_handshake(env: Env) -> None:
    """A server that goes away, or answers with nonsense, raises InvalidHandshake."""
    for path in ("/drop-handshake", "/wrong-accept"):
        await failure(env.exceptions.InvalidHandshake, env.connect(path, close_timeout=0.1).connect())


@scenario()
async def open_timeout_ends_a_handshake_that_nobody_answers(env: Env) -> None:
    """``open_timeout`` raises TimeoutError."""
    connecter = env.connect("/never-handshakes", open_timeout=0.05)
    error = await failure(TimeoutError, connecter.connect())
    assert str(error) == "timed out during opening handshake"
    async with env.connect("/slow-handshake?delay_ms=50", open_timeout=None) as websocket:
        await assert_echoes(websocket)


@scenario()
async def cancelled_connecting_is_over(env: Env) -> None:
    """A task that is cancelled while it connects leaves no connection."""
    id = env.new_id()
    task = asyncio.ensure_future(env.connect(f"/slow-handshake?delay_ms=300&id={id}").connect())
    await asyncio.sleep(0.05)
    task.cancel()
    await failure(asyncio.CancelledError, task)
    entry = await env.journal(id)
    assert entry["messages_received"] == 0
    assert entry["close_code"] in (None, 1005, 1006)


@scenario()
async def logger_is_the_one_that_is_given(env: Env) -> None:
    """``logger`` of the connection stands for the one that was given, or for a common one."""
    async with env.connect("/echo", logger=logging.getLogger("compat")) as websocket:
        assert websocket.logger.name == "compat"
    async with env.connect("/echo") as websocket:
        assert websocket.logger.name == "websockets.client"


@scenario()
async def connections_have_ids_and_addresses(env: Env) -> None:
    """Each connection has an ``id`` of its own, ``remote_address`` and ``latency``."""
    async with env.connect("/echo") as one, env.connect("/echo") as other:
        assert one.id != other.id
        host, port = one.remote_address[:2]
        assert isinstance(host, str)
        assert isinstance(port, int)
        assert one.latency == 0


@scenario()
async def create_connection_makes_the_connection(env: Env) -> None:
    """``create_connection`` is a subclass or a function that is called with what makes one."""

    class Mine(env.client.ClientConnection):  # type: ignore[name-defined,misc]
        async def shout(self, message: str) -> None:
            await self.send(message.upper())

    def make(*args: Any, **options: Any) -> Any:
        made = Mine(*args, **options)
        made.mark = "made"
        return made

    async with env.connect("/echo", create_connection=Mine) as websocket:
        await websocket.shout("hello")
        assert await websocket.recv() == "HELLO"
    async with env.connect("/echo", create_connection=make) as websocket:
        assert websocket.mark == "made"
        await assert_echoes(websocket)


@scenario()
async def connect_can_be_derived_from(env: Env) -> None:
    """A subclass of ``connect`` can add to what it does, in each of the ways to connect."""
    left = []

    class Connect(env.client.connect):  # type: ignore[name-defined,misc]
        async def __aexit__(self, *args: Any) -> None:
            left.append(self.uri)
            await super().__aexit__(*args)

    uri = env.server + "/echo"
    async with Connect(uri, **env.options) as websocket:
        await assert_echoes(websocket)
    websocket = await Connect(uri, **env.options)
    await websocket.close()
    rounds = 0
    async for websocket in Connect(uri, **env.options):
        rounds += 1
        if rounds == 3:
            break
        await assert_echoes(websocket)
    assert left[:3] == [uri, uri, uri]
    await websocket.wait_closed()
