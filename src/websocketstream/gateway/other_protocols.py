"""Bytes that are not HTTP: a description of them, for programs that expect a TCP connection.

Descriptions never show more of the bytes than a command's name: the rest may be a password.
"""

from __future__ import annotations

import re

_BEGINNINGS = {
    rb"\x16\x03": "a TLS record",
    rb"PRI \* HTTP/2": "the preface of an HTTP/2 connection",
    rb"\x10.{1,4}\0(\x04MQTT|\x06MQIsdp)": "an MQTT CONNECT packet",
    rb"AMQP": "an AMQP protocol header",
    rb"\0\0..(\0\x03\0[\0-\x02]|\x04\xd2\x16[\x2e-\x30])": "a PostgreSQL startup message",
    rb".{12}[\xd4\xdd]\x07\0\0": "a MongoDB message",
    rb"\*[0-9]+\r\n\$": "a Redis command",
    rb"\x05(\x01.|\x02..|\x03...)\Z": "a SOCKS5 greeting",
    rb"SSH-[0-9]": "an SSH identification string",
    rb"(CONNECT|STOMP)\r?\n": "a STOMP frame",
}
# The longest registered method has 16 letters.
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}( |\Z)")
_COMMAND = re.compile(rb"([A-Z]{1,16})(\s|\Z)")


class NotHTTP(Exception):
    """The first bytes of a connection are of another protocol. ``seen`` describes them."""

    def __init__(self, seen: str) -> None:
        super().__init__(
            f"expected an HTTP/1.1 request, got {seen}: a page has no TCP, "
            "only HTTP and WebSocket connections can be made here"
        )
        self.seen = seen


def check_first_bytes(data: bytes) -> None:
    """Raise :class:`NotHTTP` if a request can't begin with ``data``, which need not be complete."""
    line, newline, _ = data.partition(b"\n")
    if data and (not _METHOD.match(data) or (newline and b" HTTP/" not in line)):
        raise NotHTTP(_describe(data))
    if data.startswith(b"PRI * HTTP/2"):
        raise NotHTTP(_describe(data))


def _describe(data: bytes) -> str:
    for pattern, seen in _BEGINNINGS.items():
        if re.match(pattern, data, re.DOTALL):
            return seen
    line = data.partition(b"\n")[0].removesuffix(b"\r")
    if not line.isascii() or not line.decode().isprintable():
        return f"{len(data)} byte{'s' * (len(data) != 1)} of a binary protocol"
    command = _COMMAND.match(line)
    if command:
        return f"a line of text that begins with {command[1].decode()} and names no version of HTTP"
    return f"a line of {len(line)} characters that names no version of HTTP"
