"""HTTP/1.1 on the server's side (RFC 9110 and 9112): a parser for requests, and heads of responses.

Pure Python, without I/O. The caller decides how a request is answered.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from ..errors import NotSupportedError

_TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]"
_REQUEST_LINE = re.compile(rf"({_TOKEN}+) ([!-~]+) HTTP/1\.([0-9])")
_FIELD = re.compile(rf"({_TOKEN}+):([\t -~\x80-\xff]*)")
_RESPONSE_LINE = re.compile(r"[\t -~\x80-\xff]*")
_LENGTH = re.compile("[0-9]{1,18}")
_CHUNK_LINE = re.compile(r"([0-9A-Fa-f]{1,15})(?:;[^\r\n]*)?[ \t]*")

# The beginning of a request line, or all of it. The longest registered method has 16 letters.
_FIRST_BYTES = re.compile(rf"{_TOKEN}{{1,32}}(\Z|(?= )[^\n]*(\Z| HTTP/1[^\n]*\n))".encode())
_OTHER_PROTOCOLS = {
    rb"\x16\x03": "a TLS record",
    rb"PRI \* HTTP/2": "the preface of an HTTP/2 connection",
    rb"\x10.{1,4}\0\x04MQTT": "an MQTT CONNECT packet",
    rb"\0\0..(\0\x03\0\0|\x04\xd2\x16\x2f)": "a PostgreSQL startup message",
    rb"\*[0-9]+\r\n\$": "a Redis command",
}


class Headers:
    """Header fields in order. Names are case-insensitive, and may occur more than once.

    Example::

        from websocketstream.gateway.http import Headers

        headers = Headers([("X-Room", "lobby"), ("X-User", "ada")])
        assert headers.pop("x-room") == "lobby"
        assert headers.get("X-Room") is None
        assert list(headers) == ["X-User"]
    """

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of ``name``, or ``default``."""
        return next(iter(self.get_all(name)), default)

    def get_all(self, name: str) -> list[str]:
        """Return all values of ``name``."""
        return [value for each, value in self._items if each.lower() == name.lower()]

    def pop(self, name: str, default: str | None = None) -> str | None:
        """Remove all fields of ``name`` and return the first value, or ``default``."""
        value = self.get(name, default)
        self._items = [item for item in self._items if item[0].lower() != name.lower()]
        return value

    def items(self) -> list[tuple[str, str]]:
        """Return all fields in order."""
        return list(self._items)

    def tokens(self, name: str) -> list[str]:
        """Return the elements of the comma-separated lists in all fields of ``name``."""
        parts = ",".join(self.get_all(name)).split(",")
        return [part.strip() for part in parts if part.strip()]

    def __contains__(self, name: str) -> bool:
        return bool(self.get_all(name))

    def __delitem__(self, name: str) -> None:
        if self.pop(name) is None:
            raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self.pop(name)
        self._items.append((name, value))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, each once and as it was first written."""
        names: dict[str, str] = {}
        for name, _ in self._items:
            names.setdefault(name.lower(), name)
        return iter(names.values())

    def __repr__(self) -> str:
        return f"<Headers {', '.join(self)}>"


class Request(NamedTuple):
    """The head of a request. ``version`` is ``"1.1"`` or ``"1.0"``."""

    method: str
    target: str
    version: str
    headers: Headers

    @property
    def wants_upgrade(self) -> bool:
        """``True`` for the opening handshake of a WebSocket connection."""
        return (
            (self.method, self.version) == ("GET", "1.1")
            and self._has("Connection", "upgrade")
            and self._has("Upgrade", "websocket")
        )

    @property
    def keep_alive(self) -> bool:
        """``True`` if the client wants to send further requests on the same connection."""
        if self.version == "1.0":
            return self._has("Connection", "keep-alive")
        return not self._has("Connection", "close")

    @property
    def expects_continue(self) -> bool:
        """``True`` if the client waits for ``100 Continue`` before it sends the body."""
        return self.version == "1.1" and self._has("Expect", "100-continue")

    def _has(self, name: str, token: str) -> bool:
        return token in [each.lower() for each in self.headers.tokens(name)]

    def __repr__(self) -> str:
        return f"<Request {self.method}, {self.headers!r}>"


class HTTPViolation(NamedTuple):
    """A request that can't be served, with the status and reason to answer with."""

    status: int
    reason: str


type Event = Request | bytes | HTTPViolation


class _BadRequest(Exception):
    """Internal error with the fields of an :class:`HTTPViolation`."""


