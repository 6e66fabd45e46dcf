"""HTTP/1.1 requests, the server's side (RFC 9110 and 9112): bytes from a client to requests.

Pure: it knows nothing of connections and imports nothing that does. What a request is answered with is
the caller's business, except for the form of a response's head and chunks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from .._rules import redact
from .fields import FIELD_VALUE, TOKEN, Headers
from .other_protocols import NotHTTP, check_first_bytes

__all__ = [
    "END",
    "LAST_CHUNK",
    "Event",
    "HTTPViolation",
    "Headers",
    "NotHTTP",
    "Request",
    "RequestReader",
    "chunk",
    "response_head",
]

_REQUEST_LINE = re.compile(rf"({TOKEN.pattern}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_LENGTH = re.compile("[0-9]{1,18}")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[^\r\n]*)?[ \t]*")
_EMPTY_LINE = re.compile(rb"\n\r?\n")


class Request(NamedTuple):
    """The head of a request. ``version`` is ``"1.1"`` or ``"1.0"``."""

    method: str
    target: str
    version: str
    headers: Headers

    @property
    def wants_upgrade(self) -> bool:
        """Whether this is the opening handshake of a WebSocket connection."""
        return (
            self.method == "GET"
            and self.version == "1.1"
            and _has(self.headers, "Connection", "upgrade")
            and _has(self.headers, "Upgrade", "websocket")
        )

    @property
    def keep_alive(self) -> bool:
        """Whether the client wants to send further requests on the same connection."""
        if self.version == "1.0":
            return _has(self.headers, "Connection", "keep-alive")
        return not _has(self.headers, "Connection", "close")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for ``100 Continue`` before it sends the body."""
        return self.version != "1.0" and _has(self.headers, "Expect", "100-continue")

    def __repr__(self) -> str:
        path, query, _ = self.target.partition("?")
        # Only a target that begins with another URL's scheme can have userinfo.
        target = path + "?…" * bool(query) if path.startswith("/") else redact(self.target)
        return f"<Request {self.method} {target} HTTP/{self.version}, {self.headers!r}>"


def _has(headers: Headers, name: str, token: str) -> bool:
    return token in [each.lower() for each in headers.tokens(name)]


class HTTPViolation(NamedTuple):
    """A request that can't be served, with the status and reason to answer with."""

    status: int
    reason: str


class _End(Enum):
    END = "END"


END = _End.END
"""The end of a request's body."""

type Event = Request | bytes | _End | HTTPViolation


