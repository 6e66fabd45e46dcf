"""A list of messages that stays short and fast, however many messages there are.

New rows are added to the page ten times a second, and only the newest of them.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from . import words
from .dom import element, make, on, set_text

ROWS = 200
"""The number of rows that are kept."""
FLUSH_SECONDS = 0.1
TEXT_LIMIT = 1000
BYTES_LIMIT = 48

ARROWS = {"sent": "↑", "received": "↓", "event": "·", "event bad": "·"}
SPOKEN = {"sent": "sent", "received": "received", "event": "", "event bad": ""}


@dataclass(frozen=True)
class Row:
    """One line of the log."""

    kind: str
    body: str
    note: str


class Log:
    """The list below the message field."""

    def __init__(self) -> None:
        self._box, self._list = element("log-box"), element("log")
        self._waiting: deque[Row] = deque(maxlen=ROWS)
        self._timer: asyncio.TimerHandle | None = None
        self._sent = self._received = 0
        on(element("log-clear"), "click", lambda event: self.clear())

    def clear(self) -> None:
        self._waiting.clear()
        self._list.replaceChildren()
        self._sent = self._received = 0
        self._show_counts()

    def sent(self, message: str | bytes) -> None:
        self._sent += 1
        self._add(Row("sent", *_describe(message)))

    def received(self, message: str | bytes) -> None:
        self._received += 1
        self._add(Row("received", *_describe(message)))

    def event(self, text: str, *, bad: bool = False) -> None:
        self._add(Row("event bad" if bad else "event", text, time.strftime("%H:%M:%S")))

    def _add(self, row: Row) -> None:
        self._waiting.append(row)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        box = self._box
        at_end = box.scrollHeight - box.scrollTop - box.clientHeight < 24
        self._list.append(*(_line(row) for row in self._waiting))
        self._waiting.clear()
        while self._list.childElementCount > ROWS:
            self._list.firstElementChild.remove()
        if at_end:
            box.scrollTop = box.scrollHeight
        self._show_counts()

    def _show_counts(self) -> None:
        total = self._sent + self._received
        text = f"{self._sent:,} sent, {self._received:,} received" if total else "none yet"
        if total > ROWS:
            text += f"; showing the last {ROWS}"
        set_text(element("log-count"), text)


def _describe(message: str | bytes) -> tuple[str, str]:
    if isinstance(message, bytes):
        shown = message[:BYTES_LIMIT].hex(" ")
        more = " …" if len(message) > BYTES_LIMIT else ""
        return shown + more, words.size(len(message))
    more = "…" if len(message) > TEXT_LIMIT else ""
    return message[:TEXT_LIMIT] + more, "text"


def _line(row: Row) -> Any:
    arrow = make("span", make("span", ARROWS[row.kind], aria_hidden="true"))
    if SPOKEN[row.kind]:
        arrow.append(make("span", SPOKEN[row.kind], class_="unseen"))
    return make("li", arrow, make("span", row.body), make("span", row.note), class_=row.kind)
