"""Opening: URLs, subprotocols, what ``opened`` gives, and the ways in which no connection is made."""

from __future__ import annotations

import asyncio
import json

from websocketstream import (
    DOMSyntaxError,
    HandshakeError,
    NotSupportedError,
    ReadableStream,
    SecurityError,
    WebSocketError,
    WebSocketStream,
    WritableStream,
    support,
)

from .env import NOBODY, BrowserEnv, Env, Skip
from .registry import scenario
from .steps import assert_echoes, failure, gone_before_it_was_open, outcome, refusal


@scenario(quick=True)
async def opened_gives_both_streams_protocol_and_extensions(env: Env) -> None:
    """``opened`` gives a readable and a writable stream, and what the handshake agreed on."""
    stream = env.stream("/echo?compress=0")
    opened = await stream.opened
    readable, writable, extensions, protocol = opened
    assert isinstance(readable, ReadableStream)
    assert isinstance(writable, WritableStream)
    assert (extensions, protocol) == ("", "")
    await assert_echoes(opened)
    stream.close()
    await stream.closed


@scenario()
async def extensions_are_those_of_the_handshake(env: Env) -> None:
    """``extensions`` names what the server agreed to, and is empty when that is nothing."""
    id = env.new_id()
    async with env.stream(f"/echo?id={id}") as opened:
        agreed = (await env.journal(id, wait="open"))["extensions"]
        named = [part.partition(";")[0].strip() for part in opened.extensions.split(",") if part]
        assert named == agreed


@scenario(quick=True)
async def url_is_absolute_and_keeps_its_query(env: Env) -> None:
    """``url`` is the URL that is connected to, there from the first moment."""
    id = env.new_id()
    url = f"{env.server}/echo?id={id}"
    stream = WebSocketStream(url, backend=env.backend)
    assert stream.url == url
    async with stream:
        assert stream.url == url
    assert stream.url == url


@scenario()
async def http_url_stands_for_ws(env: Env) -> None:
    """An http URL is taken for the ws URL of the same place."""
    http = env.server.replace("ws", "http", 1) + "/echo"
    stream = WebSocketStream(http, backend=env.backend)
    assert stream.url == env.server + "/echo"
    async with stream as opened:
        await assert_echoes(opened)


@scenario()
async def relative_url_is_resolved_against_the_page(env: Env) -> None:
    """A URL without a scheme takes the page's."""
    env.require(env.kind == "browser", "only a page has a URL to resolve against")
    url = env.server.partition(":")[2] + "/echo"
    stream = WebSocketStream(url, backend=env.backend)
    assert stream.url == f"ws:{url}"  # the pages of the tests are not https:
    if env.server.startswith("wss:"):
        await failure(WebSocketError, stream.closed)  # the server expects TLS
        return
    async with stream as opened:
        await assert_echoes(opened)


@scenario(quick=True)
async def invalid_urls_are_refused_at_once(env: Env) -> None:
    """A URL that can't be parsed, has a fragment, even an empty one, or a wrong scheme is refused."""
    for url in (
        "invalid:",
        "ws://",
        "ws://:80",
        "ws://example.com:99999/",
        f"{env.server}/echo#",
        f"{env.server}/echo#part",
        "ftp://example.com/",
        "file:///echo",
        "wsss://example.com/",
    ):
        error = refusal(DOMSyntaxError, WebSocketStream, url, backend=env.backend)
        assert error.name == "SyntaxError"
        assert isinstance(error, ValueError)


@scenario()
async def url_that_is_no_string_is_a_type_error(env: Env) -> None:
    """A URL that is missing or no string is a TypeError, and so is an option that does not exist."""
    refusal(TypeError, WebSocketStream)
    for url in (None, 5, b"ws://example.com/", ["ws://example.com/"]):
        refusal(TypeError, WebSocketStream, url, backend=env.backend)
    refusal(TypeError, WebSocketStream, f"{env.server}/echo", True)
    refusal(TypeError, env.stream, "/echo", subprotocols=["v1"])


