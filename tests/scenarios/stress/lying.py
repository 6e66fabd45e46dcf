"""Classic WebSockets that do not do what the standard says: members that are missing or raise, events
that come twice, in the wrong order, or without what they should have.

Each is an ``EventTarget`` with the members of a WebSocket, spoiled by one fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websocketstream import DOMException, InvalidStateError, WebSocketError, WebSocketStream

from .env import StressEnv, within
from .registry import stress

LIMIT = 0.3
"""Each of the time limits of a connection, in seconds."""

MEMBERS = (
    "addEventListener",
    "removeEventListener",
    "binaryType",
    "bufferedAmount",
    "extensions",
    "protocol",
    "send",
    "close",
)
CALLED = ("addEventListener", "removeEventListener", "send", "close")

FAULTS = (
    "none",
    *(f"{name} is missing" for name in MEMBERS),
    *(f"{name} raises" for name in MEMBERS),
    *(f"calling {name} raises" for name in CALLED),
    "open twice",
    "open after the end",
    "no open",
    "message before open",
    "message without data",
    "message is a Blob",
    "message after the end",
    "close without code",
    "close twice",
    "no close",
    "error after close",
)

NAMED = (
    "bufferedAmount raises",
    "extensions raises",
    "protocol raises",
    "send raises",
    "calling send raises",
    "message without data",
    "message is a Blob",
)
"""The faults that end an open connection, always, with an error that says what was raised."""

HARMLESS = (
    "none",
    "binaryType is missing",
    "bufferedAmount is missing",
    "extensions is missing",
    "protocol is missing",
    "close is missing",
    "close raises",
    "calling close raises",
    "open twice",
    "open after the end",
    "message before open",
    "message after the end",
    "close twice",
    "error after close",
)
"""The faults in spite of which a close of the server's is a clean end."""

ENDINGS = ("server closes", "close", "abort", "cancel", "close writable")


class RefusedError(Exception):
    """The constructor has raised: nothing is connected, and nothing may be left of it."""


class LyingSocket:
    """One ``EventTarget`` that is to be taken for a ``WebSocket``."""

    def __init__(self, fault: str) -> None:
        import js
        from pyodide.ffi import create_proxy

        self.fault = fault
        self._proxies: list[Any] = []
        self.js_socket = js.EventTarget.new()
        self.closed = False

        def keep(function: Callable[..., Any]) -> Any:
            self._proxies.append(create_proxy(function))
            return self._proxies[-1]

        # A function that raises, without a proxy: "%" is no valid escape.
        js_lie = js.decodeURIComponent.bind(None, "%")
        given = {
            "bufferedAmount": 1000,  # Above the mark, so that it is asked for.
            "extensions": "",
            "protocol": "",
            "send": keep(lambda _message: None),
            "close": keep(self._close),
        }
        for name in MEMBERS:
            match fault:
                case _ if fault == f"{name} is missing":
                    if name.endswith("EventListener"):  # It is inherited.
                        self._define(name, value=None)
                case _ if fault == f"{name} raises":
                    self._define(name, get=js_lie, set=js_lie)
                case _ if fault == f"calling {name} raises":
                    self._define(name, value=js_lie)
                case _ if name in given:
                    self._define(name, value=given[name], writable=True)

    def _define(self, name: str, **descriptor: Any) -> None:
        import js
        from pyodide.ffi import to_js

        js_descriptor = to_js(descriptor, dict_converter=js.Object.fromEntries, depth=1)
        js.Object.defineProperty(self.js_socket, name, js_descriptor)

    def _close(self, *_: object) -> None:
        if not self.closed and self.fault != "no close":
            self.closed = True
            asyncio.get_running_loop().call_soon(self.end)

    def fire(self, kind: str, js_event_class: Any = None, **fields: Any) -> None:
        """Dispatch an event; without a class one that has no fields."""
        import js
        from pyodide.ffi import to_js

        js_fields = to_js(fields, dict_converter=js.Object.fromEntries)
        self.js_socket.dispatchEvent((js_event_class or js.Event).new(kind, js_fields))

    def open(self) -> None:
        import js

        if self.fault == "message before open":
            self.fire("message", js.MessageEvent, data="early")
        if self.fault != "no open":
            self.fire("open")
        if self.fault == "open twice":
            self.fire("open")
        match self.fault:
            case "message without data":
                self.fire("message")
                self.fire("message")
            case "message is a Blob":
                self.fire("message", js.MessageEvent, data=js.Blob.new())
            case _:
                self.fire("message", js.MessageEvent, data="first")

    def end(self) -> None:
        import js

        self.closed = True
        if "bufferedAmount" not in self.fault:
            self.js_socket.bufferedAmount = 0
        for _ in range(1 + (self.fault == "close twice")):
            if self.fault == "close without code":
                self.fire("close")
            elif self.fault != "no close":
                self.fire("close", js.CloseEvent, code=1000, reason="bye", wasClean=True)
        match self.fault:
            case "open after the end":
                self.fire("open")
            case "message after the end":
                self.fire("message", js.MessageEvent, data="late")
            case "error after close":
                self.fire("error")

    def destroy(self) -> None:
        for js_proxy in self._proxies:
            js_proxy.destroy()


