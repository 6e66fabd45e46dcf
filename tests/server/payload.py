"""The messages that the server's counting routes send, and how to tell whether all of them came.

The standard library only: pages load this one file into the browser, so that both ends of a
test agree on what message number i looks like.
"""

from math import sin

KINDS = ("text", "binary", "mixed")


def message(index: int, size: int, kind: str) -> str | bytes:
    """Message number `index`: its number, padded to `size` characters or bytes.

    Text is ``"7:xxx…"``, binary the number in 4 bytes (big-endian) and zero bytes; ``"mixed"`` has
    text at even and binary at odd numbers. Where the number alone needs more than `size`, it wins.
    """
    if kind == "text" or (kind == "mixed" and index % 2 == 0):
        return f"{index}:".ljust(size, "x")
    return index.to_bytes(4, "big").ljust(size, b"\0")


def sample(index: int) -> float:
    """Sample number `index` of a curve that never ends: 20, give or take 7, with two decimals."""
    return round(20 + 4 * sin(index / 23) + 2 * sin(index / 7.3) + sin(1.7 * index), 2)


def check(received: list[str | bytes], count: int, size: int, kind: str) -> None:
    """Raise AssertionError at the first difference, unless `received` is the whole sequence."""
    for index, got in enumerate(received):
        assert index < count, f"{len(received)} messages came, {count} were sent"
        expected = message(index, size, kind)
        if got != expected:
            raise AssertionError(f"message {index} is {_short(got)}, not {_short(expected)}")
    assert len(received) == count, f"{len(received)} messages came, {count} were sent"


def framed(message: str | bytes) -> bytes:
    """What the journal hashes of one message: its kind, its length in 8 bytes, its content.

    ``sha256(b"".join(map(framed, messages)))`` is then the journal's ``sha256``.
    """
    data = message.encode() if isinstance(message, str) else message
    return prefix(len(data), isinstance(message, str)) + data


def prefix(size: int, text: bool) -> bytes:
    """What the journal hashes before the content of a message of `size` bytes."""
    return (b"T" if text else b"B") + size.to_bytes(8, "big")


def _short(message: object) -> str:
    text = repr(message)
    return text if len(text) <= 60 else f"{text[:40]}… ({type(message).__name__})"