@scenario()
async def options_are_checked_at_once(env: Env) -> None:
    """Options of a wrong type are a TypeError, wrong values a ValueError, with no connection made."""
    id = env.new_id()
    path = f"/echo?id={id}"
    for name in ("high_water_mark", "open_timeout", "close_timeout"):
        refusal(TypeError, env.stream, path, **{name: "1"})
        refusal(TypeError, env.stream, path, **{name: True})
        refusal(ValueError, env.stream, path, **{name: 0})
        refusal(ValueError, env.stream, path, **{name: -1})
    refusal(TypeError, env.stream, path, high_water_mark=1.5)
    refusal(ValueError, env.stream, path, close_timeout=float("inf"))
    refusal(ValueError, env.stream, path, close_timeout=float("nan"))
    refusal(ValueError, env.stream, path, overflow="drop")
    refusal(ValueError, WebSocketStream, env.server + path, backend="classic")
    await env.round_trip()
    assert (await env.journal(id, wait="no"))["path"] is None


@scenario()
async def timeouts_can_be_switched_off(env: Env) -> None:
    """``None`` for a timeout waits as long as it takes."""
    stream = env.stream("/echo", open_timeout=None, close_timeout=None)
    async with stream as opened:
        await assert_echoes(opened)
    assert await stream.closed == (1005, "")


@scenario()
async def back_end_that_is_not_there_is_refused(env: Env) -> None:
    """A back end that this environment does not have is a NotSupportedError that says so."""
    have = support()
    outside = have.pyodide is None
    for name, there in (("native", have.native), ("polyfill", have.websocket), ("cpython", outside)):
        if not there:
            error = refusal(NotSupportedError, WebSocketStream, f"{env.server}/echo", backend=name)
            assert f"backend={name!r}" in str(error)
            assert error.name == "NotSupportedError"
    assert have.auto == ("cpython" if outside else "native" if have.native else "polyfill")
    assert have.safe in (have.auto, "polyfill")


@scenario(quick=True)
async def first_subprotocol_that_the_server_selects_is_told(env: Env) -> None:
    """Subprotocols are offered in order, and ``protocol`` is the one that the server selected."""
    async with env.stream("/headers", protocols=["v2.chat", "v1.chat"]) as opened:
        assert opened.protocol == "v2.chat"
        headers = json.loads(await anext(aiter(opened.readable)))
        assert headers["subprotocols"] == ["v2.chat", "v1.chat"]


@scenario()
async def one_string_is_one_subprotocol(env: Env) -> None:
    """A string where a list of subprotocols is due stands for one of them, and is not split up."""
    async with env.stream("/headers", protocols="chat") as opened:
        assert opened.protocol == "chat"
        assert json.loads(await anext(aiter(opened.readable)))["subprotocols"] == ["chat"]


@scenario()
async def invalid_subprotocols_are_refused_at_once(env: Env) -> None:
    """A subprotocol that is given twice or is no token is refused, one that is no string a TypeError."""
    for names in (
        ["a", "b", "a"],
        [""],
        "",
        ["a b"],
        ["a,b"],
        ["ä"],
        ["a\n"],
        ["\x7f"],
        ["a/b"],
        ["{a}"],
    ):
        refusal(DOMSyntaxError, env.stream, "/echo", protocols=names)
    for wrong in (5, [5], [None], None, [b"a"]):
        refusal(TypeError, env.stream, "/echo", protocols=wrong)


@scenario()
async def no_connection_without_one_of_the_subprotocols(env: Env) -> None:
    """A server that selects none of the subprotocols offered, or another one, is not connected to."""
    for path in ("/no-subprotocol", "/wrong-subprotocol"):
        stream = env.stream(path, protocols=["v1", "v2"])
        await failure(WebSocketError, stream.opened)
        assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def refused_handshakes_reject_opened_and_closed(env: Env) -> None:
    """An HTTP error in place of a handshake rejects both promises, each with a WebSocketError."""
    for status in (401, 403, 404, 503):
        stream = env.stream(f"/refuse?status={status}")
        error = await failure(WebSocketError, stream.opened)
        assert (error.name, error.close_code, error.reason) == ("WebSocketError", None, "")
        error = await failure(WebSocketError, stream.closed)
        assert (error.close_code, error.reason) == (1006, "")
        assert isinstance(error, ConnectionError)


