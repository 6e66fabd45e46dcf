"""Frames as the server writes them, ready beforehand, and as it counts them."""

from collections.abc import Iterator

from tests.server.wire import BINARY, CLOSE, TEXT, frame

OPCODES = {"text": TEXT, "binary": BINARY}

BLOCK_BYTES = 1 << 20
"""About how much is written at a time."""

HEADER_BYTES = 14
"""The longest header that a client's frame can have."""


def payload(kind: str, size: int) -> bytes:
    """A message of so many bytes: ASCII if it is text, all values of a byte if it is binary."""
    pattern = bytes(range(97, 123)) if kind == "text" else bytes(range(256))
    return (pattern * (size // len(pattern) + 1))[:size]


def blocks(kind: str, size: int, count: int) -> Iterator[memoryview]:
    """`count` frames in blocks of whole frames; the same memory again and again."""
    one = frame(OPCODES[kind], payload(kind, size))
    per_block = max(1, BLOCK_BYTES // len(one))
    block = memoryview(one * min(per_block, count))
    for _ in range(count // per_block):
        yield block
    if rest := count % per_block:
        yield block[: rest * len(one)]


class Counter:
    """Counts the messages in what a client sends, by the headers of its frames alone."""

    def __init__(self, kind: str) -> None:
        self.messages = 0
        self.payload_bytes = 0
        self.closing = False
        """Whether a Close frame has come."""
        self._opcode = OPCODES[kind]
        self._skip = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Count the frames that end or begin here.

        Raises:
            ValueError: a frame is not of the kind that was announced.
        """
        if self._rest:
            data, self._rest = self._rest + data, b""
        position, end = self._skip, len(data)
        while position < end:
            size = data[position + 1] & 0x7F if position + 1 < end else HEADER_BYTES
            header = 6 if size < 126 else 8 if size == 126 else 14
            if position + header > end:
                self._rest = data[position:]
                position = end
                break
            if size >= 126:
                size = int.from_bytes(data[position + 2 : position + header - 4])
            self._count(data[position], size)
            position += header + size
        self._skip = position - end

    def _count(self, first: int, size: int) -> None:
        opcode = first & 0x0F
        if opcode == CLOSE:
            self.closing = True
            return
        # A browser may send a long message in several frames: the first has the opcode, the last FIN.
        if opcode not in (0, self._opcode):
            raise ValueError(f"a frame with opcode {opcode} came, not {self._opcode}")
        self.messages += first >> 7
        self.payload_bytes += size
