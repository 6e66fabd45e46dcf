"""RFC 6455 frames, the server's side: bytes of a client to messages, messages to bytes for it.

Pure: it knows nothing of connections, and imports nothing that does. No extension is ever negotiated.

:meth:`FrameReader.feed` is called for every write of a library, nearly always with exactly one small
frame. That case is taken first and in few steps; all others go through :meth:`FrameReader._feed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .._rules import Message

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
MAX_CONTROL_PAYLOAD = 125

_UNMASK_AT_ONCE = 1 << 16
_REPEAT = int.from_bytes(b"\0\0\0\1" * (_UNMASK_AT_ONCE // 4))
_SHORT_TEXT = [bytes([FINAL | TEXT, size]) for size in range(126)]
_SHORT_BINARY = [bytes([FINAL | BINARY, size]) for size in range(126)]


class Ping(NamedTuple):
    """A Ping frame."""

    payload: bytes


class Pong(NamedTuple):
    """A Pong frame, in answer to a Ping or unasked."""

    payload: bytes


class Close(NamedTuple):
    """A Close frame. ``code`` is ``None`` if the frame was empty."""

    code: int | None
    reason: str


class Violation(NamedTuple):
    """A breach of the protocol, with the code and reason that a server closes with."""

    code: int
    reason: str


type Frame = Message | Ping | Pong | Close | Violation


class _Violated(Exception):
    """Ends the parsing of a frame; its arguments are those of :class:`Violation`."""


class FrameReader:
    """A parser of what a client sends after the handshake.

    Args:
        max_message_size: the largest message in bytes; ``None`` means no limit.
    """

    def __init__(self, max_message_size: int | None = None) -> None:
        self._max_message_size = float("inf") if max_message_size is None else max_message_size
        # Whether nothing is left over from earlier calls, so that the short way may be taken.
        self._idle = max_message_size is None or max_message_size > MAX_CONTROL_PAYLOAD
        self._may_be_idle = self._idle
        self._pieces: list[bytes] = []
        self._held = 0
        self._needed = 2
        self._opcode = CONTINUATION
        self._fragments: list[bytes] = []
        self._message_size = 0
        self._ended = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """Return the messages and control frames that are complete with ``data``, in order.

        A :class:`Violation` comes last. After it, or after a :class:`Close`, everything is ignored.
        """
        if self._idle and type(data) is not memoryview:
            size = len(data) - 6
            if 0 <= size <= 125 and data[1] == MASKED | size:
                opcode = data[0]
                if opcode == FINAL | TEXT or opcode == FINAL | BINARY:
                    payload = _unmask_short(data[6:], data[2:6], size)
                    if opcode == FINAL | BINARY:
                        return [payload]
                    try:
                        return [payload.decode()]
                    except UnicodeDecodeError:
                        pass
        return self._feed(data)

    def _feed(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        if self._ended:
            return []
        self._pieces.append(bytes(data))
        self._held += len(self._pieces[-1])
        if self._held < self._needed:
            return []
        buffer = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        frames: list[Frame] = []
        rest = b""
        try:
            rest = buffer[self._parse(buffer, frames) :]
        except _Violated as violated:
            self._ended = True
            frames.append(Violation(*violated.args))
        self._pieces = [rest] if rest else []
        self._held = len(rest)
        self._idle = self._may_be_idle and not (rest or self._opcode or self._ended)
        return frames

    def _parse(self, buffer: bytes, frames: list[Frame]) -> int:
        """Append the complete frames of ``buffer`` to ``frames`` and return where the rest begins."""
        position = 0
        while not self._ended:
            left = len(buffer) - position
            self._needed = 2
            if left < 2:
                return position
            first, size = buffer[position], buffer[position + 1]
            self._check(first, size)
            start = position + 6
            size &= 0x7F
            if size > 125:
                extended = 2 if size == 126 else 8
                self._needed += extended
                if left < self._needed:
                    return position
                size = int.from_bytes(buffer[position + 2 : position + 2 + extended])
                start += extended
            self._check_size(size)
            end = start + size
            self._needed = end - position
            if left < self._needed:
                return position
            self._take(first, _unmask(buffer, start, end), frames)
            position = end
        return len(buffer)

    def _check(self, first: int, second: int) -> None:
        """Check the first two bytes of a frame."""
        opcode = first & 0x0F
        if first & 0x70:
            raise _Violated(1002, "reserved bits must be 0")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise _Violated(1002, "invalid opcode")
        if not second & MASKED:
            raise _Violated(1002, "incorrect masking")
        if opcode >= CLOSE:
            if not first & FINAL:
                raise _Violated(1002, "fragmented control frame")
            if second & 0x7F > MAX_CONTROL_PAYLOAD:
                raise _Violated(1002, "control frame too long")
        elif opcode == CONTINUATION and not self._opcode:
            raise _Violated(1002, "unexpected continuation frame")
        elif opcode != CONTINUATION and self._opcode:
            raise _Violated(1002, "expected a continuation frame")

    def _check_size(self, size: int) -> None:
        if size >> 63:
            raise _Violated(1002, "invalid payload length")
        if self._message_size + size > self._max_message_size:
            raise _Violated(
                1009, f"over size limit ({self._message_size + size} > {self._max_message_size} bytes)"
            )

    def _take(self, first: int, payload: bytes, frames: list[Frame]) -> None:
        """Deal with a whole frame."""
        opcode = first & 0x0F
        if opcode == PING:
            frames.append(Ping(payload))
        elif opcode == PONG:
            frames.append(Pong(payload))
        elif opcode == CLOSE:
            self._ended = True
            frames.append(_parse_close(payload))
        elif first & FINAL and opcode:
            frames.append(_message(opcode, payload))
        else:
            self._fragments.append(payload)
            self._message_size += len(payload)
            self._opcode = self._opcode or opcode
            if first & FINAL:
                frames.append(_message(self._opcode, b"".join(self._fragments)))
                self._fragments = []
                self._message_size = self._opcode = 0


def _message(opcode: int, payload: bytes) -> Message:
    return payload if opcode == BINARY else _decode(payload)


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _Violated(1007, f"{error.reason} at position {error.start}") from None


def _parse_close(payload: bytes) -> Close:
    if not payload:
        return Close(None, "")
    if len(payload) == 1:
        raise _Violated(1002, "close frame too short")
    code = int.from_bytes(payload[:2])
    if not (3000 <= code <= 4999 or 1000 <= code <= 1014) or 1004 <= code <= 1006:
        raise _Violated(1002, "invalid status code")
    return Close(code, _decode(payload[2:]))


def _unmask_short(data: bytes | bytearray, key: bytes | bytearray, size: int) -> bytes:
    mask = (key * 32)[:size]
    return (int.from_bytes(data) ^ int.from_bytes(mask)).to_bytes(size)


def _unmask(buffer: bytes, start: int, end: int) -> bytes:
    """Return ``buffer[start:end]`` unmasked; the key is in the four bytes before."""
    key = int.from_bytes(buffer[start - 4 : start])
    mask = key * _REPEAT
    parts = []
    whole = end - (end - start) % _UNMASK_AT_ONCE
    for position in range(start, whole, _UNMASK_AT_ONCE):
        block = int.from_bytes(buffer[position : position + _UNMASK_AT_ONCE])
        parts.append((block ^ mask).to_bytes(_UNMASK_AT_ONCE))
    size = end - whole
    mask >>= 8 * (_UNMASK_AT_ONCE - size)
    parts.append((int.from_bytes(buffer[whole:end]) ^ mask).to_bytes(size))
    return b"".join(parts)


def message_frames(messages: Iterable[Message]) -> bytes:
    """Return one unmasked frame for each message, joined."""
    parts: list[bytes] = []
    for message in messages:
        if isinstance(message, str):
            payload, short, first = message.encode(), _SHORT_TEXT, FINAL | TEXT
        else:
            payload, short, first = message, _SHORT_BINARY, FINAL | BINARY
        size = len(payload)
        if size < 126:
            parts.append(short[size])
        elif size < 65536:
            parts.append(bytes((first, 126)) + size.to_bytes(2))
        else:
            parts.append(bytes((first, 127)) + size.to_bytes(8))
        parts.append(payload)
    return b"".join(parts)


def close_frame(code: int | None, reason: str = "") -> bytes:
    """Return a Close frame, an empty one if ``code`` is ``None``."""
    if code is None:
        return _control_frame(CLOSE, b"")
    return _control_frame(CLOSE, code.to_bytes(2) + reason.encode())


def ping_frame(payload: bytes = b"") -> bytes:
    """Return a Ping frame with at most 125 bytes of payload."""
    return _control_frame(PING, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return a Pong frame with at most 125 bytes of payload."""
    return _control_frame(PONG, payload)


def _control_frame(opcode: int, payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_PAYLOAD:
        raise ValueError(f"a control frame of {len(payload)} bytes is too long: at most 125")
    return bytes((FINAL | opcode, len(payload))) + payload
