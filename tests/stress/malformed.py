"""Makes up, from a seed, frames and handshake responses that no server should send."""

import random
from struct import pack
from urllib.parse import urlencode

from tests.server.wire import CLOSE, TEXT, frame, header, masked_frame

OPCODES = (*range(16), TEXT, CLOSE)
SIZES = (0, 1, 2, 10, 125, 126, 200, 65535, 65536)
CODES = (0, 1, 999, 1000, 1004, 1005, 1006, 1012, 1015, 1016, 2999, 3000, 4999, 5000, 65535)
NOT_UTF8 = (b"\xc3\x28", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe2\x82")

GOOD_HEADERS = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: {accept}",
)
ODD_HEADERS = (
    "Upgrade: h2c",
    "Connection: close",
    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "Sec-WebSocket-Protocol: c",
    "Sec-WebSocket-Protocol: a, b",
    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
    "Sec-WebSocket-Extensions: permessage-bzip2",
    "Sec-WebSocket-Extensions: permessage-deflate; permessage-deflate",
    "Sec-WebSocket-Extensions: ,;=",
    "Sec-WebSocket-Version: 7",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "No colon at all",
    " folded: line",
    "X: " + "y" * 3000,
    "X\x00Y: z",
)
STATUSES = (
    "101",
    "101 Switching Protocols",
    "200 OK",
    "204",
    "301 Gone",
    "401",
    "500",
    "999",
    "1xx",
    "",
)
VERSIONS = ("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/9.9", "ICY", "http/1.1", "")


def path(seed: int) -> str:
    """Return the path of a server that sends what this seed makes up."""
    dice = random.Random(seed)
    if dice.random() < 0.3:
        return "/respond?" + urlencode({"data": response(dice).hex()})
    data = b"".join(piece(dice) for _ in range(dice.randint(1, 4)))[:6000]
    return "/bytes?" + urlencode({"data": data.hex(), "compress": dice.randint(0, 1)})


def piece(dice: random.Random) -> bytes:
    """Return a frame, whole or not, or no frame at all."""
    payload = dice.randbytes(dice.choice((0, 1, 2, 5, 125, 126, 300)))
    kinds = (
        lambda: dice.randbytes(dice.randint(1, 50)),
        lambda: frame(TEXT, b"good"),
        lambda: frame(dice.choice(OPCODES), payload, fin=dice.random() < 0.7, rsv=dice.randrange(8)),
        lambda: header(dice.choice(OPCODES), dice.choice(SIZES)) + payload,
        lambda: masked_frame(dice.choice(OPCODES), payload, dice.randbytes(4)),
        lambda: frame(TEXT, b"x" * dice.randint(0, 9) + dice.choice(NOT_UTF8), fin=dice.random() < 0.8),
        lambda: frame(CLOSE, pack("!H", dice.choice(CODES)) + payload[:123]),
        lambda: frame(CLOSE, payload[:1]),
        lambda: pack("!BB", 0x82, 127) + dice.randbytes(8),
        lambda: pack("!BBQ", 0x82, 127, 2 ** dice.randint(31, 63)),
        lambda: pack("!BBH", 0x81, 126, dice.randint(0, 125)) + payload,
        lambda: frame(0, payload, fin=dice.random() < 0.5),
        lambda: frame(9, payload),
        lambda: frame(2, payload, rsv=0b100),
    )
    return dice.choice(kinds)()


def response(dice: random.Random) -> bytes:
    """Return an answer to the handshake in which something is wrong, or nothing."""
    headers = [line for line in GOOD_HEADERS if dice.random() < 0.85]
    headers += dice.sample(ODD_HEADERS, dice.randint(0, 2))
    dice.shuffle(headers)
    newline = dice.choice(("\r\n", "\r\n", "\r\n", "\n", "\r"))
    lines = [f"{dice.choice(VERSIONS)} {dice.choice(STATUSES[:2] * 3 + STATUSES)}", *headers, "", ""]
    data = newline.join(lines).encode()
    if dice.random() < 0.15:
        data = data[: dice.randint(0, len(data))]
    if dice.random() < 0.1:
        data = dice.randbytes(dice.randint(0, 200))
    if dice.random() < 0.3:
        data += piece(dice)
    return data
