"""Frames as bytes, good and bad alike: nothing here checks whether a frame is allowed."""

from struct import pack

CONTINUATION, TEXT, BINARY, CLOSE, PING = 0x0, 0x1, 0x2, 0x8, 0x9


def header(opcode: int, size: int, *, fin: bool = True, rsv: int = 0, masked: bool = False) -> bytes:
    """The start of a frame, up to the masking key; `rsv` holds the three reserved bits."""
    first = (fin << 7) | (rsv << 4) | opcode
    mask = masked << 7
    if size < 126:
        return pack("!BB", first, mask | size)
    if size < 65536:
        return pack("!BBH", first, mask | 126, size)
    return pack("!BBQ", first, mask | 127, size)


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A whole frame as a server sends it."""
    return header(opcode, len(payload), fin=fin, rsv=rsv) + payload


def masked_frame(opcode: int, payload: bytes, key: bytes) -> bytes:
    """A whole frame as only a client may send it."""
    scrambled = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return header(opcode, len(payload), masked=True) + key + scrambled


def close_frame(code: int | None = None, reason: str = "") -> bytes:
    """A Close frame with any code, or an empty one."""
    return frame(CLOSE, b"" if code is None else pack("!H", code) + reason.encode())