class _Violated(Exception):
    """Raised where a request turns out to be one that can't be served."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.violation = HTTPViolation(status, reason)


class RequestReader:
    """A parser for the requests that a client sends over one connection.

    Args:
        max_head_size: the largest head of a request in bytes, and the largest trailer section.
        max_body_size: the largest body in bytes; ``None`` means no limit.
    """

    def __init__(self, *, max_head_size: int = 64 * 1024, max_body_size: int | None = None) -> None:
        self._max_head_size = max_head_size
        self._max_body_size = math.inf if max_body_size is None else max_body_size
        self._buffer = bytearray()
        self._searched = 0
        self._read: Callable[[list[Event]], bool] | None = self._read_first_head
        """Reads the next part and returns whether it was complete; ``None`` when reading has stopped."""
        self._failed = False
        self._left = 0
        """The number of bytes that are left of the body, or of the chunk."""
        self._body_size = 0

    def feed(self, data: bytes | bytearray | memoryview) -> list[Event]:
        """Return what is complete with ``data``: heads of requests, pieces and :data:`END` of bodies.

        After a request with :attr:`~Request.wants_upgrade`, or CONNECT, nothing more is read, and there
        is no :data:`END`: what follows is for :meth:`take_rest`. After an :class:`HTTPViolation`, which
        comes last, everything is ignored.

        Raises:
            NotHTTP: the first bytes are of another protocol.
        """
        events: list[Event] = []
        if self._failed:
            return events
        self._buffer += data
        try:
            while self._read and self._read(events):
                pass
        except _Violated as violated:
            self._failed = True
            self._buffer.clear()
            events.append(violated.violation)
        return events

    def take_rest(self) -> bytes:
        """Remove and return what has come behind the request after which reading stopped."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _read_first_head(self, events: list[Event]) -> bool:
        self._skip_empty_lines()
        if self._buffer != b"\r":
            check_first_bytes(bytes(self._buffer))
        return self._read_head(events)

    def _read_head(self, events: list[Event]) -> bool:
        self._skip_empty_lines()
        head = self._take_section()
        if head is None:
            return False
        request = _parse_head(head)
        self._begin_body(request)
        events.append(request)
        return True

    def _skip_empty_lines(self) -> None:
        while self._buffer.startswith((b"\n", b"\r\n")):
            del self._buffer[: self._buffer.index(b"\n") + 1]

    def _take_section(self) -> str | None:
        """Return the lines up to an empty one; ``None`` if that has not come."""
        end = _EMPTY_LINE.search(self._buffer, max(0, self._searched - 2))
        self._searched = len(self._buffer)
        size = end.end() if end else len(self._buffer)
        if size > self._max_head_size:
            if b"\n" not in self._buffer[: self._max_head_size]:
                raise _Violated(414, "line too long")
            raise _Violated(431, "header fields too large")
        if not end:
            return None
        section = self._buffer[:size].decode("latin-1")
        del self._buffer[:size]
        self._searched = 0
        return section

    def _begin_body(self, request: Request) -> None:
        """Prepare for the request's body, as RFC 9112, section 6.3, finds its length."""
        headers = request.headers
        length = _content_length(headers)
        chunked = _is_chunked(request)
        if chunked and length is not None:
            raise _Violated(400, "both Transfer-Encoding and Content-Length")
        if request.method == "CONNECT":
            self._read = None
        elif request.wants_upgrade:
            if chunked or length:
                raise _Violated(400, "a WebSocket handshake with a body")
            self._read = None
        else:
            self._body_size = 0
            self._read = self._read_chunk_size if chunked else self._read_sized
            self._expect(length or 0)

    def _expect(self, size: int) -> None:
        """Prepare for ``size`` more bytes of the body."""
        self._left = size
        self._body_size += size
        if self._body_size > self._max_body_size:
            raise _Violated(413, "body too large")

    def _read_sized(self, events: list[Event]) -> bool:
        self._take_piece(events)
        if self._left:
            return False
        self._end_body(events)
        return True

    def _end_body(self, events: list[Event]) -> None:
        events.append(END)
        self._read = self._read_head

    def _take_piece(self, events: list[Event]) -> None:
        """Append what has come of the body or chunk to ``events``."""
        piece = bytes(self._buffer[: self._left])
        if piece:
            del self._buffer[: len(piece)]
            self._left -= len(piece)
            events.append(piece)

    def _read_chunk_size(self, events: list[Event]) -> bool:
        end = self._buffer.find(b"\r\n")
        if (len(self._buffer) if end < 0 else end) > self._max_head_size:
            raise _Violated(400, "chunk extension too long")
        if end < 0:
            return False
        line = _CHUNK_LINE.fullmatch(self._buffer, 0, end)
        if not line:
            raise _Violated(400, "invalid chunk size")
        self._expect(int(line[1], 16))
        del line  # it holds on to the buffer
        del self._buffer[: end + 2]
        self._read = self._read_chunk if self._left else self._read_trailers
        return True

    def _read_chunk(self, events: list[Event]) -> bool:
        self._take_piece(events)
        end = bytes(self._buffer[:2])
        if self._left or end in (b"", b"\r"):
            return False
        if end != b"\r\n":
            raise _Violated(400, "chunk longer than its size")
        del self._buffer[:2]
        self._read = self._read_chunk_size
        return True

    def _read_trailers(self, events: list[Event]) -> bool:
        """Read the trailer section. Nobody asks for what it says."""
        if self._buffer.startswith((b"\n", b"\r\n")):
            del self._buffer[: self._buffer.index(b"\n") + 1]
        else:
            section = self._take_section()
            if section is None:
                return False
            for line in _lines_of(section):
                _parse_field(line)
        self._end_body(events)
        return True


def _lines_of(section: str) -> list[str]:
    return section.replace("\r\n", "\n").removesuffix("\n\n").split("\n")


def _parse_head(head: str) -> Request:
    first, *lines = _lines_of(head)
    match = _REQUEST_LINE.fullmatch(first)
    if not match:
        raise _Violated(400, "invalid request line")
    method, target, major, minor = match.groups()
    if major != "1":
        raise _Violated(505, "HTTP version not supported")
    version = "1.0" if minor == "0" else "1.1"
    headers = Headers(map(_parse_field, lines))
    hosts = len(headers.get_all("Host"))
    if hosts > 1 or (not hosts and version == "1.1"):
        raise _Violated(400, "more than one Host" if hosts else "no Host")
    return Request(method, target, version, headers)


def _parse_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not colon or not TOKEN.fullmatch(name) or not FIELD_VALUE.fullmatch(value):
        raise _Violated(400, "invalid header")
    return name, value


def _content_length(headers: Headers) -> int | None:
    """Return the length of the body; it may be given several times, if always the same."""
    values = headers.get_all("Content-Length")
    if not values:
        return None
    length, *others = {length.strip() for value in values for length in value.split(",")}
    if others or not _LENGTH.fullmatch(length):
        raise _Violated(400, "invalid Content-Length")
    return int(length)


def _is_chunked(request: Request) -> bool:
    codings = request.headers.get_all("Transfer-Encoding")
    if not codings:
        return False
    if request.version == "1.0":
        raise _Violated(400, "Transfer-Encoding in HTTP/1.0")
    if ",".join(codings).lower() != "chunked":
        raise _Violated(501, "Transfer-Encoding other than chunked")
    return True


def response_head(status: int, reason: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a response, with the empty line behind it.

    Raises:
        ValueError: the reason, or a header's name or value, has characters that would break the head.
    """
    lines = [f"HTTP/1.1 {status:03d} {reason}"]
    if not FIELD_VALUE.fullmatch(reason):
        raise ValueError("a reason phrase can't have line breaks or other control characters")
    for name, value in headers:
        if not TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid header name")
        if not FIELD_VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} can't have line breaks or other control characters")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return ``data``, which must not be empty, as a chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""
