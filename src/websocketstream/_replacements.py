"""What :mod:`websocketstream.patch` puts in place of ``websockets``' clients.

Made anew for each installation: subclasses of our clients, with the options that were given to
``install()``, and with no other user than the modules that are patched.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any

from ._transport import Backend
from .asyncio import client as asynchronous
from .handshake import HeadersHook
from .protocol import State
from .support import BackendName
from .sync import client as synchronous

Replacements = dict[str, Any]
"""Our objects, by their names in a module of ``websockets``."""


def replacements(
    *, backend: BackendName | Backend, headers_to: HeadersHook | None, ignore: Collection[str]
) -> dict[str, Replacements]:
    """Return our objects by module and name."""

    def complete(options: dict[str, Any], create_connection: type) -> dict[str, Any]:
        for name in ignore:
            options.pop(name, None)
        preset = {"backend": backend, "headers_to": headers_to}
        return {
            **preset,
            **options,
            "create_connection": options.get("create_connection") or create_connection,
        }

    connection = _subclass(asynchronous.ClientConnection)
    sync_connection = _subclass(synchronous.ClientConnection)
    legacy_connection = _subclass(WebSocketClientProtocol)
    connect = _connecter(asynchronous.connect, lambda options: complete(options, connection))
    reconnect = _connecter(synchronous.reconnect, lambda options: complete(options, sync_connection))
    legacy = _connecter(LegacyConnect, lambda options: complete(options, legacy_connection))

    @functools.wraps(synchronous.connect)
    def sync_connect(uri: str, **options: Any) -> Any:
        return synchronous.connect(uri, **complete(options, sync_connection))

    return {
        "websockets.asyncio.client": {
            "ClientConnection": connection,
            "connect": connect,
            "unix_connect": _copy(asynchronous.unix_connect),
        },
        "websockets.sync.client": {
            "ClientConnection": sync_connection,
            "connect": sync_connect,
            "reconnect": reconnect,
            "unix_connect": _copy(synchronous.unix_connect),
            "unix_reconnect": _copy(synchronous.unix_reconnect),
        },
        "websockets.legacy.client": {
            "Connect": legacy,
            "WebSocketClientProtocol": legacy_connection,
            "connect": legacy,
            "unix_connect": _copy(asynchronous.unix_connect),
        },
    }


def _subclass(cls: type) -> Any:
    """Return a subclass that adds nothing."""
    return type(cls.__name__, (cls,), {"__module__": __name__, "__doc__": cls.__doc__})


def _connecter(cls: type, complete: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a subclass that completes the options that it is called with."""
    subclass = _subclass(cls)

    def __init__(self: Any, uri: str, **options: Any) -> None:
        super(subclass, self).__init__(uri, **complete(options))

    subclass.__init__ = __init__
    # Programs look whether ``additional_headers`` is among the parameters.
    subclass.__signature__ = inspect.signature(cls)
    return subclass


def _copy(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return another function that does the same."""

    @functools.wraps(function)
    def copy(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return copy


LEGACY_WITHOUT_EFFECT = ("read_limit", "loop", "legacy_recv")


class WebSocketClientProtocol(asynchronous.ClientConnection):
    """A connection that also has the attributes of ``websockets.legacy``'s."""

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


class LegacyConnect(asynchronous.connect):
    """``connect()`` that also takes the arguments of the legacy one."""

    def __init__(self, uri: str, **options: Any) -> None:
        for name in LEGACY_WITHOUT_EFFECT:
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
