"""The states of a connection, and what it has at its beginning and at its end."""

from __future__ import annotations

import enum
from typing import NamedTuple


class State(enum.Enum):
    """The state of a connection; names are those of classic ``WebSocket.readyState``."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Agreement(NamedTuple):
    """The outcome of the opening handshake."""

    protocol: str
    extensions: str


class WebSocketCloseInfo(NamedTuple):
    """The code and reason that a connection was closed with; 1005 is a Close frame without a code.

    Example::

        ws.close()
        close_code, reason = await ws.closed

    Standard: WebSockets, "WebSocketCloseInfo".
    """

    close_code: int
    reason: str
