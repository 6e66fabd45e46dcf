"""What the server saw of each connection that carried an ``?id=``, for tests to ask about it.

Pure bookkeeping: a connection, real or fake, reports to its `Record`; whoever wants to know waits
on it. Everything here runs in one event loop.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Literal, TypedDict

from .payload import prefix

Ending = Literal["close", "eof", "reset", "server"]
"""By the client's Close frame, by its FIN or RST without one, or cut by the server itself."""


class Entry(TypedDict):
    """One connection as /journal tells it. Sizes are in bytes of content, text counted as UTF-8."""

    id: str
    path: str | None
    opened: bool
    subprotocol: str | None
    extensions: list[str]
    messages_received: int
    text_received: int
    binary_received: int
    bytes_received: int
    sha256: str
    messages_sent: int
    bytes_sent: int
    bytes_drained: int
    close_code: int | None
    close_reason: str | None
    ended: Ending | None


class Record:
    """The life of one connection.

    `close_code` stays None until the client's Close frame comes, and is 1005 for an empty one.
    `bytes_drained` is what the kernel took, with frame headers and the handshake: it stands still
    when the client doesn't read.
    """

    def __init__(self, id: str = "") -> None:
        self.id = id
        self.path: str | None = None
        self.opened = False
        self.subprotocol: str | None = None
        self.extensions: list[str] = []
        self.text_received = 0
        self.binary_received = 0
        self.bytes_received = 0
        self.messages_sent = 0
        self.bytes_sent = 0
        self.bytes_drained: Callable[[], int] = lambda: 0
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.ended: Ending | None = None
        self._digest = sha256()
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def messages_received(self) -> int:
        return self.text_received + self.binary_received

    def begin(self, path: str) -> None:
        """The handshake's request came."""
        self.path = path
        self._changed()

    def open(self, subprotocol: str | None = None, extensions: list[str] | None = None) -> None:
        """The handshake succeeded."""
        self.opened = True
        self.subprotocol = subprotocol
        self.extensions = extensions or []
        self._changed()

    def received(self, data: bytes, *, text: bool) -> None:
        """A whole message came. Hashed only for those who can ask, since hashing takes time."""
        if text:
            self.text_received += 1
        else:
            self.binary_received += 1
        self.bytes_received += len(data)
        if self.id:
            self._digest.update(prefix(len(data), text))
            self._digest.update(data)
        self._changed()

    def sent(self, size: int) -> None:
        """A message of `size` bytes was given to the network."""
        self.messages_sent += 1
        self.bytes_sent += size

    def close(self, code: int, reason: str) -> None:
        """The client's Close frame came."""
        self.close_code, self.close_reason = code, reason
        self._changed()

    def end(self, ending: Ending) -> None:
        """The connection is gone."""
        drained = self.bytes_drained()
        self.bytes_drained = lambda: drained
        self.ended = ending
        self._changed()

    async def until(self, condition: Callable[["Record"], bool]) -> None:
        """Wait until `condition` holds or the connection is gone, whichever comes first."""
        while self.ended is None and not condition(self):
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def entry(self) -> Entry:
        """How things stand now."""
        return {
            "id": self.id,
            "path": self.path,
            "opened": self.opened,
            "subprotocol": self.subprotocol,
            "extensions": self.extensions,
            "messages_received": self.messages_received,
            "text_received": self.text_received,
            "binary_received": self.binary_received,
            "bytes_received": self.bytes_received,
            "sha256": self._digest.hexdigest(),
            "messages_sent": self.messages_sent,
            "bytes_sent": self.bytes_sent,
            "bytes_drained": self.bytes_drained(),
            "close_code": self.close_code,
            "close_reason": self.close_reason,
            "ended": self.ended,
        }

    def _changed(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class Journal:
    """All records of a server, by id. An id that is used again names the newest connection."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def start(self, id: str, path: str) -> Record:
        """The record for a new connection; one without an id is kept nowhere."""
        record = self._records.get(id)
        if not id or record is None or record.path is not None:
            record = Record(id)
        if id:
            self._records[id] = record
        record.begin(path)
        return record

    def find(self, id: str) -> Record:
        """The record of connection `id`, which may be yet to come."""
        return self._records.setdefault(id, Record(id))
