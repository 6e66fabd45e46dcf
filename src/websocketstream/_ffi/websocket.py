"""Classic ``WebSocket``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from .._core.rules import Message
from .proxies import Scope
from .values import JsStage, js_object, js_size, py_message, py_messages, refusal

_js_once = js_object(once=True)


def _js_getter() -> Any:
    """The function that gets a MessageEvent's data, or ``None`` where there is no such function."""
    js_descriptor = js.Object.getOwnPropertyDescriptor(js.MessageEvent.prototype, "data")
    if js_descriptor is None:
        return None
    return js.Function.prototype.call.bind(js.Reflect.get(js_descriptor, "get"))


_js_get_data = _js_getter()


def _js_options(protocols: Sequence[str], headers: Sequence[tuple[str, str]]) -> Any:
    """The constructor's second argument; browsers take nothing but the subprotocols there."""
    js_protocols = to_js(list(protocols))
    if not headers:
        return js_protocols
    js_headers = js.Object.fromEntries(to_js([list(header) for header in headers]))
    return js_object(protocols=js_protocols, headers=js_headers)


class JsWebSocket:
    """A classic ``WebSocket`` whose messages are gathered by JavaScript alone, with no Python call.

    ``on_message`` is called for the first message after :meth:`arm`; :meth:`take` returns all that
    have arrived.
    """

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        headers: Sequence[tuple[str, str]] = (),
        *,
        may_suspend: bool,
        on_open: Callable[[str, str], None],
        on_message: Callable[[object], None],
        on_close: Callable[[int, str, bool], None],
    ) -> None:
        try:
            self._js_socket = js_socket = js.WebSocket.new(url, _js_options(protocols, headers))
        except JsException as error:
            raise refusal(error, url) from None
        self._scope = Scope()
        js_socket.binaryType = "arraybuffer"
        self._js_events = js.Array.new()
        self._js_setters: Any = None
        self._js_get_data = _js_get_data
        if _js_get_data is None:
            # Deno's events have it as a property of their own, which only Python can look up.
            self._js_get_data = self._scope.keep(lambda event, *_: event.data)
        self._js_wake = self._scope.keep(on_message, may_suspend=may_suspend)
        self._js_send = js_socket.send
        self._js_listen = js_socket.addEventListener
        is_open = False

        def opened(_js_event: Any) -> None:
            nonlocal is_open
            is_open = True
            on_open(js_socket.protocol, js_socket.extensions)

        def ended(js_event: Any) -> None:
            if js_event.type == "close":
                # Deno tells of a lost connection with code 0.
                on_close(js_event.code or 1006, js_event.reason, js_event.wasClean)
            elif not is_open:
                # All that Chromium tells of a connection that the page's policy forbids.
                on_close(1006, "", False)

        js_ended = self._scope.keep(ended)
        self._js_listeners = {
            "open": self._scope.keep(opened),
            "error": js_ended,
            "close": js_ended,
            "message": self._js_events.push.bind(self._js_events),
        }
        for kind, js_listener in self._js_listeners.items():
            self._js_listen(kind, js_listener)
        self._js_pop = self._js_events.pop
        self._stage = JsStage()
        self.arm()

    @property
    def buffered_amount(self) -> int:
        return int(self._js_socket.bufferedAmount)

    def send(self, message: Message) -> None:
        # The browser copies at the call, so the next message can have the same place.
        self._js_send(message if isinstance(message, str) else self._stage.js_message(message))

    def arm(self) -> None:
        """Have ``on_message`` called once, for the next message."""
        self._js_listen("message", self._js_wake, _js_once)

    def call_at(self, number: int, callback: Callable[[], None], *, size: int = 0) -> None:
        """Have ``callback`` called whenever so many messages wait, before any other event comes.

        With ``size`` only if the last of them has so many bytes, or characters. ``push`` finds a
        setter in the place of that one, which costs the others nothing.
        """
        if self._js_setters is None:
            self._js_setters = js.Object.create(js.Array.prototype)
            js.Object.setPrototypeOf(self._js_events, self._js_setters)
        js_callback = self._scope.keep(callback)
        last = number - 1

        def set_last(js_event: Any) -> None:
            js_element = js_object(value=js_event, writable=True, enumerable=True, configurable=True)
            js.Object.defineProperty(self._js_events, last, js_element)
            if not size or js_size(js_event.data) >= size:
                js.queueMicrotask(js_callback)  # when push has done the rest

        js.Object.defineProperty(self._js_setters, last, js_object(set=self._scope.keep(set_last)))

    def take(self) -> list[Message]:
        """Return the messages that have arrived since the last call."""
        number = self._js_events.length
        if number == 1:
            return [py_message(self._js_pop().data)]
        if not number:
            return []
        return py_messages(self._js_events.splice(0).map(self._js_get_data))

    def close(self, code: int | None, reason: str) -> None:
        if code is None:
            self._js_socket.close()  # no arguments at all: an empty Close frame
        else:
            self._js_socket.close(code, reason)

    def detach(self) -> None:
        """Hear no more of it."""
        for kind, js_listener in self._js_listeners.items():
            self._js_socket.removeEventListener(kind, js_listener)
        self._js_socket.removeEventListener("message", self._js_wake)
        self._js_events.length = 0
        self._scope.close()
