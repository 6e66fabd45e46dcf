"""Headers that a page can't set: where hooks move them, and what is refused."""

from typing import Any

import pytest

from tests.worlds.fake import FakeEnv
from websocketstream import NotSupportedError
from websocketstream.asyncio.client import connect
from websocketstream.exceptions import HandshakeFailed
from websocketstream.handshake import (
    Handshake,
    HeadersHook,
    all_of,
    bearer_in_subprotocol,
    dropped,
    in_query,
    openai,
)

BEARER = {"Authorization": "Bearer s3cret"}


async def offered(headers: Any, hook: HeadersHook, **options: Any) -> tuple[str, tuple[str, ...]]:
    """Connect, and return the path and the subprotocols that the server sees."""
    env = FakeEnv()
    async with connect(
        f"{env.server}/echo", additional_headers=headers, headers_to=hook, backend=env.backend, **options
    ):
        peer = env.backend.peers[-1]
        return peer.path, peer.protocols


async def test_in_query() -> None:
    """A header becomes a parameter, with what is special in URLs escaped."""
    path, _ = await offered([("X-Id", "7 &=ü")], in_query({"x-id": "id"}))
    assert path == "/echo?id=7+%26%3D%C3%BC"
    path, _ = await offered(BEARER, in_query({"Authorization": "id", "X-Other": "other"}))
    assert path == "/echo?id=s3cret"
    path, _ = await offered({"authorization": "Basic abc"}, in_query({"Authorization": "id"}))
    assert path == "/echo?id=Basic+abc"
    path, _ = await offered(None, in_query({"Authorization": "id"}))
    assert path == "/echo"
    handshake = Handshake("ws://example.com/?a=b", [], {"X": "y"})  # type: ignore[arg-type]
    handshake.add_to_query("c", "d")
    assert handshake.uri == "ws://example.com/?a=b&c=d"


async def test_bearer_in_subprotocol() -> None:
    """A token is offered as the last subprotocol, encoded if need be."""
    _, protocols = await offered(BEARER, bearer_in_subprotocol("bearer."), subprotocols=["chat"])
    assert protocols == ("chat", "bearer.s3cret")
    hook = bearer_in_subprotocol("base64url.bearer.authorization.k8s.io.", base64url=True)
    _, protocols = await offered({"AUTHORIZATION": "bearer a/b=="}, hook)
    assert protocols == ("base64url.bearer.authorization.k8s.io.YS9iPT0",)
    _, protocols = await offered(None, hook, subprotocols=["chat"])
    assert protocols == ("chat",)
    with pytest.raises(ValueError, match="not a valid subprotocol"):
        await offered({"Authorization": "Bearer a/b=="}, bearer_in_subprotocol("bearer."))


async def test_openai() -> None:
    """OpenAI's realtime API takes its headers as subprotocols."""
    headers = {**BEARER, "OpenAI-Beta": "realtime=v1", "OpenAI-Project": "p1", "User-Agent": "x"}
    _, protocols = await offered(headers, openai)
    assert protocols == (
        *("realtime", "openai-insecure-api-key.s3cret", "openai-project.p1"),
        "openai-beta.realtime-v1",
    )
    _, protocols = await offered(BEARER, openai, subprotocols=["realtime"])
    assert protocols == ("realtime", "openai-insecure-api-key.s3cret")


async def test_what_a_hook_leaves_is_refused() -> None:
    """Nothing is dropped in silence; names are told, values are not."""
    hook = bearer_in_subprotocol("bearer.")
    with pytest.raises(NotSupportedError, match=r"\(x-key\) that headers_to has left") as raised:
        await offered({**BEARER, "X-Key": "pri-vate"}, hook)
    assert "s3cret" not in str(raised.value)
    assert "pri-vate" not in str(raised.value)
    _, protocols = await offered({**BEARER, "X-Key": "pri-vate"}, all_of(hook, dropped("X-Key", "Y")))
    assert protocols == ("bearer.s3cret",)
    with pytest.raises(NotSupportedError, match="authorization"):
        connect("wss://example.com/", additional_headers=BEARER)


async def test_hook_is_called_for_each_attempt() -> None:
    """A token can be fetched anew when connecting again."""
    env = FakeEnv()
    tokens = iter("abc")

    def hook(handshake: Handshake) -> None:
        handshake.add_to_query("id", next(tokens))

    seen = []
    async for _ in connect(f"{env.server}/echo", headers_to=hook, backend=env.backend):
        seen.append(env.backend.peers[-1].path)
        if len(seen) == 3:
            break
    assert seen == ["/echo?id=a", "/echo?id=b", "/echo?id=c"]


async def test_failed_handshake_does_not_tell_the_token() -> None:
    """Neither the URL's query string nor the subprotocols are in the error."""
    env = FakeEnv()
    for path in ("no-subprotocol", "refuse"):
        with pytest.raises(HandshakeFailed) as raised:
            await connect(
                f"{env.server}/{path}?id=pri-vate",
                additional_headers=BEARER,
                headers_to=bearer_in_subprotocol("bearer."),
                backend=env.backend,
            )
        error: BaseException | None = raised.value
        while error is not None:
            assert "s3cret" not in str(error)
            assert "pri-vate" not in str(error)
            error = error.__cause__
