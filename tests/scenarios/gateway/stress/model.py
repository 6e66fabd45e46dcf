"""A model of random steps with `websockets`: makes them up, and checks their outcome. Pure Python.

As in the model of the package's own stream, a sequence is a list of steps that JSON can carry, and any
part of a sequence is a sequence, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...payload import message
from ...steps import Message, digest
from ...stress.model import LARGE, LOSSES, MOVES, SMALL_MARK, Choose, Step

READING: list[Step] = [*[["recv"]] * 4, ["cancel recv"], ["recv twice"]]
WRITING: list[Step] = [
    *[["send", size, kind] for size in (0, 10, 125, 1000, 70_000) for kind in ("text", "binary")],
    ["send fragments", 3],
    ["bad send"],
    ["ping"],
    *[["say", f"!send {count}"] for count in (1, 2, 5, 30)],
]
WRITING_MUCH: list[Step] = [["send", LARGE, "text"], ["send", LARGE, "binary"]]
ENDINGS: list[Step] = [
    ["close", 1000, ""],
    ["close", 1001, "gone"],
    ["close", 1011, "broken"],
    ["close", 4001, "mine"],
    ["abort"],
    ["say", "!close 4000 theirs"],
    ["say", "!close 1000"],
]
SENDABLE = {1001: 1000, 1011: 4011}
"""The codes that a page sends in the place of others."""

KERNEL_BUFFER = 1 << 20
"""Bytes that vanish without an error when they are written after the end. Then the rest is not read."""

SMALL_QUEUE = 1
"""A library whose queue is full reads nothing, not even a Close frame, and gives up waiting for it."""

DEFAULT_SETUP: Step = ["setup", None, 1 << 20, None]


def generate(choose: Choose, *, native: bool) -> list[Step]:
    """Make a sequence up; `choose` picks one of several values.

    Chromium's own WebSocketStream crashes the tab when a large write meets a loss; on ``native``
    a sequence has the one or the other.
    """
    flavours = [WRITING_MUCH, LOSSES] if native else [WRITING_MUCH + LOSSES]
    kinds = [MOVES, READING, READING, WRITING, WRITING, WRITING, ENDINGS, choose(flavours)]
    setup = [choose([SMALL_QUEUE, 1000, None]), choose([SMALL_MARK, 1 << 20]), choose([None, 0.01])]
    return [["setup", *setup], *(choose(choose(kinds)) for _ in range(choose(range(2, 25))))]


@dataclass
class Model:
    """The outcomes that are allowed after the steps so far."""

    in_page: bool
    may_lose: bool
    """True if the browser may drop messages at a Close frame: natively, behind a small mark."""
    may_give_up: bool
    """True if the library may give up waiting for the server's Close frame."""
    written: list[Message] = field(default_factory=list, repr=False)
    promised: int = 0
    """The number of messages that the server was told to send."""
    server_end: str | None = None
    """The command that ends the connection from the server's side."""
    written_since: int = 0
    """Bytes that were written after that command."""
    local_end: tuple[int, str] | None = None
    """The code and the reason of the close on this side, 1006 for an abort."""
    aborted: bool = False

    @property
    def ended(self) -> bool:
        return self.local_end is not None or self.server_end is not None

    # What was asked for.

    def end(self, code: int, reason: str = "") -> None:
        """Note that this side ends the connection; only the first time counts."""
        if self.local_end is None:
            self.local_end = (code, reason)

    def abort(self) -> None:
        """Note that this side aborts, perhaps while it closes."""
        self.end(1006)
        self.aborted = True

    def sent(self, sent: Message, error: Exception | None) -> None:
        """Note that a message was sent, or refused with an error."""
        if self.local_end is not None:
            assert error is not None, f"a message after {self.local_end} was accepted"
        if error is not None:
            assert self.ended, f"a message was refused for no reason: {error!r}"
            return
        self.written.append(sent)
        if self.server_end is not None:
            self.written_since += len(sent)
        elif isinstance(sent, str) and sent.startswith("!send"):
            self.promised += int(sent.split()[1])
        elif isinstance(sent, str) and sent.startswith("!"):
            self.server_end = sent

    # What must come of it.

    @property
    def ends(self) -> list[tuple[int, str]]:
        """The codes and reasons with which it may have closed."""
        ends = [self.local_end] if self.local_end is not None else []
        match (self.server_end or "").split(" ", 2):
            case ["!close", code, *reason]:
                ends.append((int(code), "".join(reason)))
                if self.in_page and self.local_end and SENDABLE.get(self.local_end[0]) == int(code):
                    # The server's own code can't be told from its answer to ours.
                    ends.append((self.local_end[0], "".join(reason)))
            case ["!eof" | "!reset"]:
                ends.append((1006, ""))
        if self._may_be_cut:
            ends.append((1006, ""))
        return ends

    @property
    def _may_be_cut(self) -> bool:
        """True if it may have ended without the Close frame that was asked for."""
        if self.local_end is not None and (self.aborted or self.may_give_up):
            return True
        # What a server sends to those who write after the end is a reset.
        return self.server_end is not None and (self.may_lose or self.written_since > 0)

    def check_messages(self, received: list[Message], end: tuple[int, str]) -> None:
        """Check the messages that were received, their order, and the code and reason of the end."""
        numbered = [message(index, 10, "text") for index in range(len(received))]
        assert received == numbered, f"received {received}"
        assert end in self.ends, f"ended with {end}, not one of {self.ends}"
        cut = self.written_since > (KERNEL_BUFFER if self.in_page else 0)
        lost = end[0] == 1006 and (self.may_lose or cut)
        if self.local_end is None and self.server_end != "!reset" and not lost:
            assert len(received) == self.promised, f"{len(received)} came of {self.promised}"

    def check_journal(self, entry: dict[str, Any]) -> None:
        """Check what the server saw."""
        count = entry["messages_received"]
        assert count <= len(self.written), f"the server got {count} of {len(self.written)} messages"
        assert entry["sha256"] == digest(self.written[:count]), "the server got other messages"
        if self.server_end is None:
            assert self.local_end is not None
            code, reason = self.local_end
            if self._may_be_cut:
                return
            assert count == len(self.written), f"the server got {count} of {len(self.written)}"
            expected = SENDABLE.get(code, code) if self.in_page else code
            assert (entry["close_code"], entry["close_reason"]) == (expected, reason), entry
