"""Types of arguments, as :mod:`websockets.typing` has them; its own where it is installed."""

from __future__ import annotations

import logging
from typing import Any, NewType

from ._adopt import adopt

__all__ = ["BytesLike", "Data", "DataLike", "LoggerLike", "Origin", "Subprotocol"]

Data = str | bytes
"""A message, :class:`str` for text and :class:`bytes` for binary."""

BytesLike = bytes | bytearray | memoryview
"""What is accepted as :class:`bytes`."""

DataLike = str | bytes | bytearray | memoryview
"""What is accepted as a message."""

LoggerLike = logging.Logger | logging.LoggerAdapter[Any]
"""What is accepted as a logger."""

Origin = NewType("Origin", str)
"""The value of an ``Origin`` header."""

Subprotocol = NewType("Subprotocol", str)
"""The name of a subprotocol."""


adopt(globals())
