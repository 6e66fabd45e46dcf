"""A model of the standard: makes up random steps, and checks their outcome. Pure Python.

A sequence is a list of steps, each a list of a name and its arguments, so that JSON can carry it. Any
part of a sequence is a sequence, too: a failing one can be made shorter by leaving steps out.

A connection's two sides and its server run at the same time, so the model does not say what will
happen, but what may: how each call may answer, which messages may come, and how it may end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websocketstream import (
    AbortError,
    InvalidStateError,
    MessagesLostError,
    WebSocketCloseInfo,
    WebSocketError,
)

from ..payload import message
from ..steps import digest

Step = list[Any]
Choose = Callable[[Sequence[Any]], Any]

SMALL_MARK = 64
LARGE = 300_000
"""A message that does not fit into a browser's pipe to the network at once."""

MOVES: list[Step] = [["turn"], ["turn"], ["wait"]]
READING: list[Step] = [*[["read"]] * 4, ["cancel read"], ["drop read"], ["release reader"]]
WRITING: list[Step] = [
    *[["write", size, kind] for size in (0, 10, 1000) for kind in ("text", "binary")],
    ["bad write"],
    ["ready"],
    ["release writer"],
    *[["say", f"!send {count}"] for count in (1, 2, 5, 30)],
]
WRITING_MUCH: list[Step] = [["write", LARGE, "text"], ["write", LARGE, "binary"]]
ENDINGS: list[Step] = [
    ["close", None, ""],
    ["close", 4001, "mine"],
    ["close writer"],
    ["abort", None],
    ["abort", 4002],
    ["cancel", None],
    ["cancel", 4003],
    ["bad close"],
    ["say", "!close 4000 theirs"],
    ["say", "!close 1000"],
]
LOSSES: list[Step] = [["say", "!eof"], ["say", "!reset"]]


def generate(choose: Choose, *, native: bool) -> list[Step]:
    """Make a sequence up; `choose` picks one of several values.

    Chromium's own WebSocketStream crashes the tab when a large write meets a loss; on ``native``
    a sequence has the one or the other.
    """
    flavours = [WRITING_MUCH, LOSSES] if native else [WRITING_MUCH + LOSSES]
    kinds = [MOVES, READING, READING, WRITING, WRITING, WRITING, ENDINGS, choose(flavours)]
    opening: list[list[Step]] = [[["open"]], [["open"]], [["cancel opened"]], []]
    length = choose(range(2, 25))
    return [
        ["setup", choose([SMALL_MARK, 1 << 20]), choose([0, 1])],
        *choose(opening),
        *(choose(choose(kinds)) for _ in range(length)),
    ]


@dataclass
class Model:
    """The outcomes that are allowed after the steps so far."""

    native: bool
    mark: int
    written: list[str | bytes] = field(default_factory=list, repr=False)
    """Messages whose write was accepted."""
    promised: int = 0
    """The number of messages that the server was told to send."""
    server_end: str | None = None
    """The command that ends the connection from the server's side."""
    local_end: str | None = None
    """The step that ended it on this side first."""
    code: int | None = None
    reason: str = ""
    aborted: bool = False
    cancelled: bool = False
    writable_closed: bool = False
    unopened: bool = False
    """It was closed before it was open."""

    @property
    def ended(self) -> bool:
        return self.local_end is not None or self.server_end is not None

    # What was asked for.

    def end(self, how: str, code: int | None = None, reason: str = "") -> None:
        """Note that this side ends the connection; only the first time counts."""
        if self.local_end is None:
            self.local_end, self.code, self.reason = how, code, reason

    def wrote(self, message: str | bytes, error: Exception | None) -> None:
        """Note that a write was accepted, or refused with an error."""
        if self.local_end is not None:
            assert error is not None, f"a write after {self.local_end!r} was accepted"
        if error is not None:
            assert self.ended, f"a write was refused for no reason: {error!r}"
            assert isinstance(error, (InvalidStateError, WebSocketError, AbortError)), repr(error)
            return
        self.written.append(message)
        if isinstance(message, str) and message.startswith("!") and self.server_end is None:
            if message.startswith("!send"):
                self.promised += int(message.split()[1])
            else:
                self.server_end = message

    # What must come of it.

    def check_messages(self, received: list[str | bytes], end: Exception | None) -> None:
        """Check the messages that were read, their order, and the error that the stream ended in."""
        numbered = [message(index, 10, "text") for index in range(len(received))]
        assert received == numbered, f"read {received}"
        assert len(received) <= self.promised, f"{len(received)} came, {self.promised} were sent"
        lost = isinstance(end, MessagesLostError)
        if lost:
            assert self.native and self.mark == SMALL_MARK, "nothing held the server back"
        if self.local_end is None and self.server_end != "!reset" and not lost:
            assert len(received) == self.promised, f"{len(received)} came of {self.promised}"

    def check_closed(self, closed: object) -> None:
        """Check what ``closed`` returned or raised."""
        if self.unopened:
            expected = [(1006, "")]
        else:
            theirs = {"!eof": (1006, ""), "!reset": (1006, "")}.get(self.server_end or "")
            if self.server_end is not None and theirs is None:
                _, code, *reason = self.server_end.split(" ", 2)
                theirs = (int(code), *reason, "")[:2]  # type: ignore[assignment]
            ours = (self.code or 1005, self.reason)
            # Where both have ended it, the Close frame may overtake the command in the server.
            expected = [theirs, ours] if theirs and self.local_end else [theirs or ours]
        if isinstance(closed, WebSocketCloseInfo):
            assert tuple(closed) in expected and closed.close_code != 1006, f"{closed}, not {expected}"
            return
        assert isinstance(closed, WebSocketError), repr(closed)
        assert (closed.close_code, closed.reason) in expected, f"{closed!r}, not {expected}"
        if closed.close_code != 1006:
            # The server has closed while something that was written was on its way.
            assert self.server_end is not None, repr(closed)

    def check_end_of_reading(self, end: Exception | None, closed: object) -> None:
        """Check that reading ended in the error of ``closed``, or cleanly."""
        if end is None:
            assert self.cancelled or isinstance(closed, WebSocketCloseInfo), f"done, but {closed!r}"
        else:
            assert end is closed, f"{end!r}, but closed: {closed!r}"

    def check_writable_closed(self, error: Exception | None, closed: object) -> None:
        """Check what the writer's ``closed`` returned or raised."""
        if error is None:
            assert self.writable_closed and isinstance(closed, WebSocketCloseInfo)
        elif self.aborted:
            assert isinstance(error, (AbortError, WebSocketError, InvalidStateError)), repr(error)
        elif self.server_end is None and isinstance(closed, WebSocketCloseInfo):
            # Called later, it may have come when the connection had closed already.
            assert self.local_end != "close writer", f"{error!r} though closed with {closed}"

    def check_journal(self, entry: dict[str, Any]) -> None:
        """Check what the server saw."""
        count = entry["messages_received"]
        assert count <= len(self.written), f"the server got {count} of {len(self.written)} messages"
        assert entry["sha256"] == digest(self.written[:count]), "the server got other messages"
        if self.server_end is None:
            if not self.aborted:
                assert count == len(self.written), f"the server got {count} of {len(self.written)}"
            assert (entry["close_code"], entry["close_reason"]) == (self.code or 1005, self.reason)
