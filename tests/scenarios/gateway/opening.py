"""Connecting: subprotocols, headers, TLS contexts, and handshakes that the server refuses."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import WSServerHandshakeError
from websockets.exceptions import InvalidStatus

from websocketstream import NotSupportedError
from websocketstream.gateway import headers as hooks

from ..steps import failure
from .env import GatewayEnv, LibrariesEnv
from .registry import scenario
from .steps import unconnected

TOKEN = "s3cret-t0ken"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def _open(env: LibrariesEnv, url: str, **options: Any) -> None:
    await env.connect(url, **options)


async def _seen_by_server(env: LibrariesEnv, path: str, **options: Any) -> list[dict[str, Any]]:
    """Return what the server saw of the handshakes of `websockets` and `aiohttp`."""
    async with env.connect(path, additional_headers=options.get("headers"), **_offer(options)) as ws:
        first = json.loads(await ws.recv())
    async with (
        env.session() as session,
        env.ws_connect(
            session, path, headers=options.get("headers"), protocols=options.get("protocols", ())
        ) as other,
    ):
        return [first, await other.receive_json()]


def _offer(options: dict[str, Any]) -> dict[str, Any]:
    return {"subprotocols": options["protocols"]} if "protocols" in options else {}


@scenario(quick=True)
async def subprotocols_of_a_library_are_negotiated(env: LibrariesEnv) -> None:
    """Subprotocols are offered in order, and the library sees the one that the server selected."""
    offered = ["v2.chat", "v1.chat"]
    async with env.connect("/headers", subprotocols=offered) as ws:
        assert ws.subprotocol == "v2.chat"
        assert json.loads(await ws.recv())["subprotocols"] == offered
    async with env.session() as session, env.ws_connect(session, "/headers", protocols=offered) as other:
        assert other.protocol == "v2.chat"
        assert (await other.receive_json())["subprotocols"] == offered


@scenario()
async def url_of_a_library_reaches_the_server(env: LibrariesEnv) -> None:
    """The path and the query of the library's URL reach the server unchanged."""
    path = "/headers?token=a%20b%2Fc%3F&token=%C3%BC"
    for seen in await _seen_by_server(env, path):
        assert parse_qs(urlsplit(seen["path"]).query) == {"token": ["a b/c?", "ü"]}


@scenario()
async def server_is_connected_to_by_its_name(env: LibrariesEnv) -> None:
    """A host given by name is connected to, and the server receives that name."""
    name = urlsplit(env.server.replace("127.0.0.1", "localhost")).netloc
    async with env.connect(f"ws://{name}/headers") as ws:
        assert json.loads(await ws.recv())["headers"]["host"] == name
        assert ws.remote_address[1] == urlsplit(env.server).port
    rest = urlsplit(env.rest.replace("127.0.0.1", "localhost")).netloc
    async with env.session() as session:
        async with session.ws_connect(f"ws://{name}/headers") as other:
            seen = await other.receive_json()
        async with session.get(f"http://{rest}/echo") as response:
            asked = await response.json()
    if not env.in_page or env.kind == "browser":  # a real resolver tells a gateway no names
        assert (seen["headers"]["host"], asked["headers"]["host"]) == (name, rest)


@scenario(quick=True)
async def headers_that_a_page_can_not_send_are_refused(env: LibrariesEnv) -> None:
    """A header that a page can't send raises NotSupportedError with its name, never its value."""
    env.require_page("headers are sent")
    error = await failure(NotSupportedError, _open(env, f"{env.server}/echo", additional_headers=BEARER))
    assert "Authorization" in str(error) and "headers_to" in str(error)
    assert TOKEN not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    async with env.session() as session:
        for headers in (BEARER, {"X-Api-Key": TOKEN}, {"Cookie": f"session={TOKEN}"}):
            error = await failure(NotSupportedError, env.ws_connect(session, "/echo", headers=headers))
            assert next(iter(headers)) in str(error)
            assert TOKEN not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    await env.round_trip()


@scenario(quick=True)
async def headers_are_moved_by_a_hook(env: LibrariesEnv) -> None:
    """Hooks move headers to the query and to subprotocols, unseen by the library."""
    env.require_page("headers are sent as they are")
    env.install(headers_to=hooks.in_query({"Authorization": "token"}))
    for seen in await _seen_by_server(env, "/headers", headers=BEARER):
        assert parse_qs(urlsplit(seen["path"]).query) == {"token": [TOKEN]}
        assert "authorization" not in seen["headers"]
    env.install(headers_to=hooks.bearer_in_subprotocol("bearer."))
    for seen in await _seen_by_server(env, "/headers", headers=BEARER, protocols=["chat"]):
        assert seen["subprotocols"] == ["chat", f"bearer.{TOKEN}"]
    for seen in await _seen_by_server(env, "/headers", headers=BEARER):
        assert seen["subprotocols"] == [f"bearer.{TOKEN}"]
    env.install(headers_to=hooks.dropped("X-*", "Origin"))
    headers = {"X-One": "1", "Origin": "https://example.com"}
    for seen in await _seen_by_server(env, "/headers", headers=headers):
        assert "x-one" not in seen["headers"]
        assert seen["headers"]["origin"] != "https://example.com"


