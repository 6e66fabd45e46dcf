"""Handshake requests and responses, as :mod:`websockets.http11` has them; its own where it is installed.

A browser shows a page little of either: see ``request`` and ``response`` of a connection.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from ._adopt import adopt
from .datastructures import Headers

__all__ = ["USER_AGENT", "Request", "Response"]

USER_AGENT = f"Python/{sys.version_info[0]}.{sys.version_info[1]} websocketstream"
"""The default of ``user_agent_header``; a browser sends its own."""


@dataclass
class Request:
    """A handshake request."""

    path: str
    headers: Headers
    method: str = "GET"
    protocol: str = "HTTP/1.1"


@dataclass
class Response:
    """A handshake response."""

    status_code: int
    reason_phrase: str
    headers: Headers
    body: bytes | bytearray = b""


adopt(globals())
