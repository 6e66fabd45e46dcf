"""The only door to JavaScript: nothing else in the package imports ``js`` or ``pyodide``.

It owns every proxy from creation to destruction (:class:`Scope`), turns JavaScript's values and
errors into Python's, and wraps the two browser classes in as few crossings as they allow. Values
that live in JavaScript are named ``js_…``. There is no JavaScript source here and no ``eval``: the
package works under a strict Content-Security-Policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import js
from pyodide import __version__ as _pyodide
from pyodide.ffi import JsBuffer, JsException, JsProxy, can_run_sync, create_proxy, to_js

from . import errors
from ._rules import Message

# What the environment has.


def has_websocket() -> bool:
    return hasattr(js, "WebSocket")


def has_websocket_stream() -> bool:
    return hasattr(js, "WebSocketStream")


def in_worker() -> bool:
    return hasattr(js, "WorkerGlobalScope")


def can_suspend() -> bool:
    return bool(can_run_sync())


def user_agent() -> str:
    return str(js.navigator.userAgent) if hasattr(js, "navigator") else "an unknown runtime"


def pyodide_version() -> str:
    return str(_pyodide)


def parse_url(url: str) -> str | None:
    """Resolve against the document or the worker script, and serialise."""
    base = js.document.baseURI if hasattr(js, "document") else getattr(js, "location", None)
    try:
        return str(js.URL.new(url, base).href if base is not None else js.URL.new(url).href)
    except JsException:
        return None


# Values and errors.


def js_object(**fields: Any) -> JsProxy:
    """Return a plain JavaScript object."""
    js_fields: JsProxy = to_js(fields, dict_converter=js.Object.fromEntries, depth=1)
    return js_fields


def js_message(message: Message) -> Any:
    """Return a message as JavaScript wants it: a string, or a ``Uint8Array`` of its own."""
    return message if isinstance(message, str) else to_js(message)


def py_message(js_value: Any) -> Message:
    """Return a received message: ``str`` for a string, ``bytes`` for a buffer."""
    message: Message = js_value if isinstance(js_value, str) else js_value.to_bytes()
    return message


def js_buffer_to_bytes(value: object) -> bytes | None:
    """Copy an ``ArrayBuffer`` or a view of one; ``None`` for what is not JavaScript's.

    Raises:
        TypeError: it is JavaScript's, but not a buffer that can be sent.
    """
    if not isinstance(value, JsProxy):
        return None
    js_value: Any = value
    if not isinstance(value, JsBuffer):
        raise TypeError(
            f"a message can't be made of a JavaScript {js_value.constructor.name}: "
            "pass a str, bytes, an ArrayBuffer or a typed array"
        )
    js_buffer: Any = js_value.buffer if js.ArrayBuffer.isView(js_value) else js_value
    if getattr(js_buffer, "resizable", False) or getattr(js_buffer, "growable", False):
        raise TypeError("a message can't be made of a resizable buffer: copy it with slice() first")
    if hasattr(js, "SharedArrayBuffer") and js_buffer.constructor.name == "SharedArrayBuffer":
        raise TypeError("a message can't be made of shared memory: copy it with slice() first")
    data: bytes = js_value.to_bytes()
    return data


def py_reason(js_reason: Any) -> object:
    """Return an abort reason in Python: errors as our own, values as they are."""
    return py_error(js_reason) if isinstance(js_reason, JsException) else js_reason


def py_error(error: JsException) -> Exception:
    """Return the exception of ours that stands for a ``DOMException``; others stay as they are."""
    message = str(getattr(error, "message", error))
    js_error: Any = getattr(error, "js_error", error)
    match getattr(error, "name", ""):
        case "SyntaxError":
            return errors.DOMSyntaxError(message)
        case "SecurityError":
            return errors.SecurityError(message)
        case "InvalidStateError":
            return errors.InvalidStateError(message)
        case "WebSocketError" if _is_websocket_error(js_error):
            code, reason = close_info(js_error)
            return errors.WebSocketError._received(message, code or None, reason)
        case _:
            return error


def _is_websocket_error(js_error: Any) -> bool:
    """Whether it is one by class: look-alikes don't count."""
    if not has_websocket_stream():
        return False
    return bool(js.Object.getPrototypeOf(js_error) == js.WebSocketError.prototype)