@scenario()
async def hook_that_raises_raises_out_of_connect(env: LibrariesEnv) -> None:
    """An exception of a hook reaches the caller of connect()."""
    env.require_page("no hook is called")

    def hook(handshake: hooks.Handshake) -> None:
        raise LookupError(f"no token for {urlsplit(handshake.url).path}")

    env.install(headers_to=hook)
    assert "no token for /echo" in str(await failure(LookupError, _open(env, f"{env.server}/echo")))
    async with env.session() as session:
        await failure(LookupError, env.ws_connect(session, "/echo"))


@scenario(quick=True)
async def refused_handshake_has_its_status(env: LibrariesEnv) -> None:
    """The library sees the status of a refused handshake if CORS allows it, and otherwise 502."""
    for cors, statuses in ((1, (401, 403, 404, 503)), (0, (403, 503))):
        for status in statuses:
            path = f"/refuse?status={status}&cors={cors}"
            error = await failure(InvalidStatus, _open(env, env.url(path)))
            expected = status if cors or not env.in_page else 502
            assert error.response.status_code == expected, error
            assert not env.in_page or error.response.body, "there is no reason in the body"
            async with env.session() as session:
                refused = await failure(WSServerHandshakeError, env.ws_connect(session, path))
                assert refused.status == expected


@scenario()
async def refused_handshake_is_not_looked_into_unasked(env: LibrariesEnv) -> None:
    """With probe=False the server is not asked why it refused, and the status is 502."""
    env.require_page("nothing is asked for")
    env.install(probe=False)
    error = await failure(InvalidStatus, _open(env, env.url("/refuse?status=403&cors=1")))
    assert error.response.status_code == 502


@scenario()
async def server_without_one_of_the_subprotocols_is_refused(env: LibrariesEnv) -> None:
    """A server that selects a subprotocol that was not offered is refused."""
    options = {"subprotocols": ["v1"]}
    await unconnected(_open(env, env.url("/wrong-subprotocol"), **options))


@scenario(quick=True)
async def policy_of_the_page_is_named_in_the_error(env: LibrariesEnv) -> None:
    """Connecting to a URL that ``connect-src`` forbids raises an error at once that names the policy."""
    has_policy = isinstance(env, GatewayEnv) and env.thread == "main+csp"
    env.require(has_policy, "this page has no policy")
    url = env.server.replace("127.0.0.1", "localhost") + "/echo?token=s3cret"
    async with asyncio.timeout(10), env.session() as session:
        for error in (
            await unconnected(_open(env, url)),
            await unconnected(session.ws_connect(url)),
            await unconnected(session.get(url.replace("ws:", "http:"))),
        ):
            text = f"{error} {error.__cause__}"
            if isinstance(error, InvalidStatus):
                assert error.response.status_code == 403
                text += str(error.response.body)
            elif isinstance(error, WSServerHandshakeError):  # which does not show the body
                assert error.status == 403
                continue
            assert "Content-Security-Policy" in text, text
            assert "s3cret" not in text
    await env.round_trip()


@scenario()
async def tls_contexts_that_verify_are_accepted(env: LibrariesEnv) -> None:
    """`wss:` works with no context and with the default one: the browser verifies."""
    env.require_page("the server's certificate is one of its own")
    import ssl

    for context in (None, True, ssl.create_default_context()):
        options = {} if context is None else {"ssl": context}
        async with env.connect(env.secure, **options) as ws:
            await ws.send("over TLS")
            assert await ws.recv() == "over TLS"
            assert ws.transport.get_extra_info("sslcontext")
    async with env.session() as session:
        for accepted in (True, ssl.create_default_context()):
            async with session.ws_connect(env.secure, ssl=accepted) as other:
                await other.send_str("over TLS")
                assert await other.receive_str() == "over TLS"


@scenario()
async def tls_contexts_that_a_page_can_not_have_are_refused(env: LibrariesEnv) -> None:
    """A TLS context without verification, or with its own authorities, raises NotSupportedError."""
    env.require_page("any context will do")
    import ssl

    lax = ssl.create_default_context()
    lax.check_hostname = False
    lax.verify_mode = ssl.CERT_NONE
    assert "verif" in str(await failure(NotSupportedError, _open(env, env.secure, ssl=lax)))
    async with env.session() as session:
        await failure(NotSupportedError, session.ws_connect(env.secure, ssl=lax))
        await failure(NotSupportedError, session.ws_connect(env.secure, ssl=False))
