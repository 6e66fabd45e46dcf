"""HTTP/1.1 requests, the server's side (RFC 9110 and 9112): bytes of a client to requests.

Pure: it knows nothing of connections, and imports nothing that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple, overload

from .._rules import redact

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/(\d)\.(\d)")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class Headers:
    """Header fields in order, with names whose case does not matter and that may come more than once."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get[T](self, name: str, default: T) -> str | T: ...

    def get(self, name: str, default: object = None) -> object:
        """Return the first value of ``name``."""
        values = self.get_all(name)
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return all values of ``name``."""
        name = name.lower()
        return [value for each, value in self._items if each.lower() == name]

    @overload
    def pop(self, name: str) -> str | None: ...

    @overload
    def pop[T](self, name: str, default: T) -> str | T: ...

    def pop(self, name: str, default: object = None) -> object:
        """Remove all fields of ``name`` and return the first value."""
        value = self.get(name)
        if value is None:
            return default
        del self[name]
        return value

    def add(self, name: str, value: str) -> None:
        """Add a field behind the others."""
        self._items.append((name, value))

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
        if name not in self:
            raise KeyError(name)
        name = name.lower()
        self._items = [item for item in self._items if item[0].lower() != name]

    def __setitem__(self, name: str, value: str) -> None:
        self.pop(name)
        self.add(name, value)

    def __iter__(self) -> Iterator[str]:
        names: dict[str, str] = {}
        for name, _ in self._items:
            names.setdefault(name.lower(), name)
        return iter(names.values())

    def __len__(self) -> int:
        return len(list(iter(self)))

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
        """Whether this is the opening handshake of a WebSocket connection."""
        return (
            self.method == "GET"
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
        return f"<Request {self.method} {redact(self.target)} HTTP/{self.version}, {self.headers!r}>"


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


class NotHTTP(Exception):
    """The bytes are of another protocol. ``seen`` describes them without showing them."""

    def __init__(self, seen: str) -> None:
        super().__init__(
            f"expected an HTTP/1.1 request, got {seen}: a page has no TCP, so only HTTP and WebSocket "
            "connections can be made"
        )
        self.seen = seen


class _Violated(Exception):
    """Ends the parsing; its arguments are those of :class:`HTTPViolation`."""


class RequestReader:
    """A parser of the requests that a client sends over one connection.

    Args:
        max_head_size: the largest request line with headers in bytes; also that of trailers.
        max_body_size: the largest body in bytes; ``None`` means no limit.
    """

    def __init__(self, *, max_head_size: int = 64 * 1024, max_body_size: int | None = None) -> None:
        self._max_head_size = max_head_size
        self._max_body_size = float("inf") if max_body_size is None else max_body_size
        self._buffer = bytearray()
        self._searched = 0
        self._step = self._read_head
        self._first = True
        self._stopped = False
        self._left = 0
        self._body_size = 0

    def feed(self, data: bytes | bytearray | memoryview) -> list[Event]:
        """Return what is complete with ``data``: heads of requests, pieces and :data:`END` of bodies.

        After a request with :attr:`~Request.wants_upgrade`, or CONNECT, nothing more is read:
        :meth:`take_rest` returns it. After an :class:`HTTPViolation` everything is ignored.

        Raises:
            NotHTTP: the first bytes are of another protocol.
        """
        events: list[Event] = []
        self._buffer += data
        try:
            while not self._stopped and self._step(events):
                pass
        except _Violated as violated:
            self._stopped = True
            events.append(HTTPViolation(*violated.args))
        return events

    def take_rest(self) -> bytes:
        """Return and forget what has come behind the request after which reading stopped."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _read_head(self, events: list[Event]) -> bool:
        buffer = self._buffer
        while buffer and buffer[0] in b"\r\n":
            del buffer[:1]
        if self._first:
            _check_first_bytes(buffer)
        found = _END_OF_HEAD.search(buffer, max(0, self._searched - 2))
        self._searched = len(buffer)
        size = found.end() if found else len(buffer)
        if size > self._max_head_size:
            raise _Violated(431, "Request Header Fields Too Large")
        if not found:
            return False
        head = buffer[:size].decode("latin-1")
        del buffer[:size]
        self._searched = 0
        self._first = False
        request = _parse_head(head)
        self._stopped = request.wants_upgrade or request.method == "CONNECT"
        self._begin_body(request)
        events.append(request)
        return True

    def _begin_body(self, request: Request) -> None:
        headers = request.headers
        codings = [each.lower() for each in headers.tokens("Transfer-Encoding")]
        lengths = set(headers.tokens("Content-Length"))
        if codings and lengths:
            raise _Violated(400, "Both Transfer-Encoding and Content-Length")
        self._body_size = self._left = 0
        self._step = self._read_sized
        if codings:
            if codings != ["chunked"]:
                raise _Violated(501, "Unknown Transfer-Encoding")
            self._step = self._read_chunk_size
        elif lengths:
            length = lengths.pop()
            if lengths or not re.fullmatch("[0-9]{1,18}", length):
                raise _Violated(400, "Invalid Content-Length")
            self._grow(int(length))

    def _grow(self, size: int) -> None:
        self._left = size
        self._body_size += size
        if self._body_size > self._max_body_size:
            raise _Violated(413, "Content Too Large")

    def _read_sized(self, events: list[Event]) -> bool:
        if self._left and not self._take_piece(events):
            return False
        if not self._left:
            events.append(END)
            self._step = self._read_head
        return True

    def _take_piece(self, events: list[Event]) -> bool:
        piece = bytes(self._buffer[: self._left])
        if not piece:
            return False
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        events.append(piece)
        return True

    def _read_chunk_size(self, events: list[Event]) -> bool:
        line = self._take_line()
        if line is None:
            return False
        size = line.partition(b";")[0].rstrip(b" \t")
        if not re.fullmatch(b"[0-9A-Fa-f]{1,16}", size):
            raise _Violated(400, "Invalid Chunk Size")
        self._grow(int(size, 16))
        self._step = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self, events: list[Event]) -> bool:
        if self._left:
            return self._take_piece(events)
        line = self._take_line()
        if line is None:
            return False
        if line:
            raise _Violated(400, "Invalid Chunk")
        self._step = self._read_chunk_size
        return True

    def _read_trailer(self, events: list[Event]) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if not line:
            events.append(END)
            self._step = self._read_head
        return True

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", 0, self._max_head_size)
        if end < 0:
            if len(self._buffer) >= self._max_head_size:
                raise _Violated(400, "Line Too Long")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")


