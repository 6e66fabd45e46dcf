"""The browser's own ``WebSocketStream``, and the ends of its pipes that are in Python.

A pipe is ``pipeTo`` between a stream of the browser's and one whose source is a Python callback, or
whose sink gathers what comes. JavaScript awaits the promises between the two, so Python awaits none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from .._core.rules import Message
from .gathering import JsGathering
from .proxies import Scope, call
from .values import JsStage, close_info, js_object, js_size, new_readable, py_messages, refusal


class JsWebSocketStream:
    """A native ``WebSocketStream`` whose two sides are piped into Python callbacks."""

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        *,
        on_open: Callable[[Any, Any, str, str], None],
        on_close: Callable[[int, str, bool], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        try:
            self._js_stream = js.WebSocketStream.new(url, js_object(protocols=to_js(list(protocols))))
        except JsException as error:
            raise refusal(error, url) from None
        self._scope = Scope(on_error)
        self.chunks = JsGathering(self._scope, js_size)
        self._js_gate: Any = js_object(promise=None)
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
        self, js_readable: Any, on_first: Callable[[Any], None], number: int, on_end: Callable[[], None]
    ) -> None:
        """Pipe messages into :attr:`chunks`, of which ``on_first`` gets the first ones.

        The sink's ``size`` function is called with each chunk alone, when the pipe has read it, and
        gathers it. Its ``write`` returns the gate's promise, if there is one: then the pipe reads no
        more until that is resolved.
        """
        self.chunks.call_with_first(number, on_first)
        js_sink = js.WritableStream.new(
            js_object(write=js.Reflect.get.bind(None, self._js_gate, "promise")),
            # push() returns the array's length, which is never 0. So each chunk fills the sink.
            js_object(highWaterMark=1, size=self.chunks.js_push),
        )
        self._pipe(js_readable, js_sink, on_end, on_end, preventCancel=True)

    def take(self) -> list[Message]:
        """Return the messages that were gathered since the last call."""
        return py_messages(self.chunks.take()) if len(self.chunks) else []

    def pause(self) -> None:
        """Stop the pipe from reading, after the chunk that it is writing."""
        js_parts = js.Promise.withResolvers()
        self._js_gate.promise, self._js_resume = js_parts.promise, js_parts.resolve

    def resume(self) -> None:
        """Have the pipe read on."""
        self._js_gate.promise = None
        self._js_resume()

    def feed(
        self,
        js_writable: Any,
        pull: Callable[[Any], None],
        on_flushed: Callable[[], None],
        on_failure: Callable[[], None],
    ) -> None:
        """Pipe the messages that ``pull`` enqueues to the network, one at a time."""
        # The high-water mark of new_readable() is 0: it pulls when the network is ready for a message.
        js_source = new_readable(pull=self._scope.keep(pull))
        # preventClose: the writable's own close() can't send a close code.
        self._pipe(js_source, js_writable, on_flushed, on_failure, preventClose=True, preventAbort=True)

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
        """Stop the pipes without closing the browser's streams, and report nothing more."""
        try:
            self._js_pipes.abort()
        finally:
            self.chunks.clear()
            self._scope.close()


class JsSource:
    """The controller of a ``ReadableStream``, called once per message or batch."""

    def __init__(self) -> None:
        self._js_controller: Any = None
        self._stage = JsStage()

    def attach(self, js_controller: Any) -> None:
        """Set the controller, which each ``pull`` gets; only the first call has an effect."""
        if self._js_controller is None:
            self._js_controller = js_controller
            self._js_enqueue = js_controller.enqueue.bind(js_controller)

    def enqueue(self, messages: list[Message]) -> None:
        """Enqueue messages. Call it once per ``pull``, which means that the last ones have been taken.

        Until then the stage may not be overwritten.
        """
        if len(messages) == 1:
            self._js_enqueue(self._stage.js_message(messages[0]))
        else:
            js_batch: Any = to_js(messages)
            js_batch.forEach(self._js_enqueue)  # a loop of JavaScript's, so this is one call

    def end(self) -> None:
        """Close the stream, which ends the pipe when all has been taken."""
        self._js_controller.close()
