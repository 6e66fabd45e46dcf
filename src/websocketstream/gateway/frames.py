"""RFC 6455 frames on the server's side: a parser for a client's frames, and frames for the client.

Pure Python, without I/O. No extension is ever negotiated.

:meth:`FrameReader.feed` is called for every write of a library, nearly always with exactly one short
frame. That case has a short path at its beginning; everything else takes the long one, ``_feed()``.

Unmasking is the only work per byte. For a short payload the XOR of two integers is fastest. In a longer
one every fourth byte has the same key, so ``translate()`` with a table for that key does a quarter of
the payload: from 64 KiB on that is three to five times as fast in Pyodide as large integers, which have
to be assembled from the bytes and taken apart again.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from .._core.rules import Message

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
RESERVED = 0x70
MASKED = 0x80

_OPCODES = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
# The codes of IANA's registry that may be sent in a frame.
_REGISTERED_CLOSE_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))

_SHORT = 126
"""Size in bytes below which a payload's length is in the second byte of its frame."""

# Tables by the size of a short payload. To repeat the key over it: multiply the key by
# 0x…00000001_00000001, one digit per four bytes begun, then shift out the bits that are beyond the
# payload's end.
_REPEAT = [int.from_bytes(b"\0\0\0\1" * -(-size // 4)) for size in range(_SHORT)]
_SURPLUS_BITS = [-size % 4 * 8 for size in range(_SHORT)]
# Tables by the value of a key's byte, for translate(): position n has n XOR that value.
_BYTES = int.from_bytes(bytes(range(256)))
_TABLES = [(_BYTES ^ int.from_bytes(bytes((key,)) * 256)).to_bytes(256) for key in range(256)]

_SHORT_TEXT_HEAD = [bytes((FINAL | TEXT, size)) for size in range(_SHORT)]
_SHORT_BINARY_HEAD = [bytes((FINAL | BINARY, size)) for size in range(_SHORT)]
# The first two bytes of a masked frame, as a number, minus the size of its payload.
_EMPTY_BINARY_HEAD = (FINAL | BINARY) << 8 | MASKED
_EMPTY_HEADS = ((FINAL | TEXT) << 8 | MASKED, _EMPTY_BINARY_HEAD)

_head_and_key = Struct(">HI").unpack_from
_from_bytes = int.from_bytes


class Ping(NamedTuple):
    """A Ping frame."""

    payload: bytes


class Pong(NamedTuple):
    """A Pong frame, as an answer to a Ping or unsolicited."""

    payload: bytes


class Close(NamedTuple):
    """A Close frame. ``code`` is ``None`` if the frame was empty."""

    code: int | None
    reason: str


class Violation(NamedTuple):
    """A violation of the protocol, with the code and reason that a server closes with."""

    code: int
    reason: str


type Frame = Message | Ping | Pong | Close | Violation


class _Violated(Exception):
    """Internal error with the fields of a :class:`Violation`."""


class FrameReader:
    """A parser for the frames that a client sends after the handshake."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        """The beginning of a frame that is not complete, in the pieces that it came in."""
        self._held = 0
        """Number of bytes in the pieces."""
        self._needed = 2
        """Number of bytes from which on parsing makes sense."""
        self._opcode = CONTINUATION
        """Opcode of the fragmented message that is incomplete, else ``CONTINUATION``."""
        self._fragments: list[bytearray] = []
        self._ended = False
        self._short = _SHORT
        """Size below which a frame may take the short path; 0 while a frame or message is incomplete."""

    def feed(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """Add ``data`` and return the messages and control frames that are complete, in order.

        A :class:`Violation` is the last element. After it, or after a :class:`Close`, all data is
        ignored.
        """
        if type(data) is not bytes:
            data = bytes(data)
        size = len(data) - 6
        if 0 <= size < self._short:
            head, key = _head_and_key(data)
            head -= size
            if head in _EMPTY_HEADS:
                mask = key * _REPEAT[size] >> _SURPLUS_BITS[size]
                payload = (_from_bytes(data[6:]) ^ mask).to_bytes(size)
                if head == _EMPTY_BINARY_HEAD:
                    return [payload]
                try:
                    return [payload.decode()]
                except UnicodeDecodeError:
                    pass  # the long path finds the same error and reports it
        return self._feed(data)

    def _feed(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        if self._ended:
            return frames
        self._short = 0
        self._pieces.append(data)
        self._held += len(data)
        if self._held < self._needed:
            return frames
        data, end = b"".join(self._pieces), 0
        try:
            end = self._parse(data, frames)
        except _Violated as violated:
            self._ended = True
            frames.append(Violation(*violated.args))
        self._held = len(data) - end
        self._pieces = [data[end:]] if self._held else []
        if not (self._held or self._opcode or self._ended):
            self._short = _SHORT
        return frames

    def _parse(self, data: bytes, frames: list[Frame]) -> int:
        """Append the complete frames in ``data`` to ``frames`` and return the position of the rest.

        Sets ``_needed`` for the rest.
        """
        position = 0
        self._needed = 2
        while not self._ended and len(data) - position >= 2:
            first, second = data[position], data[position + 1]
            self._check_head(first, second)
            size = second & 0x7F
            start = position + 6
            if size >= _SHORT:
                extended = 2 if size == 126 else 8
                start += extended
                if len(data) < start - 4:
                    self._needed = 2 + extended
                    break
                # Most servers accept a size that is written in more bytes than it needs.
                size = _from_bytes(data[position + 2 : start - 4])
                if size >> 63:
                    raise _Violated(1002, "invalid payload length")
            end = start + size
            if len(data) < end:
                self._needed = end - position
                break
            self._take(first, _unmasked(data, start, end), frames)
            position = end
        return position

    def _check_head(self, first: int, second: int) -> None:
        """Raise if a frame with these first two bytes is invalid at this point."""
        opcode = first & 0x0F
        if first & RESERVED:
            raise _Violated(1002, "reserved bits must be 0")
        if opcode not in _OPCODES:
            raise _Violated(1002, "invalid opcode")
        if not second & MASKED:
            raise _Violated(1002, "incorrect masking")
        if opcode >= CLOSE:
            if not first & FINAL or second & 0x7F >= _SHORT:
                raise _Violated(1002, "control frame too long or fragmented")
        elif (opcode == CONTINUATION) != bool(self._opcode):
            raise _Violated(1002, "fragment expected" if self._opcode else "unexpected fragment")

    def _take(self, first: int, payload: bytearray, frames: list[Frame]) -> None:
        """Append the meaning of a complete frame. Control frames may come between fragments."""
        opcode = first & 0x0F
        if opcode == PING:
            frames.append(Ping(bytes(payload)))
        elif opcode == PONG:
            frames.append(Pong(bytes(payload)))
        elif opcode == CLOSE:
            frames.append(_close_of(payload))
            self._ended = True
        else:
            self._opcode = self._opcode or opcode
            self._fragments.append(payload)
            if first & FINAL:
                message = b"".join(self._fragments)
                frames.append(_decoded(message) if self._opcode == TEXT else message)
                self._opcode, self._fragments = CONTINUATION, []


def _unmasked(data: bytes, start: int, end: int) -> bytearray:
    """Return ``data[start:end]`` unmasked with the key in the four bytes before it."""
    payload = bytearray(end - start)
    for offset in range(4):
        table = _TABLES[data[start - 4 + offset]]
        payload[offset::4] = data[start + offset : end : 4].translate(table)
    return payload


def _close_of(payload: bytearray) -> Close:
    if not payload:
        return Close(None, "")
    if len(payload) == 1:
        raise _Violated(1002, "close frame too short")
    code = _from_bytes(payload[:2])
    if code not in _REGISTERED_CLOSE_CODES and not 3000 <= code <= 4999:
        raise _Violated(1002, "invalid status code")
    return Close(code, _decoded(payload[2:]))


def _decoded(data: bytes | bytearray) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _Violated(1007, f"{error.reason} at position {error.start}") from None


def message_frames(messages: Iterable[Message]) -> bytes:
    """Return one unmasked frame for each message, concatenated."""
    parts: list[bytes] = []
    for message in messages:
        if isinstance(message, str):
            payload, short_head, first = message.encode(), _SHORT_TEXT_HEAD, FINAL | TEXT
        else:
            payload, short_head, first = message, _SHORT_BINARY_HEAD, FINAL | BINARY
        size = len(payload)
        if size < _SHORT:
            parts.append(short_head[size])
        elif size < 1 << 16:
            parts.append(bytes((first, 126)) + size.to_bytes(2))
        else:
            parts.append(bytes((first, 127)) + size.to_bytes(8))
        parts.append(payload)
    return b"".join(parts)


def close_frame(code: int | None, reason: str = "") -> bytes:
    """Return a Close frame, empty if ``code`` is ``None``; the reason may have 123 bytes."""
    payload = b"" if code is None else code.to_bytes(2) + reason.encode()
    return bytes((FINAL | CLOSE, len(payload))) + payload


def pong_frame(payload: bytes) -> bytes:
    """Return the Pong frame that answers a Ping with this payload."""
    return bytes((FINAL | PONG, len(payload))) + payload
