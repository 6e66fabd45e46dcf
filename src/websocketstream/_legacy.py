"""Our client behind the names of ``websockets.legacy.client``, for libraries that still import that.

Only what :mod:`websocketstream.patch` puts in place; nobody should write new code against it.
"""

from __future__ import annotations

from typing import Any

from .asyncio import client
from .protocol import State

_WITHOUT_EFFECT = ("read_limit", "loop", "legacy_recv")


class WebSocketClientProtocol(client.ClientConnection):
    """A connection that also has the attributes of the legacy one."""

    @property
    def open(self) -> bool:
        """Whether it is open."""
        return self.state is State.OPEN

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self.state is State.CLOSED

    @property
    def host(self) -> str:
        """The host of the URI."""
        return self.protocol.uri.host

    @property
    def port(self) -> int:
        """The port of the URI."""
        return self.protocol.uri.port

    @property
    def secure(self) -> bool:
        """Whether the URI is a ``wss:`` one."""
        return self.protocol.uri.secure


class Connect(client.connect):
    """``connect()`` that also takes the legacy arguments."""

    def __init__(self, uri: str, **options: Any) -> None:
        for name in _WITHOUT_EFFECT:
            options.pop(name, None)
        if options.pop("create_protocol", None) or options.pop("klass", None):
            raise TypeError("create_protocol is not supported: use create_connection")
        if "extra_headers" in options:
            options["additional_headers"] = options.pop("extra_headers")
        timeout = options.pop("timeout", None)
        if options.get("close_timeout") is None:
            options["close_timeout"] = 10 if timeout is None else timeout
        options["create_connection"] = options.get("create_connection") or WebSocketClientProtocol
        super().__init__(uri, **options)