class RequestReader:
    """A parser for the requests on one connection, with heads of at most ``max_head_size`` bytes."""

    def __init__(self, *, max_head_size: int = 64 * 1024) -> None:
        self._buffer = bytearray()
        self._parser = _read_requests(self._buffer, max_head_size)

    def feed(self, data: bytes | bytearray | memoryview) -> list[Event]:
        """Add ``data`` and return what it completes: the head of each request, then its body.

        After a request with :attr:`~Request.wants_upgrade` nothing more is parsed, not even a body:
        :meth:`take_rest` returns what follows. After an :class:`HTTPViolation` all data is ignored.

        Raises:
            NotSupportedError: the first bytes belong to another protocol.
        """
        self._buffer += data
        events: list[Event] = []
        try:
            while (event := next(self._parser, None)) is not None:
                events.append(event)
        except _BadRequest as bad:
            events.append(HTTPViolation(*bad.args))
        return events

    def take_rest(self) -> bytes:
        """Remove and return the bytes after the request that wants an upgrade."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest


type _Reading[T] = Generator[None, None, T]
"""A generator that removes a part from the beginning of a buffer. It yields while bytes are missing."""


def _read_requests(buffer: bytearray, limit: int) -> Iterator[Event | None]:
    while not _is_http(bytes(buffer[:limit].lstrip(b"\r\n"))) and len(buffer) < limit:
        yield None
    while True:
        lines = yield from _read_section(buffer, limit)
        if not lines:
            continue  # RFC 9112 allows empty lines before a request
        request = _request_of(lines)
        size = _body_size(request.headers)
        yield request
        if request.wants_upgrade:
            return
        body = _read_chunks(buffer, limit) if size is None else _read_bytes(buffer, size)
        yield (yield from body)


def _read_section(buffer: bytearray, limit: int) -> _Reading[list[str]]:
    """Take lines until an empty one."""
    lines: list[str] = []
    while line := (yield from _read_line(buffer, b"\n", limit)).removesuffix("\r"):
        lines.append(line)
        limit -= len(line) + 2
    return lines


def _read_line(buffer: bytearray, end: bytes, limit: int) -> _Reading[str]:
    searched = 0
    while (size := buffer.find(end, searched, limit)) < 0:
        if len(buffer) >= limit:
            raise _BadRequest(431, "header fields too large")
        searched = max(0, len(buffer) - 1)
        yield
    line = buffer[:size].decode("latin-1")
    del buffer[: size + len(end)]
    return line


def _read_bytes(buffer: bytearray, size: int) -> _Reading[bytes]:
    while len(buffer) < size:
        yield
    data = bytes(buffer[:size])
    del buffer[:size]
    return data


def _read_chunks(buffer: bytearray, limit: int) -> _Reading[bytes]:
    """Take a chunked body. Its trailers are checked and dropped."""
    chunks: list[bytes] = []
    while True:
        line = _CHUNK_LINE.fullmatch((yield from _read_line(buffer, b"\r\n", limit)))
        if not line:
            raise _BadRequest(400, "invalid chunk size")
        size = int(line[1], 16)
        if not size:
            break
        chunks.append((yield from _read_bytes(buffer, size)))
        if (yield from _read_line(buffer, b"\r\n", limit)):
            raise _BadRequest(400, "chunk longer than its size")
    for trailer in (yield from _read_section(buffer, limit)):
        _parse_field(trailer)
    return b"".join(chunks)


def _request_of(lines: list[str]) -> Request:
    match = _REQUEST_LINE.fullmatch(lines[0])
    if not match:
        raise _BadRequest(400, "invalid request line")
    version = "1.0" if match[3] == "0" else "1.1"
    headers = Headers(map(_parse_field, lines[1:]))
    if version == "1.1" and len(headers.get_all("Host")) != 1:
        raise _BadRequest(400, "no Host, or more than one")
    return Request(match[1], match[2], version, headers)


def _parse_field(line: str) -> tuple[str, str]:
    match = _FIELD.fullmatch(line)
    if not match:
        raise _BadRequest(400, "invalid header")
    return match[1], match[2].strip(" \t")


def _body_size(headers: Headers) -> int | None:
    """Return the length of the body (RFC 9112, section 6.3), or ``None`` if it is chunked."""
    codings, lengths = headers.get_all("Transfer-Encoding"), headers.get_all("Content-Length")
    if codings and lengths:
        raise _BadRequest(400, "both Transfer-Encoding and Content-Length")
    if codings:
        if ",".join(codings).lower() != "chunked":
            raise _BadRequest(501, "Transfer-Encoding other than chunked")
        return None
    length = ",".join(lengths or ["0"])
    if not _LENGTH.fullmatch(length):
        raise _BadRequest(400, "invalid Content-Length")
    return int(length)


def _is_http(data: bytes) -> bool:
    """Return whether ``data`` contains the whole first line of a request.

    Raises:
        NotSupportedError: a request can't begin with ``data``. The message describes the bytes, but
            shows nothing except the name of a command, because the rest may be a password.
    """
    if not data or _FIRST_BYTES.match(data):
        return b"\n" in data
    raise NotSupportedError(
        f"expected an HTTP/1.1 request, got {_describe(data)}: a page has no TCP, "
        "only HTTP and WebSocket connections can be made here"
    )


def _describe(data: bytes) -> str:
    for pattern, description in _OTHER_PROTOCOLS.items():
        if re.match(pattern, data, re.DOTALL):
            return description
    line = data.partition(b"\n")[0].removesuffix(b"\r").decode("latin-1")
    if not line.isascii() or not line.isprintable():
        return "bytes of a binary protocol"
    command = re.match(r"[A-Z]{1,16}(?!\S)", line)
    return f"a line of text that begins with {command[0]}" if command else "a line of text"


def response_head(status: int, reason: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a response, including the empty line at its end.

    Raises:
        ValueError: the reason or a header has characters that would break the head.
    """
    lines = [f"HTTP/1.1 {status:03d} {reason}", *(f"{name}: {value}" for name, value in headers)]
    for line in lines:
        if not _RESPONSE_LINE.fullmatch(line):
            raise ValueError(f"control characters in the response's {line.partition(':')[0]!r}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return ``data`` as a chunk of a chunked body. An empty one would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""
