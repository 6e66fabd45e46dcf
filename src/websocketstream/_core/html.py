"""The view of a connection in a notebook: a line and a table, in HTML without style sheet or script.

Imported only when a connection is shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from html import escape

from .connection import Connection
from .rules import redact
from .state import State

_COLORS = {State.OPEN: "#2a4", State.CLOSED: "#888"}
_UNDER_WAY, _FAILED = "#c80", "#d43"
RESULTS = {"ok": "#2a4", "problem": "#d43", "unknown": "#888"}
"""Colours of the results in a :func:`table`."""


def html_of(shown: object, connection: Connection) -> str:
    """Return the HTML for ``shown``, the public object of this connection.

    Text counts as UTF-8. Rates are averages from the opening until now, or until the end.
    """
    color, words = _COLORS.get(connection.state, _UNDER_WAY), [connection.state.value]
    if (error := connection.closed.exception()) is not None:
        color = _FAILED
        words.append(str(error))
    elif connection.closed.settled:
        words.append("{} {}".format(*connection.closed.result()).rstrip())
    words += [redact(connection.url), connection.backend.name]
    if connection.opened_at is not None and (protocol := connection.opened.result().protocol):
        words.append(protocol)
    until = connection.ended_at or time.monotonic()
    seconds = until - (connection.opened_at or until)
    received = _counts(
        connection.messages_received, connection.bytes_received, connection.incoming.size, seconds
    )
    sent = _counts(
        connection.messages_sent, connection.bytes_sent, connection.outgoing.buffered_amount, seconds
    )
    return (
        f"<div><b>{type(shown).__name__}</b> <span style='color:{color}'>●</span> "
        f"{escape(' · '.join(words))}</div><table style='color:inherit'>"
        + _row("th", "", "messages", "per second", "bytes", "per second", "buffered")
        + _row("td", "received", *received)
        + _row("td", "sent", *sent)
        + "</table>"
    )


def table(title: str, heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Return the HTML for a table of text. The second column is a result, and coloured."""
    body = "".join(
        f"<tr>{_cell('th', row[0])}{_cell('td', row[1], RESULTS[row[1]])}"
        f"{''.join(_cell('td', text) for text in row[2:])}</tr>"
        for row in rows
    )
    head = "".join(_cell("th", text) for text in heads)
    return f"<div>{escape(title)}</div><table style='color:inherit'><tr>{head}</tr>{body}</table>"


def _cell(tag: str, text: str, color: str = "inherit") -> str:
    return f"<{tag} style='padding:.2em .6em;text-align:left;color:{color}'>{escape(text)}</{tag}>"


def _counts(messages: int, size: int, buffered: int, seconds: float) -> tuple[str, ...]:
    rates = (f"{messages / seconds:,.1f}", _bytes(size / seconds)) if seconds else ("–", "–")
    return f"{messages:,}", rates[0], _bytes(size), rates[1], _bytes(buffered)


def _row(tag: str, name: str, *cells: str) -> str:
    # Some notebooks, and pages, have no style for tables.
    style = "style='padding:.2em .6em;text-align:right'"
    rest = "".join(f"<{tag} {style}>{cell}</{tag}>" for cell in cells)
    return f"<tr><th {style}>{name}</th>{rest}</tr>"


def _bytes(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1000:
            return f"{size:,.{unit != 'B':d}f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