def js_error(error: BaseException) -> Any:
    """Return the ``DOMException`` that stands for an exception of ours."""
    name = error.name if isinstance(error, errors.DOMException) else "OperationError"
    return js.DOMException.new(str(error), name)


def close_info(js_info: Any) -> tuple[int, str]:
    """Return code and reason of a ``WebSocketCloseInfo`` or ``WebSocketError``; 0: no code."""
    code = js_info.closeCode
    return (code if isinstance(code, int) else 0), str(js_info.reason)


# Proxies and promises.

_js_then = js.Reflect.get(js.Promise.prototype, "then")


def call(js_function: Any, js_this: Any, *args: Any) -> JsProxy:
    """Call a function that returns a promise, and return the promise.

    A plain call would wrap it into a future of Pyodide's, which is cancelled with its only waiter,
    never ends when the rejection is no Error, and keeps proxies of its own.
    """
    js_result: JsProxy = js.Array.of(None).map(js_function.bind(js_this, *args))[0]
    return js_result


class Scope:
    """The proxies of one connection or stream. Closing it destroys them all."""

    def __init__(self) -> None:
        self._proxies: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, callback: Callable[..., Any]) -> JsProxy:
        """Return a JavaScript function that calls ``callback``."""
        js_callback = create_proxy(callback)
        self._proxies.append(js_callback)
        return js_callback

    def keep_async(self, callback: Callable[..., Coroutine[Any, Any, None]]) -> JsProxy:
        """Return a JavaScript function that calls ``callback`` and returns a promise of its end."""

        def start(*args: Any) -> Any:
            js_parts = js.Promise.withResolvers()
            js_resolve, js_reject = js_parts.resolve, js_parts.reject

            async def run() -> None:
                try:
                    await callback(*args)
                except Exception as error:
                    js_reject(js_error(error))
                else:
                    js_resolve()

            task = asyncio.ensure_future(run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return js_parts.promise

        return self.keep(start)

    def when(
        self,
        js_promise: Any,
        on_fulfilled: Callable[[Any], None],
        on_rejected: Callable[[Any], None],
    ) -> None:
        """Have a callback called when the promise settles, unless the scope was closed before."""
        js_settled = call(_js_then, js_promise, self.keep(on_fulfilled), self.keep(on_rejected))
        # Once the scope is closed the callbacks throw; that is nobody's business any more.
        call(_js_then, js_settled, None, js.Boolean)

    def close(self) -> None:
        """Destroy the proxies. The callbacks won't be called any more."""
        proxies, self._proxies = self._proxies, []
        for js_proxy in proxies:
            js_proxy.destroy()


def watch_abort(js_signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
    """Call ``callback`` when the signal fires; return the function that ends the watch."""
    scope = Scope()
    js_listener = scope.keep(lambda _event: callback())
    js_signal.addEventListener("abort", js_listener)

    def stop() -> None:
        js_signal.removeEventListener("abort", js_listener)
        scope.close()

    return stop


def abort_reason(js_signal: Any) -> tuple[bool, object]:
    """Return whether the signal has fired, and its reason in Python."""
    if not hasattr(js_signal, "aborted"):
        raise TypeError(f"signal must be an AbortSignal, not {type(js_signal).__name__}")
    return (True, py_reason(js_signal.reason)) if js_signal.aborted else (False, None)


# Classic WebSocket.


class JsWebSocket:
    """A classic ``WebSocket`` whose messages are gathered by JavaScript alone, with no Python call.

    ``on_message`` is called for the first message after :meth:`arm`; :meth:`take` returns all that
    have arrived.
    """

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        *,
        on_open: Callable[[str, str], None],
        on_message: Callable[[], None],
        on_close: Callable[[int, str, bool], None],
    ) -> None:
        try:
            self._js_socket = js_socket = js.WebSocket.new(url, to_js(list(protocols)))
        except JsException as error:
            raise py_error(error) from None
        self._scope = Scope()
        js_socket.binaryType = "arraybuffer"
        self._js_events = js.Array.new()
        self._js_once = js_object(once=True)
        js_descriptor = js.Object.getOwnPropertyDescriptor(js.MessageEvent.prototype, "data")
        self._js_get_data = js.Function.prototype.call.bind(js.Reflect.get(js_descriptor, "get"))
        self._js_wake = self._scope.keep(lambda _event: on_message())
        self._js_listeners = {
            "open": self._scope.keep(lambda _event: on_open(js_socket.protocol, js_socket.extensions)),
            "close": self._scope.keep(lambda event: on_close(event.code, event.reason, event.wasClean)),
            "message": self._js_events.push.bind(self._js_events),
        }
        for kind, js_listener in self._js_listeners.items():
            js_socket.addEventListener(kind, js_listener)
        self._js_send = js_socket.send
        self.arm()

    @property
    def buffered_amount(self) -> int:
        return int(self._js_socket.bufferedAmount)

    def send(self, message: Message) -> None:
        self._js_send(js_message(message))

    def arm(self) -> None:
        """Have ``on_message`` called once, for the next message."""
        self._js_socket.addEventListener("message", self._js_wake, self._js_once)

    def take(self) -> list[Message]:
        """Return the messages that have arrived since the last call."""
        if not self._js_events.length:
            return []
        return [py_message(js_data) for js_data in self._js_events.splice(0).map(self._js_get_data)]

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


# The browser's own WebSocketStream.


class JsWebSocketStream:
    """A native ``WebSocketStream`` behind pipes, so that no promise is awaited per message."""

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        *,
        on_open: Callable[[Any, Any, str, str], None],
        on_close: Callable[[int, str, bool], None],
    ) -> None:
        try:
            self._js_stream = js.WebSocketStream.new(url, js_object(protocols=to_js(list(protocols))))
        except JsException as error:
            raise py_error(error) from None
        self._scope = Scope()
        self._js_pipes = js.AbortController.new()

        def opened(js_info: Any) -> None:
            on_open(js_info.readable, js_info.writable, js_info.protocol, js_info.extensions)

        def closed(js_info: Any) -> None:
            on_close(*close_info(js_info), True)

        def failed(error: Any) -> None:
            code, reason = close_info(error.js_error)
            on_close(code or 1006, reason, False)

        self._scope.when(self._js_stream.opened, opened, lambda _error: None)
        self._scope.when(self._js_stream.closed, closed, failed)

    def receive(
        self, js_readable: Any, write: Callable[[Any, Any], Any], on_end: Callable[[], None]
    ) -> None:
        """Pipe the messages into ``write``, which returns ``None`` or a promise to wait for."""
        js_sink = new_writable(write=self._scope.keep(write))
        self._pipe(js_readable, js_sink, on_end, on_end, preventCancel=True)

    def feed(
        self,
        js_writable: Any,
        pull: Callable[[Any], None],
        on_flushed: Callable[[], None],
    ) -> None:
        """Pipe what ``pull`` enqueues into the network, one message at a time."""
        # With a mark of 0 the pipe asks only when the network is ready for the next message.
        js_source = new_readable(pull=self._scope.keep(pull))
        # preventClose: the writable's own close can't carry a code.
        self._pipe(
            js_source, js_writable, on_flushed, lambda: None, preventClose=True, preventAbort=True
        )

    def _pipe(
        self,
        js_readable: Any,
        js_writable: Any,
        on_end: Callable[[], None],
        on_failure: Callable[[], None],
        **options: bool,
    ) -> None:
        js_options = js_object(signal=self._js_pipes.signal, **options)
        js_promise = call(js_readable.pipeTo, js_readable, js_writable, js_options)
        self._scope.when(js_promise, lambda _: on_end(), lambda _: on_failure())

    def close(self, code: int | None, reason: str) -> None:
        if code is None:
            self._js_stream.close()
        else:
            self._js_stream.close(js_object(closeCode=code, reason=reason))

    def detach(self) -> None:
        """Stop the pipes, leaving their far ends alone, and hear no more of it."""
        self._js_pipes.abort()
        self._scope.close()


def new_readable(**source: Any) -> Any:
    """Return a ``ReadableStream`` that keeps nothing of its own."""
    return js.ReadableStream.new(js_object(**source), js_object(highWaterMark=0))


def new_writable(**sink: Any) -> Any:
    """Return a ``WritableStream``."""
    return js.WritableStream.new(js_object(**sink))


class JsDeferred:
    """A JavaScript promise for a stream to wait for."""

    def __init__(self) -> None:
        js_parts = js.Promise.withResolvers()
        self.js_promise = js_parts.promise
        self._js_resolve = js_parts.resolve

    def resolve(self) -> None:
        self._js_resolve()


def controller_methods(js_controller: Any) -> tuple[Any, Any]:
    """Return the functions that enqueue a chunk and that end a ReadableStream."""
    return js_controller.enqueue, js_controller.close