class _Js:
    """The module ``js`` with another ``WebSocket``."""

    def __init__(self, js_real: Any, sockets: list[LyingSocket]) -> None:
        self._js_real = js_real
        self._sockets = sockets
        self.WebSocket = self

    def new(self, *_: object) -> Any:
        return self._sockets[-1].js_socket

    def __getattr__(self, name: str) -> Any:
        return getattr(self._js_real, name)


@contextmanager
def _lying_sockets() -> Iterator[list[LyingSocket]]:
    """Have every classic ``WebSocket`` be the last one of this list."""
    import websocketstream._ffi.websocket as module

    sockets: list[LyingSocket] = []
    real: Any = module.js  # type: ignore[attr-defined]
    module.js = _Js(real, sockets)  # type: ignore
    try:
        yield sockets
    finally:
        module.js = real  # type: ignore[attr-defined]
        for socket in sockets:
            socket.destroy()


async def _outcome(awaitable: Any) -> object:
    try:
        return await within(3 * LIMIT, awaitable)
    except DOMException as error:
        return error


async def _live(socket: LyingSocket, ending: str) -> None:
    """Connect, read, send, and end; everything that can be awaited must be settled in time."""
    try:
        stream = WebSocketStream(
            "ws://lying.example/",
            backend="polyfill",
            send_high_water_mark=64,
            open_timeout=LIMIT,
            close_timeout=LIMIT,
        )
    except Exception as error:
        raise RefusedError from error
    connection = stream._connection
    reading = asyncio.ensure_future(_outcome(connection.incoming.read()))
    socket.open()
    opened = await _outcome(stream.opened)
    awaited: list[Any] = [reading]
    for message in ("x", b"y", "z" * 100):
        try:
            awaited.append(connection.write(message))
        except (InvalidStateError, WebSocketError) as error:
            assert opened is error or connection.closed.settled
    match ending:
        case "server closes":
            socket.end()
            stream.close()  # In case that the server's close is not reported.
        case "close":
            stream.close(4000, "done")
        case "close writable":
            awaited.append(connection.close_writable())
        case "abort":
            awaited.append(connection.abort_writable(None))
        case "cancel":
            awaited.append(connection.cancel_readable(None))
    closed = await _outcome(stream.closed)
    awaited += [connection.writable_closed, connection.outgoing.ready, connection.incoming.read()]
    await asyncio.gather(*map(_outcome, awaited))
    if socket.fault in HARMLESS and ending == "server closes":
        assert closed == (1000, "bye"), closed
    if socket.fault in NAMED or (socket.fault == "calling close raises" and ending != "server closes"):
        assert isinstance(closed, WebSocketError), closed
        assert "unexpected exception" in str(closed), closed
        assert closed.__cause__ is not None


@stress
async def lying_web_sockets(env: StressEnv) -> None:
    """Live with each of the faults, and each way to end.

    The option `deaf` chooses those that keep listeners from being removed, so that JavaScript goes on to
    call functions of Python that are gone, and logs that. Nothing else may be logged.
    """
    if env.asked["deaf"]:
        env.expects = ("Object has already been destroyed",)
    faults = [fault for fault in FAULTS if ("removeEventListener" in fault) is env.asked["deaf"]]
    refused = []
    with _lying_sockets() as sockets:
        for fault in faults:
            for ending in ENDINGS:
                sockets.append(LyingSocket(fault))
                try:
                    await within(12 * LIMIT, _live(sockets[-1], ending))
                except RefusedError:
                    refused.append(fault)
                    break
                except Exception as error:
                    error.add_note(f"{fault}; {ending}")
                    raise
    env.figures["sockets"] = len(sockets)
    env.figures["refused"] = sorted(refused)
