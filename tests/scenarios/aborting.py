"""Aborting: signals while connecting, and abort() and cancel() of the two sides with reasons."""

from __future__ import annotations

import asyncio
from typing import Any

from websocketstream import AbortError, InvalidStateError, WebSocketError, WebSocketOpenInfo

from .env import Env, Skip
from .registry import scenario
from .steps import (
    INSATIABLE,
    assert_echoes,
    failure,
    gone_before_it_was_open,
    has_room,
    outcome,
    refusal,
    settled,
)


@scenario()
async def aborted_signal_prevents_the_connection(env: Env) -> None:
    """With a signal that has fired already no connection is made, and both promises are rejected."""
    controller = env.abort_controller()
    controller.abort("too late to begin")
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}", signal=controller.signal)
    for promise in (stream.opened, stream.closed):
        error = await failure(AbortError, promise)
        assert error.reason == "too late to begin"
    await env.round_trip()
    assert (await env.journal(id, wait="no"))["path"] is None


@scenario(quick=True)
async def signal_gives_up_connecting(env: Env) -> None:
    """A signal that fires during the handshake ends it; both promises tell the signal's reason."""
    controller = env.abort_controller()
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}", signal=controller.signal)
    controller.abort("changed my mind")
    for promise in (stream.opened, stream.closed):
        error = await failure(AbortError, promise)
        assert error.name == "AbortError"
        assert error.reason == "changed my mind"


@scenario()
async def signal_in_mid_handshake_lets_the_server_go(env: Env) -> None:
    """A handshake that is aborted while the server thinks is gone for the server too."""
    controller = env.abort_controller()
    id = env.new_id()
    stream = env.stream(f"/never-handshakes?id={id}", signal=controller.signal)
    await env.requested(id)
    controller.abort("enough")
    assert (await failure(AbortError, stream.opened)).reason == "enough"
    assert (await failure(AbortError, stream.closed)).reason == "enough"
    await gone_before_it_was_open(env, id)


@scenario(quick=True)
async def signal_after_opening_does_nothing(env: Env) -> None:
    """Once the connection is made the signal has no effect on it."""
    controller = env.abort_controller()
    async with env.stream("/echo", signal=controller.signal) as opened:
        controller.abort("too late to stop")
        await assert_echoes(opened)


@scenario()
async def signal_after_failure_does_nothing(env: Env) -> None:
    """A signal that fires after the handshake has failed changes nothing."""
    controller = env.abort_controller()
    stream = env.stream("/refuse", signal=controller.signal)
    error = await failure(WebSocketError, stream.opened)
    controller.abort("too late")
    assert await failure(WebSocketError, stream.opened) is error
    await failure(WebSocketError, stream.closed)


@scenario()
async def one_signal_gives_up_several(env: Env) -> None:
    """One signal can be given to several streams, and gives up all of those that are connecting."""
    controller = env.abort_controller()
    async with env.stream("/echo", signal=controller.signal) as opened:
        streams = [env.stream("/echo", signal=controller.signal) for _ in range(3)]
        controller.abort(5)
        for stream in streams:
            assert (await failure(AbortError, stream.opened)).reason == 5
        await assert_echoes(opened)


@scenario()
async def first_to_give_up_decides(env: Env) -> None:
    """Of close() and a signal, both while connecting, the first decides on the error."""
    controller = env.abort_controller()
    stream = env.stream("/echo", signal=controller.signal)
    stream.close()
    controller.abort("second")
    await failure(WebSocketError, stream.opened)
    await failure(WebSocketError, stream.closed)

    controller = env.abort_controller()
    stream = env.stream("/echo", signal=controller.signal)
    controller.abort("first")
    stream.close()
    await failure(AbortError, stream.opened)
    await failure(AbortError, stream.closed)


@scenario()
async def abort_reasons_of_plain_types_reach_the_caller(env: Env) -> None:
    """Strings, numbers and booleans come back as they were given, during the handshake and before."""
    for reason in ("why", "", 5, 2.5, 0, True, False):
        for before in (True, False):
            controller = env.abort_controller()
            if before:
                controller.abort(reason)
            stream = env.stream("/echo", signal=controller.signal)
            if not before:
                controller.abort(reason)
            error = await failure(AbortError, stream.opened)
            assert error.reason == reason
            assert type(error.reason) is type(reason)
            assert (await failure(AbortError, stream.closed)).reason == reason


@scenario()
async def abort_without_reason_is_an_abort_error(env: Env) -> None:
    """Without a reason, or with None, an AbortError with a reason that says so is raised."""
    for arguments in ((), (None,)):
        controller = env.abort_controller()
        stream = env.stream("/echo", signal=controller.signal)
        controller.abort(*arguments)
        error = await failure(AbortError, stream.opened)
        # The standard's own default reason.
        assert isinstance(error.reason, AbortError), repr(error.reason)
        await failure(AbortError, stream.closed)


@scenario()
async def signal_that_is_none_is_refused(env: Env) -> None:
    """Something that is no AbortSignal is a TypeError, and no connection is made."""
    id = env.new_id()
    for signal in (5, "signal", object(), env.abort_controller()):
        refusal(TypeError, env.stream, f"/echo?id={id}", signal=signal)
    await env.round_trip()
    assert (await env.journal(id, wait="no"))["path"] is None


class LookAlike(Exception):
    """Has all that a WebSocketError has, and is none."""

    name = "WebSocketError"
    close_code = closeCode = code = 3456
    reason = "look-alike"


