"""Routes that shake hands properly and misbehave afterwards: with raw frames, or by ending TCP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from .connection import Connection
from .payload import message
from .table import Query, register
from .wire import BINARY, CONTINUATION, PING, TEXT, close_frame, frame, header, masked_frame

Handler = Callable[[Connection, Query], Awaitable[None]]
Malformed = Callable[[Query], bytes]


def raw(path: str, **defaults: Any) -> Callable[[Handler], Handler]:
    """Enter a handler that takes the server's own connection class."""

    def enter(handler: Handler) -> Handler:
        register(path, "raw", handler.__doc__, handler, hooks={}, defaults=defaults)
        return handler

    return enter


def malformed(path: str, *, closing: bool = False, **defaults: Any) -> Callable[[Malformed], Malformed]:
    """Enter a function whose bytes are written behind the handshake; then the server only reads.

    `closing` says that they are a Close frame, so that the client's needs no answer.
    """

    def enter(function: Malformed) -> Malformed:
        async def handler(connection: Connection, query: Query) -> None:
            connection.write(function(query))
            if closing:
                connection.close_was_written()
            await connection.until_gone()

        register(path, "raw", function.__doc__, handler, hooks={}, defaults=defaults)
        return function

    return enter


async def _send(connection: Connection, count: int, size: int) -> None:
    for index in range(count):
        await connection.send(message(index, size, "text"))


# Ends of TCP


@raw("/reset", after=0, size=10)
async def reset(connection: Connection, query: Query) -> None:
    """Resets TCP after `after` numbered messages of `size`: as soon as the client has answered a
    ping behind them, so that they have arrived, or after a second.
    """
    if query.after:
        await _send(connection, query.after, query.size)
        await asyncio.wait([asyncio.ensure_future(await connection.ping())], timeout=1)
    connection.reset()


@raw("/eof", after=0, size=10)
async def eof(connection: Connection, query: Query) -> None:
    """Ends TCP, without a Close frame, after `after` numbered messages of `size`."""
    await _send(connection, query.after, query.size)
    connection.write_eof()
    await connection.until_gone()


@raw("/reset-on-message")
async def reset_on_message(connection: Connection, query: Query) -> None:
    """Resets TCP when the first message arrives."""
    await connection.recv()
    connection.reset()


@raw("/truncated-frame")
async def truncated_frame(connection: Connection, query: Query) -> None:
    """Sends a frame that promises 100 bytes, 10 of them, and ends TCP."""
    connection.write(header(BINARY, 100) + bytes(10))
    connection.write_eof()
    await connection.until_gone()


@raw("/wrong-certificates")
async def wrong_certificates(connection: Connection, query: Query) -> None:
    """Sends, as one JSON text, URLs of this server with certificates that browsers refuse, by what is
    wrong with them, and closes.
    """
    assert connection.hub.wrong_urls is not None
    await connection.send(json.dumps(await connection.hub.wrong_urls()))
    await connection.close()


# Malformed frames


@malformed("/invalid-utf8")
def invalid_utf8(query: Query) -> bytes:
    """Sends a text message that is not UTF-8."""
    return frame(TEXT, b"\xc3\x28")


@malformed("/reserved-bits")
def reserved_bits(query: Query) -> bytes:
    """Sends a frame with the second and third reserved bits set, which no extension uses."""
    return frame(TEXT, b"reserved", rsv=0b011)


@malformed("/bad-opcode")
def bad_opcode(query: Query) -> bytes:
    """Sends a frame with the reserved opcode 3."""
    return frame(3, b"opcode")


@malformed("/masked-frame")
def masked(query: Query) -> bytes:
    """Sends a masked frame, which only clients may do."""
    return masked_frame(TEXT, b"masked", b"\x01\x02\x03\x04")


@malformed("/oversized-control")
def oversized_control(query: Query) -> bytes:
    """Sends a ping of 126 bytes, one more than a control frame may have."""
    return frame(PING, bytes(126))


@malformed("/continuation-first")
def continuation_first(query: Query) -> bytes:
    """Sends a continuation frame with no message to continue."""
    return frame(CONTINUATION, b"orphan")


@malformed("/close-1-byte", closing=True)
def close_1_byte(query: Query) -> bytes:
    """Sends a Close frame with a body of one byte, half a code."""
    return frame(8, b"\x03")


@malformed("/close-bad-code", closing=True, code=1005, reason="")
def close_bad_code(query: Query) -> bytes:
    """Sends a Close frame with a `code` that must not be on the wire, and `reason`."""
    return close_frame(query.code, query.reason)


@malformed("/message-then-garbage", after=1, size=10)
def message_then_garbage(query: Query) -> bytes:
    """Sends `after` numbered messages of `size` and, in one write with them, a malformed frame."""
    texts = (str(message(index, query.size, "text")) for index in range(query.after))
    return b"".join(frame(TEXT, text.encode()) for text in texts) + frame(3, b"garbage")


@raw("/close-after-partial", after=0, size=10, code=1000, reason="")
async def close_after_partial(connection: Connection, query: Query) -> None:
    """Sends `after` numbered messages of `size`, half of a fragmented one, and a Close frame."""
    await _send(connection, query.after, query.size)
    connection.write(frame(TEXT, b"half", fin=False) + close_frame(query.code, query.reason))
    connection.close_was_written()
    await connection.until_gone()


# Unusual handling of the client's frames


@raw("/never-answers-close", count=0, size=10)
async def never_answers_close(connection: Connection, query: Query) -> None:
    """Sends `count` numbered messages of `size`, reads everything, and neither answers the client's
    Close frame nor ends TCP until the client does.
    """
    await _send(connection, query.count, query.size)
    connection.send_data()
    connection.muted = True
    await connection.until_gone()


@raw("/never-reads")
async def never_reads(connection: Connection, query: Query) -> None:
    """Reads nothing after the handshake, with a small receive buffer, until the client is gone."""
    connection.stop_reading()
    await connection.wait_closed()


@raw("/simultaneous-close", code=3001, reason="server")
async def simultaneous_close(connection: Connection, query: Query) -> None:
    """Meets the client's Close frame with its own, of `code` and `reason`, as if both had closed at
    the same time, and ends TCP.
    """

    def close() -> None:
        connection.transport.write(close_frame(query.code, query.reason))
        connection.write_eof()

    connection.muted = True
    connection.on_close = close
    await connection.until_gone()


@raw("/pingpong", count=3)
async def pingpong(connection: Connection, query: Query) -> None:
    """Pings `count` times, one by one, then tells how many were answered as text, and closes."""
    for _ in range(query.count):
        await (await connection.ping())
    await connection.send(str(query.count))
    await connection.close()
