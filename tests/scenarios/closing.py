"""Closing from this side: codes and reasons, what the server is told, and when ``closed`` settles."""

from __future__ import annotations

from websocketstream import (
    DOMSyntaxError,
    InvalidAccessError,
    InvalidStateError,
    WebSocketCloseInfo,
    WebSocketError,
)

from .env import Env
from .registry import scenario
from .steps import (
    assert_echoes,
    failure,
    gone_before_it_was_open,
    refusal,
)

FORBIDDEN_CODES = (-1, 0, 999, 1001, 1005, 1006, 1011, 1015, 2999, 5000, 65536)


@scenario(quick=True)
async def close_code_and_reason_go_there_and_back(env: Env) -> None:
    """The code and reason given to close() reach the server, and ``closed`` tells its answer."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    await stream.opened
    stream.close(3456, "pizza")
    info = await stream.closed
    assert info == WebSocketCloseInfo(close_code=3456, reason="pizza")
    entry = await env.journal(id)
    assert (entry["close_code"], entry["close_reason"]) == (3456, "pizza")
    assert entry["ended"] == "close"


@scenario(quick=True)
async def close_without_code_sends_an_empty_frame(env: Env) -> None:
    """With neither code nor reason, or an empty reason, the Close frame is empty."""
    for arguments in ({}, {"close_code": None}, {"reason": ""}, {"close_code": None, "reason": ""}):
        id = env.new_id()
        stream = env.stream(f"/echo?id={id}")
        await stream.opened
        stream.close(**arguments)
        assert await stream.closed == (1005, "")
        entry = await env.journal(id)
        assert (entry["close_code"], entry["close_reason"]) == (1005, "")


@scenario()
async def reason_without_code_means_1000(env: Env) -> None:
    """A reason and no code closes with 1000."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    await stream.opened
    stream.close(reason="that's all")
    assert await stream.closed == (1000, "that's all")
    assert (await env.journal(id))["close_code"] == 1000


@scenario()
async def highest_and_lowest_close_codes_are_sent(env: Env) -> None:
    """1000 and both ends of the range from 3000 to 4999 may be used."""
    for code in (1000, 3000, 4999):
        id = env.new_id()
        stream = env.stream(f"/echo?id={id}")
        await stream.opened
        stream.close(code)
        assert await stream.closed == (code, "")
        assert (await env.journal(id))["close_code"] == code


@scenario(quick=True)
async def forbidden_close_codes_are_refused(env: Env) -> None:
    """A code other than 1000 and 3000-4999 is an InvalidAccessError, and the stream stays open."""
    async with env.stream("/echo") as opened:
        stream = env.stream("/echo")
        await stream.opened
        for code in FORBIDDEN_CODES:
            error = refusal(InvalidAccessError, stream.close, code)
            assert error.name == "InvalidAccessError"
            assert str(code) in str(error)
            assert isinstance(error, ValueError)
        await assert_echoes(opened)
        stream.close()
        assert await stream.closed == (1005, "")


@scenario()
async def wrong_types_in_close_are_type_errors(env: Env) -> None:
    """A close code that is no int, or a reason that is no string, is a TypeError."""
    stream = env.stream("/echo")
    opened = await stream.opened
    for code in (True, "1000", 1000.0, {"close_code": 1000}):
        refusal(TypeError, stream.close, code)
    for reason in (None, b"bye", 5):
        refusal(TypeError, stream.close, 1000, reason)
    refusal(TypeError, stream.close, code=1000)
    await assert_echoes(opened)
    stream.close()
    await stream.closed


@scenario()
async def close_reason_is_limited_to_123_bytes(env: Env) -> None:
    """A reason of 123 bytes of UTF-8 is sent, one of 124 is refused; characters don't count."""
    stream = env.stream("/echo")
    opened = await stream.opened
    for reason in ("." * 124, "🔌" * 31, "ä" * 62):
        error = refusal(DOMSyntaxError, stream.close, 4000, reason)
        assert error.name == "SyntaxError"
        assert "123" in str(error)
        refusal(DOMSyntaxError, stream.close, reason=reason)
    await assert_echoes(opened)
    longest = "ä" * 61 + "."
    stream.close(4000, longest)
    assert await stream.closed == (4000, longest)


@scenario()
async def close_arguments_are_checked_in_every_state(env: Env) -> None:
    """Wrong arguments are refused while connecting, when closing, and after the end too."""
    stream = env.stream("/echo")

    def assert_checked() -> None:
        refusal(InvalidAccessError, stream.close, 1001)
        refusal(DOMSyntaxError, stream.close, 1000, "." * 124)

    assert_checked()
    await stream.opened
    assert_checked()
    stream.close(3001)
    assert_checked()
    assert await stream.closed == (3001, "")
    assert_checked()


@scenario(quick=True)
async def second_close_is_ignored(env: Env) -> None:
    """The first close() decides; one more, also after the end, changes nothing."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    await stream.opened
    stream.close(3001, "first")
    stream.close(3002, "second")
    assert await stream.closed == (3001, "first")
    stream.close(3003, "third")
    assert await stream.closed == (3001, "first")
    assert (await env.journal(id))["close_code"] == 3001


@scenario(quick=True)
async def close_while_connecting_rejects_both_promises(env: Env) -> None:
    """close() before the connection is made gives it up: ``opened`` and ``closed`` are rejected."""
    stream = env.stream("/echo")
    stream.close(3456, "never mind")
    error = await failure(WebSocketError, stream.opened)
    assert error.close_code is None
    error = await failure(WebSocketError, stream.closed)
    assert (error.close_code, error.reason) == (1006, "")


@scenario()
async def close_in_mid_handshake_lets_the_server_go(env: Env) -> None:
    """A connection that is given up in mid-handshake is gone for the server too, and was never open."""
    id = env.new_id()
    stream = env.stream(f"/never-handshakes?id={id}")
    await env.requested(id)
    stream.close()
    await failure(WebSocketError, stream.opened)
    await failure(WebSocketError, stream.closed)
    entry = await gone_before_it_was_open(env, id)
    assert entry["close_code"] is None


@scenario(quick=True)
async def closing_the_writer_closes_without_code(env: Env) -> None:
    """writer.close() sends an empty Close frame, and is done when the connection has closed."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    await writer.close()
    assert (await env.journal(id, wait="no"))["close_code"] == 1005
    assert await stream.closed == (1005, "")
    await writer.closed
    assert writer.desired_size == 0
    refusal(InvalidStateError, writer.write, "too late")


@scenario()
async def closing_the_writable_closes_without_code(env: Env) -> None:
    """writable.close() does the same without a writer."""
    stream = env.stream("/echo")
    opened = await stream.opened
    await opened.writable.close()
    assert await stream.closed == (1005, "")