async def _closed_with(env: Env, side: str, reason: Any) -> tuple[int, str]:
    """Abort or cancel a side of a new connection; return what the server was told."""
    id = env.new_id()
    stream = env.stream(f"/echo?id={id}")
    opened = await stream.opened
    if side == "abort":
        await opened.writable.abort(reason)
    else:
        await opened.readable.cancel(reason)
    info = await stream.closed
    entry = await env.journal(id)
    assert (entry["close_code"], entry["close_reason"]) == info
    return info


@scenario()
async def abort_and_cancel_close_without_code(env: Env) -> None:
    """abort() and cancel() without a reason send an empty Close frame: a clean close."""
    for side in ("abort", "cancel"):
        assert await _closed_with(env, side, None) == (1005, "")


@scenario()
async def abort_and_cancel_use_a_websocket_errors_code(env: Env) -> None:
    """abort() and cancel() with a WebSocketError close with its code and reason."""
    for side in ("abort", "cancel"):
        error = WebSocketError(close_code=3333)
        assert await _closed_with(env, side, error) == (3333, "")
        error = WebSocketError(close_code=3456, reason="set")
        assert await _closed_with(env, side, error) == (3456, "set")
        error = WebSocketError(reason="specified")
        assert await _closed_with(env, side, error) == (1000, "specified")


@scenario()
async def abort_and_cancel_ignore_look_alikes(env: Env) -> None:
    """Anything that is no WebSocketError counts as no reason, whatever it looks like."""
    for side in ("abort", "cancel"):
        for reason in (
            LookAlike("look-alike"),
            {"close_code": 3456, "closeCode": 3456, "reason": "obsolete"},
            "3456",
            3456,
        ):
            assert await _closed_with(env, side, reason) == (1005, "")


@scenario()
async def codes_of_received_errors_can_be_given_on(env: Env) -> None:
    """An error with a code that may not be sent, such as 1006, closes without one."""
    lost = env.stream(settled("/reset"))
    error = await failure(WebSocketError, lost.closed)
    assert error.close_code == 1006
    for side in ("abort", "cancel"):
        code, _ = await _closed_with(env, side, error)
        assert code == 1005


@scenario()
async def aborted_writable_can_not_be_written_to(env: Env) -> None:
    """After abort() the writer's promises raise the reason, and writes raise InvalidStateError."""
    stream = env.stream("/echo")
    opened = await stream.opened
    writer = opened.writable.get_writer()
    reason = ValueError("the reason")
    await writer.abort(reason)
    refusal(InvalidStateError, writer.write, "too late")
    assert await failure(ValueError, writer.ready) is reason
    assert await failure(ValueError, writer.closed) is reason
    assert await stream.closed == (1005, "")
    assert writer.desired_size is None


@scenario()
async def abort_reasons_of_any_type_reach_the_writer(env: Env) -> None:
    """A reason that is no exception arrives as the ``reason`` of an AbortError."""
    for reason in (None, "why", 5, {"a": 1}):
        stream = env.stream("/echo")
        opened = await stream.opened
        writer = opened.writable.get_writer()
        await writer.abort(reason)
        assert (await failure(AbortError, writer.closed)).reason == reason
        await stream.closed


@scenario()
async def abort_after_close_drops_what_waits_and_ends(env: Env) -> None:
    """A close that waits for what was written to be sent ends at once when that is dropped."""
    stream = env.stream("/echo")
    writer = (await stream.opened).writable.get_writer()
    writer.write(b"x" * 300_000)
    stream.close(4000, "bye")
    await writer.abort()
    assert await stream.closed == (4000, "bye")


@scenario()
async def abort_wakes_writes_that_wait(env: Env) -> None:
    """A write that waits for room raises the reason of the abort, and the stream closes or gives up."""
    stream = env.stream("/never-reads?compress=0", send_high_water_mark=16 * 1024, close_timeout=0.3)
    opened = await stream.opened
    writer = opened.writable.get_writer()
    write = asyncio.ensure_future(outcome(writer.write(bytes(16 * 1024 * 1024))))
    await env.round_trip()
    if has_room(writer):
        stream.close()
        await outcome(stream.closed)
        raise Skip(INSATIABLE)
    reason = ValueError("no more")
    await writer.abort(reason)
    assert await write is reason
    await outcome(stream.closed)


@scenario()
async def aborting_a_closed_stream_changes_nothing(env: Env) -> None:
    """abort() after the end does nothing."""
    stream = env.stream("/close?code=4000")
    opened = await stream.opened
    await stream.closed
    await opened.writable.abort(WebSocketError(close_code=3000))
    assert await stream.closed == (4000, "")


@scenario()
async def both_sides_can_be_ended(env: Env) -> None:
    """Cancelling one side and aborting the other closes once, with what was said first."""
    for order in ("abort", "cancel"):
        stream = env.stream("/echo")
        opened = await stream.opened
        first, second = WebSocketError(close_code=3001), WebSocketError(close_code=3002)
        await _end_both(opened, order, first, second)
        assert await stream.closed == (3001, "")


async def _end_both(
    opened: WebSocketOpenInfo, order: str, first: WebSocketError, second: WebSocketError
) -> None:
    if order == "abort":
        await opened.writable.abort(first)
        await opened.readable.cancel(second)
    else:
        await opened.readable.cancel(first)
        await opened.writable.abort(second)