@scenario()
async def broken_handshakes_reject_opened_and_closed(env: Env) -> None:
    """A handshake with a wrong accept key, or that is cut short, makes no connection."""
    for path in ("/wrong-accept", "/drop-handshake"):
        stream = env.stream(path)
        await failure(WebSocketError, stream.opened)
        assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def server_that_is_not_there_rejects_opened_and_closed(env: Env) -> None:
    """Where nobody listens both promises are rejected."""
    stream = WebSocketStream(env.url("/", NOBODY), backend=env.backend)
    await failure(WebSocketError, stream.opened)
    assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def wrong_certificates_reject_opened_and_closed(env: Env) -> None:
    """A certificate that nobody trusts, that has expired or is for another host makes no connection."""
    env.require(env.kind != "fake", "there is no TLS on the fake network")
    async with env.stream("/wrong-certificates") as opened:
        urls = json.loads(await anext(aiter(opened.readable)))
    assert len(urls) == 3
    for fault, url in urls.items():
        stream = WebSocketStream(f"{url}/echo", backend=env.backend)
        async with asyncio.timeout(10):
            error = await failure(HandshakeError, stream.opened)
        assert "certificate" in str(error), f"{fault}: {error}"
        says_so = isinstance(env, BrowserEnv) and env.engine == "firefox"
        assert not says_so or "TLS has failed" in str(error), f"{fault}: {error}"
        assert (await failure(WebSocketError, stream.closed)).close_code == (1015 if says_so else 1006)


@scenario()
async def unasked_extension_makes_no_connection(env: Env) -> None:
    """A handshake that selects an extension which was not offered makes no connection."""
    stream = env.stream("/unasked-extension")
    opened = await outcome(stream.opened)
    if not isinstance(opened, WebSocketError):
        stream.close()
        await outcome(stream.closed)
        raise Skip("this browser lets the server select an extension that was not offered")
    assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def forbidden_port_is_an_error(env: Env) -> None:
    """A port that browsers refuse ends in a SecurityError at once, or in a failed connection."""
    env.require(env.kind == "browser", "only browsers refuse ports")
    await _assert_forbidden(env, "ws://127.0.0.1:25/?token=secret")


@scenario()
async def connection_that_the_policy_forbids_is_an_error(env: Env) -> None:
    """What ``connect-src`` forbids ends in a SecurityError at once, or in a failed connection."""
    has_policy = isinstance(env, BrowserEnv) and env.thread == "main+csp"
    env.require(has_policy, "this page has no policy")
    await _assert_forbidden(env, env.server.replace("127.0.0.1", "localhost") + "/?token=secret")
    await env.round_trip()


async def _assert_forbidden(env: Env, url: str) -> None:
    """Connecting ends by itself: with the timeout of 60 s, waiting for that would be too late."""
    try:
        stream = WebSocketStream(url, backend=env.backend)
    except SecurityError as error:
        assert error.name == "SecurityError"
        assert isinstance(error, PermissionError)
        assert "secret" not in str(error)
    else:
        assert "secret" not in str(await failure(WebSocketError, stream.opened))
        assert (await failure(WebSocketError, stream.closed)).close_code == 1006


@scenario()
async def server_that_never_answers_is_given_up_after_open_timeout(env: Env) -> None:
    """After ``open_timeout`` connecting is given up, and the server sees the client gone."""
    id = env.new_id()
    # Long enough for the request to be sent: while TLS is negotiated WebKit can't stop connecting.
    stream = env.stream(f"/never-handshakes?id={id}", open_timeout=1)
    error = await failure(WebSocketError, stream.opened)
    assert "open_timeout=1" in str(error)
    assert (await failure(WebSocketError, stream.closed)).close_code == 1006
    await gone_before_it_was_open(env, id)


@scenario()
async def slow_handshake_is_waited_for(env: Env) -> None:
    """A server that takes its time is connected to all the same."""
    async with env.stream("/slow-handshake?delay_ms=100") as opened:
        await assert_echoes(opened)


@scenario()
async def many_connections_at_once(env: Env) -> None:
    """Connections don't get in each other's way."""

    async def talk(number: int) -> None:
        async with env.stream("/echo") as opened:
            with opened.writable.get_writer() as writer, opened.readable.get_reader() as reader:
                for message in (f"text {number}", bytes([number])):
                    await writer.write(message)
                    assert (await reader.read()).value == message

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(talk(number))
