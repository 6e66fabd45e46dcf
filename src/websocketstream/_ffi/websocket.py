"""Classic ``WebSocket``, whose message events JavaScript gathers without calling Python.

Python learns of messages in two ways, and then takes the whole array at once:

- a second listener with ``once: true``, which the browser removes before it calls it. It is added again
  (:meth:`JsWebSocket.arm`) whenever Python wants to be called for the next message;
- a limit of the backlog (:meth:`JsWebSocket.limit_backlog`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from .._core.rules import Message
from .gathering import JsGathering
from .proxies import Scope
from .turns import JsTurns
from .values import JsStage, js_object, js_size, py_message, py_messages, refusal

_js_once = js_object(once=True)


def _js_getter() -> Any:
    """Return a JavaScript function ``event => event.data``, or ``None`` if there can't be one.

    ``data`` is a getter of the prototype. ``Function.prototype.call`` bound to it takes the event as its
    first argument.
    """
    js_descriptor = js.Object.getOwnPropertyDescriptor(js.MessageEvent.prototype, "data")
    if js_descriptor is None:
        return None
    return js.Function.prototype.call.bind(js.Reflect.get(js_descriptor, "get"))


_js_get_data = _js_getter()


def _js_options(protocols: Sequence[str], headers: Sequence[tuple[str, str]]) -> Any:
    """Return the constructor's second argument: subprotocols, and outside browsers also headers."""
    js_protocols = to_js(list(protocols))
    if not headers:
        return js_protocols
    js_headers = js.Object.fromEntries(to_js([list(header) for header in headers]))
    return js_object(protocols=js_protocols, headers=js_headers)


def _text(js_object_: Any, name: str) -> str:
    """Return a member that should be a string; the empty string where a runtime does not have it."""
    return getattr(js_object_, name, None) or ""


class JsWebSocket:
    """A classic ``WebSocket``; :meth:`take` returns the messages that JavaScript has gathered.

    Args:
        on_message: called for the first message after :meth:`arm`, which the constructor calls, too.
        on_error: called with an exception that another callback has raised.
        run_sync: whether ``on_message`` can call ``run_sync()`` where the browser has JSPI.
    """

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        headers: Sequence[tuple[str, str]],
        *,
        run_sync: bool,
        on_open: Callable[[str, str], None],
        on_message: Callable[[object], None],
        on_close: Callable[[int, str, bool], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        try:
            self._js_socket = js_socket = js.WebSocket.new(url, _js_options(protocols, headers))
        except JsException as error:
            raise refusal(error, url) from None
        self._scope = Scope(on_error)
        self._events = JsGathering(self._scope, lambda js_event: js_size(js_event.data))
        self._js_get_data = _js_get_data
        if _js_get_data is None:
            # In Deno `data` is a property of each event, and map() needs a function that reads it: there
            # is none in JavaScript, so one of Python's is called for each message of a batch.
            self._js_get_data = self._scope.keep(lambda event, *_: event.data)
        self._js_wake = self._scope.keep(on_message, run_sync=run_sync)
        # One turn: "close" follows "error" in the same task, and its code may say more, see below.
        self._no_close = JsTurns(1, lambda: on_close(1006, "", False), on_error)
        is_open = False

        def opened(_js_event: Any) -> None:
            nonlocal is_open
            is_open = True
            on_open(_text(js_socket, "protocol"), _text(js_socket, "extensions"))

        def ended(js_event: Any) -> None:
            if js_event.type == "close":
                # Deno reports a lost connection with code 0.
                code = getattr(js_event, "code", 0) or 1006
                on_close(code, _text(js_event, "reason"), bool(getattr(js_event, "wasClean", False)))
            elif not is_open:
                # If the page's policy forbids the connection, Chromium fires no "close", and WebKit none
                # if it is refused. Firefox does, with code 1015 if it does not trust the certificate.
                self._no_close.start()

        js_ended = self._scope.keep(ended)
        self._js_listeners = {
            "open": self._scope.keep(opened),
            "error": js_ended,
            "close": js_ended,
            "message": self._events.js_push,
        }
        self._stage = JsStage()
        try:
            js_socket.binaryType = "arraybuffer"
            self._js_send = js_socket.send
            self._js_listen = js_socket.addEventListener
            self._js_arm = self._js_listen.bind(js_socket, "message", self._js_wake, _js_once)
            for kind, js_listener in self._js_listeners.items():
                self._js_listen(kind, js_listener)
            self.arm()
        except Exception:
            # Nobody has this object yet, so nobody else can close the connection.
            with suppress(Exception):
                self.detach()
            with suppress(Exception):
                js_socket.close()
            raise

    @property
    def buffered_amount(self) -> int:
        # Where it is missing, nothing tells how much waits, so there is always room.
        return int(getattr(self._js_socket, "bufferedAmount", 0))

    def send(self, message: Message, _size: int) -> None:
        # The browser copies the message at the call, so the stage can be reused for the next one.
        self._js_send(message if type(message) is str else self._stage.js_message(message))

    def arm(self) -> None:
        """Have ``on_message`` called once, for the next message."""
        self._js_arm()

    def limit_backlog(self, limits: Mapping[int, int], callback: Callable[[], None]) -> None:
        """Have ``callback`` called when so many messages wait, see :meth:`JsGathering.call_at`."""
        self._events.call_at(limits, callback)

    def take(self, js_first: Any = None) -> list[Message]:
        """Return the messages that have arrived since the last call.

        ``js_first`` is the event of the first one, where it is at hand: a proxy less to make.
        """
        number = len(self._events)
        if number == 1 and js_first is not None:  # the usual case without a burst, in fewer calls
            self._events.clear()
            return [py_message(js_first.data)]
        if not number:
            return []
        return py_messages(self._events.take().map(self._js_get_data))

    def close(self, code: int | None, reason: str) -> None:
        if code is None:
            self._js_socket.close()  # no arguments at all: an empty Close frame
        else:
            self._js_socket.close(code, reason)

    def detach(self) -> None:
        """Remove the listeners, drop the messages that wait, and destroy the proxies."""
        try:
            self._no_close.close()
            for kind, js_listener in self._js_listeners.items():
                self._js_socket.removeEventListener(kind, js_listener)
            self._js_socket.removeEventListener("message", self._js_wake)
        finally:
            self._events.clear()
            self._scope.close()
