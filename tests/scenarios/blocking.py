"""The blocking client, where Python can be suspended, and on CPython, where a thread waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from websocketstream import (
    DOMSyntaxError,
    HandshakeError,
    InvalidAccessError,
    InvalidStateError,
    NotSupportedError,
    WebSocketError,
    support,
    sync,
)

from .env import Env
from .payload import check
from .registry import scenario
from .steps import Message, refusal


def _require_waiting(env: Env) -> None:
    """Skip where Python can't wait, after the error that says so."""
    if env.kind == "browser" and not support().jspi:
        error = refusal(NotSupportedError, sync.connect, f"{env.server}/echo")
        assert "asynchronous" in str(error)
        env.require(False, "this browser can't suspend Python")


def _connect(env: Env, path: str, **options: Any) -> sync.SyncWebSocketStream:
    return sync.connect(env.url(path), backend=env.backend, **options)


@scenario(quick=True)
async def blocking_client_sends_and_receives(env: Env) -> None:
    """``connect`` gives an open connection; ``send`` and ``recv`` need no ``await``."""
    _require_waiting(env)
    with _connect(env, "/echo", protocols=["v2", "v1"]) as ws:
        assert ws.url.startswith(env.server) and ws.url.endswith("/echo")
        assert ws.protocol == "v2"
        assert isinstance(ws.extensions, str)
        assert "open" in repr(ws)
        for message in ("text", "Straße → 🏠", b"binary", ""):
            ws.send(message)
            assert ws.recv() == message
        refusal(TypeError, ws.send, None)
        refusal(TimeoutError, ws.recv, timeout=0)
        refusal(TimeoutError, ws.recv, timeout=0.02)
        # Where the clock is coarse, such a deadline has passed before a timer for it can be set.
        for _ in range(50):
            refusal(TimeoutError, ws.recv, timeout=0.0005)
        ws.send("not lost")
        assert ws.recv(timeout=5) == "not lost"
    assert "closed" in repr(ws)


@scenario(quick=True)
async def blocking_client_can_be_iterated(env: Env) -> None:
    """A ``for`` loop gives every message, in order, and ends when the server has closed cleanly."""
    _require_waiting(env)
    with _connect(env, "/send?count=300&kind=mixed&code=4001&reason=over") as ws:
        messages: list[Message] = list(ws)
        check(messages, 300, 10, "mixed")
        assert list(ws) == []
        error = refusal(WebSocketError, ws.recv)
        assert (error.close_code, error.reason) == (4001, "over")
        refusal(InvalidStateError, ws.send, "too late")
        assert ws.close() == (4001, "over")


@scenario()
async def blocking_client_closes(env: Env) -> None:
    """``close`` waits for the end, with the code, and so does leaving the block."""
    _require_waiting(env)
    id = env.new_id()
    ws = _connect(env, f"/sink?id={id}")
    for number in range(20):
        ws.send(f"message {number}")
    refusal(InvalidAccessError, ws.close, 1001)
    assert ws.close(4000, "that will do") == (4000, "that will do")
    entry = await env.journal(id)
    assert (entry["messages_received"], entry["close_code"]) == (20, 4000)

    id = env.new_id()
    mine = KeyError("mine")

    def use() -> None:
        with _connect(env, f"/echo?id={id}"):
            raise mine

    assert refusal(KeyError, use) is mine
    assert (await env.journal(id))["close_code"] == 1005


@scenario()
async def blocking_client_raises_what_goes_wrong(env: Env) -> None:
    """A refused, a lost and an unanswered connection raise the errors of the asynchronous client."""
    _require_waiting(env)
    assert isinstance(refusal(HandshakeError, _connect, env, "/refuse"), ConnectionRefusedError)
    refusal(HandshakeError, _connect, env, "/never-handshakes", open_timeout=0.1)
    refusal(DOMSyntaxError, sync.connect, "ftp://example.com/", backend=env.backend)

    def lose(body: Callable[[sync.SyncWebSocketStream], object]) -> None:
        with _connect(env, "/reset-on-message") as ws:
            ws.send("boom")
            body(ws)

    # The last one catches it, and the block raises it at its end.
    for body in (list, lambda ws: ws.recv(), lambda ws: refusal(WebSocketError, ws.recv)):
        assert refusal(WebSocketError, lose, body).close_code == 1006

    def unanswered() -> None:
        with _connect(env, "/never-answers-close", close_timeout=0.1):
            pass

    assert "close_timeout" in str(refusal(WebSocketError, unanswered))


@scenario()
async def other_tasks_run_while_a_blocking_client_waits(env: Env) -> None:
    """While a blocking call waits, the page and the other tasks go on."""
    _require_waiting(env)
    env.require(env.kind == "browser", "on CPython a blocking call blocks its thread")
    done: list[str] = []

    async def work() -> None:
        async with env.stream("/echo") as ws:
            await ws.send("meanwhile")
            done.append(str(await ws.recv()))

    with _connect(env, "/samples?count=1&delay_ms=0") as ws:
        task = asyncio.ensure_future(work())
        list(ws)
        with _connect(env, "/slow-handshake?delay_ms=300"):
            assert done == ["meanwhile"]
        await task


@scenario()
async def blocking_call_from_a_callback_of_javascript_is_refused(env: Env) -> None:
    """Where JavaScript waits for Python a blocking call is an error that says so, and names the way."""
    env.require(env.kind == "browser", "only in a browser JavaScript calls Python")
    _require_waiting(env)
    import js
    from pyodide.ffi import create_proxy

    outcomes: list[NotSupportedError] = []

    def called(*_: object) -> None:
        outcomes.append(refusal(NotSupportedError, sync.connect, f"{env.server}/echo"))

    js_called = create_proxy(called)
    try:
        js.Array.of(1).forEach(js_called)
    finally:
        js_called.destroy()
    assert "JavaScript has called it" in str(outcomes[0])
