"""`diagnose()`: each cause of a connection that is not made is told apart, as far as it can be here."""

from __future__ import annotations

import asyncio
import json

from websocketstream import DOMSyntaxError, diagnose
from websocketstream.diagnosis import Diagnosis, Finding

from .env import BrowserEnv, Env
from .registry import scenario


async def examined(env: Env, url: str, **options: object) -> Diagnosis:
    """Diagnose with a secret in the URL, which must not be shown."""
    secret = env.new_id()
    mark = "&" if "?" in url else "?"
    found = await diagnose(f"{url}{mark}id={secret}", backend=env.backend, **options)  # type: ignore[arg-type]
    assert secret not in f"{found!r} {found} {found._repr_html_()}"
    return found


async def cause(env: Env, url: str, **options: object) -> Finding:
    """Return the most likely cause."""
    found = (await examined(env, url, **options)).cause
    assert found is not None
    return found


@scenario(quick=True)
async def connection_that_works_has_no_cause(env: Env) -> None:
    """Where a connection can be made there is no cause, and it is closed again."""
    id = env.new_id()
    found = await diagnose(f"{env.server}/echo?id={id}", protocols=["chat"], backend=env.backend)
    assert found.cause is None, str(found)
    assert {each.check: each.result for each in found.findings}["connection"] == "ok"
    assert id not in f"{found!r} {found} {found._repr_html_()}"
    assert (await env.journal(id))["ended"] == "close"


@scenario()
async def invalid_url_is_a_cause(env: Env) -> None:
    """A URL that is not valid is a finding; a subprotocol that is not valid raises."""
    assert (await cause(env, "ftp://example.com/")).check == "URL"
    try:
        await diagnose(env.server, protocols=["a b"], backend=env.backend)
    except DOMSyntaxError:
        return
    raise AssertionError("the subprotocol was not refused")


@scenario(quick=True)
async def refused_handshake_is_told_from_a_server_that_is_down(env: Env) -> None:
    """A server that refuses answers something; where nobody listens, nothing answers.

    Where the page's policy forbids to ask over HTTP, neither of them is called down.
    """
    found = await examined(env, f"{env.server}/refuse?status=403")
    refused, down = found.cause, await cause(env, "ws://127.0.0.1:65535/")
    assert refused is not None
    if isinstance(env, BrowserEnv) and "forbids to ask the server over HTTP" not in str(found):
        # Outside a browser there is no CORS, so that the status is not hidden.
        assert "A server answers" in refused.words or "403" in refused.words, refused
        assert (down.check, "Nothing answers" in down.words) == ("server", True)
    else:
        assert refused.check == down.check == "connection"


@scenario()
async def server_that_speaks_the_other_scheme_is_found(env: Env) -> None:
    """A server that speaks TLS where none is expected, or none where it is, is found by asking it."""
    env.require(isinstance(env, BrowserEnv), "only a browser asks over HTTP")
    scheme, _, rest = env.server.partition(":")
    other = "ws" if scheme == "wss" else "wss"
    found = await cause(env, f"{other}:{rest}/echo")
    assert found.check == "TLS", found
    assert found.remedy == f"Use {scheme}:."


@scenario()
async def untrusted_certificate_is_a_possible_cause(env: Env) -> None:
    """A certificate that is not trusted is named beside a server that is down, or alone in Firefox."""
    env.require(isinstance(env, BrowserEnv), "only a browser asks over HTTP")
    async with env.stream("/wrong-certificates") as opened:
        urls = json.loads(await anext(aiter(opened.readable)))
    found = await examined(env, f"{urls['expired']}/echo")
    assert found.cause is not None
    says_so = isinstance(env, BrowserEnv) and env.engine == "firefox"
    assert found.cause.check == ("TLS" if says_so else "server")
    assert "certificate" in found.cause.words
    assert {each.check: each.result for each in found.findings}["TLS"] == (
        "problem" if says_so else "unknown"
    )


@scenario()
async def connection_that_is_closed_at_once_is_shown_with_its_code(env: Env) -> None:
    """A server that accepts, and closes at once, is quoted."""
    found = await cause(env, f"{env.server}/close?code=4401&reason=log+in+first")
    assert found.check == "connection"
    assert "4401 (log in first)" in found.words


@scenario()
async def subprotocols_that_the_server_does_not_know_are_found(env: Env) -> None:
    """A server that selects no subprotocol is found by connecting without any."""
    assert (await cause(env, f"{env.server}/no-subprotocol", protocols=["v1"])).check == "subprotocols"


@scenario()
async def server_that_does_not_answer_takes_no_longer_than_the_limit(env: Env) -> None:
    """A server that never answers is named as that, within the time limit."""
    begun = asyncio.get_running_loop().time()
    found = await cause(env, f"{env.server}/never-handshakes", timeout=1)
    assert asyncio.get_running_loop().time() - begun < 5
    assert found.check == "connection"
    assert "It was not open after" in found.words


@scenario()
async def policy_that_forbids_the_connection_is_named(env: Env) -> None:
    """The directive of the page's policy is named, with what to add to it."""
    has_policy = isinstance(env, BrowserEnv) and env.thread == "main+csp"
    env.require(has_policy, "this page has no policy")
    server = env.server.replace("127.0.0.1", "localhost")
    found = await cause(env, f"{server}/echo")
    assert found.check == "policy"
    assert "connect-src" in found.words
    assert found.remedy == f"Add {'/'.join(server.split('/')[:3])} to that directive."
