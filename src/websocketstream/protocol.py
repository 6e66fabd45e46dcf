"""The states of a connection, as :mod:`websockets.protocol` has them; its own where it is installed."""

from __future__ import annotations

import enum

from ._adopt import adopt

__all__ = ["State"]


class State(enum.IntEnum):
    """A connection is in one of these states."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


adopt(globals())