def _parse_head(head: str) -> Request:
    first, *lines = head.replace("\r\n", "\n").rstrip("\n").split("\n")
    match = _REQUEST_LINE.fullmatch(first)
    if not match:
        raise _Violated(400, "Invalid Request Line")
    method, target, major, minor = match.groups()
    if major != "1":
        raise _Violated(505, "HTTP Version Not Supported")
    request = Request(
        method, target, "1.0" if minor == "0" else "1.1", Headers(map(_parse_field, lines))
    )
    if len(request.headers.get_all("Host")) > 1 or (minor != "0" and "Host" not in request.headers):
        raise _Violated(400, "No Host or More Than One")
    return request


def _parse_field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    value = value.strip(" \t")
    if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise _Violated(400, "Invalid Header")
    return name, value


def _check_first_bytes(data: bytearray) -> None:
    """Raise :class:`NotHTTP` if ``data`` does not begin like a request."""
    if data[:1] == b"\x16":
        raise NotHTTP("a TLS record")
    if data and not 0x20 < data[0] < 0x7F:
        raise NotHTTP(f"{len(data)} bytes of a binary protocol")


def response_head(status: int, reason: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a response, with the empty line behind it.

    Raises:
        ValueError: the reason, or a header's name or value, can't stand there.
    """
    lines = [f"HTTP/1.1 {status:03d} {reason}"]
    if not _VALUE.fullmatch(reason):
        raise ValueError("a reason phrase can't have control characters")
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid header name")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} can't have control characters")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return ``data``, which must not be empty, as a chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""
