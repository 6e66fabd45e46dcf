"""A socket in name only, for ``transport.get_extra_info("socket")``.

There is none below a transport of the gateway, but libraries ask the socket for its addresses and set
options on it, without looking whether it is there: asyncio's own transports always have one.
"""

from __future__ import annotations

import socket


class NominalSocket:
    """The methods of :class:`asyncio.trsock.TransportSocket`. Options can be set, and have no effect."""

    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, peer: tuple[str, int]) -> None:
        self.family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
        self._peer = peer

    def getpeername(self) -> tuple[str, int]:
        return self._peer

    def getsockname(self) -> tuple[str, int]:
        return ("", 0)

    def setsockopt(self, *args: object) -> None:
        """Do nothing: the browser's connections have no options."""

    def getsockopt(self, *args: object) -> int:
        return 0

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
