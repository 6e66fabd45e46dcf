"""``websockets.sync.client`` without threads, over the asyncio client of the same library.

The blocking client of ``websockets`` receives in a thread, and a page has none. So its ``connect()``
makes a connection of the library's asyncio client. Each call that blocks awaits a method of that
connection while Python is suspended and the event loop runs. Exceptions, attributes and arguments are
the library's own.

Python can be suspended where the browser has JSPI; elsewhere ``connect()`` raises NotSupportedError.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any, Self

from ..errors import NotSupportedError
from ..sync import wait, within

_PROPERTIES = ("close_code", "close_reason", "local_address", "remote_address", "state", "subprotocol")
"""Properties of the library's class, to be delegated: they come before ``__getattr__``."""


class BlockingConnection:
    """The methods of ``websockets.sync.client.ClientConnection``, over an asyncio connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._connection, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(1000 if kind is None else 1011)

    def __iter__(self) -> Iterator[Any]:
        from websockets.exceptions import ConnectionClosedOK

        with suppress(ConnectionClosedOK):
            while True:
                yield self.recv()

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Any:
        return wait(within, timeout, self._connection.recv, decode)

    def recv_streaming(self, decode: bool | None = None) -> Iterator[Any]:
        fragments = self._connection.recv_streaming(decode)
        with suppress(StopAsyncIteration):
            while True:
                yield wait(anext, fragments)

    def send(self, message: Any, text: bool | None = None) -> None:
        options = {} if text is None else {"text": text}  # versions before 14 lack it
        wait(partial(self._connection.send, **options), message)

    def close(self, code: int = 1000, reason: str = "") -> None:
        wait(self._connection.close, code, reason)

    def wait_closed(self, timeout: float | None = None) -> bool:
        try:
            wait(within, timeout, self._connection.wait_closed)
        except TimeoutError:
            return False
        return True

    def ping(self, data: Any = None, ack_on_close: bool = False) -> threading.Event:
        return _Acknowledgement(wait(self._connection.ping, data), ack_on_close)

    def pong(self, data: Any = b"") -> None:
        wait(self._connection.pong, data)


class _Acknowledgement(threading.Event):
    """The event that a pong sets. To wait for it suspends Python: a lock would block the event loop."""

    def __init__(self, waiter: asyncio.Future[float], ack_on_close: bool) -> None:
        super().__init__()
        self._waiter = waiter
        self._ack_on_close = ack_on_close
        waiter.add_done_callback(self._done)

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            wait(partial(asyncio.wait, timeout=timeout), [self._waiter])
        return self.is_set()

    def _done(self, waiter: asyncio.Future[float]) -> None:
        if not waiter.cancelled() and (waiter.exception() is None or self._ack_on_close):
            self.set()


def bridge(module: ModuleType) -> Callable[[], None]:
    """Have ``websockets.sync.client`` connect without a thread; return what undoes that.

    Programs may have imported ``connect`` by name already, so it has to stay the same object. From
    version 17 of the library on it calls methods that can be replaced; before that, its code is
    replaced.
    """
    delegated = {name: property(attrgetter(f"_connection.{name}")) for name in _PROPERTIES}
    bridged = type("ClientConnection", (BlockingConnection, module.ClientConnection), delegated)

    def connect(uri: str, **options: Any) -> Any:
        if options.pop("create_connection", None) not in (None, module.ClientConnection):
            raise NotSupportedError(
                "connections of a class of your own need a thread, and a page has none: leave "
                "create_connection out"
            )
        if "ssl_context" in options:  # its name until version 13
            options["ssl"] = options.pop("ssl_context")
        address = options.pop("address", None)
        if address is not None:
            options["host"], options["port"] = address
        return bridged(wait(_connect, uri, options))

    if hasattr(module, "reconnect"):
        return _replace_methods(module.reconnect, connect)
    return _replace_code(module.connect, connect)


async def _connect(uri: str, options: dict[str, Any]) -> Any:
    try:
        from websockets.asyncio.client import connect
    except ImportError:
        raise NotSupportedError(
            "the blocking client needs version 13 or later of websockets here: install a newer one"
        ) from None
    return await connect(uri, **options)


def _replace_methods(reconnect: Any, connect: Callable[..., Any]) -> Callable[[], None]:
    init, inner = reconnect.__init__, reconnect.connect
    defaults = init.__kwdefaults__

    def bridged_init(self: Any, uri: str, **options: Any) -> None:
        init(self, uri, **options)
        # The asyncio client has the same defaults, but takes no `None` for some of them.
        options = {name: value for name, value in options.items() if value != defaults.get(name, self)}
        self._given = options

    reconnect.__init__, reconnect.connect = bridged_init, lambda self: connect(self.uri, **self._given)

    def undo() -> None:
        reconnect.__init__, reconnect.connect = init, inner

    return undo


def _replace_code(function: Any, replacement: Callable[..., Any]) -> Callable[[], None]:
    code, defaults = function.__code__, function.__kwdefaults__
    function.__websocketstream__ = replacement
    # The code runs among the globals of the library's module, where `connect` is the function itself.
    function.__code__, function.__kwdefaults__ = _call_replacement.__code__, None

    def undo() -> None:
        function.__code__, function.__kwdefaults__ = code, defaults
        del function.__websocketstream__

    return undo


def _call_replacement(uri: str, **options: Any) -> Any:
    return connect.__websocketstream__(uri, **options)  # type: ignore[name-defined]  # noqa: F821
