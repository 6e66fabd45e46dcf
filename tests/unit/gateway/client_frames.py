"""A client's frames, right and wrong, and what the gateway reads of them."""

import os
from collections.abc import Iterable

import websockets.utils

from tests.unit.gateway.cutting import pieces_of
from websocketstream.gateway.frames import Frame, FrameReader


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bool = True,
    size: int = 0,
) -> bytes:
    """Return a frame, in which anything may be wrong. ``size`` is the number of bytes of its length."""
    first = fin << 7 | rsv << 4 | opcode
    length = len(payload)
    if size == 8 or length >= 1 << 16:
        head = bytes([first, mask << 7 | 127]) + length.to_bytes(8)
    elif size == 2 or length >= 126:
        head = bytes([first, mask << 7 | 126]) + length.to_bytes(2)
    else:
        head = bytes([first, mask << 7 | length])
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + websockets.utils.apply_mask(payload, key)


def read(data: bytes, cuts: Iterable[int] = (), reader: FrameReader | None = None) -> list[Frame]:
    reader = reader or FrameReader()
    return [each for piece in pieces_of(data, cuts) for each in reader.feed(piece)]
