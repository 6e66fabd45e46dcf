"""The browser's own ``WebSocketStream``, and what its pipes need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from .._core.rules import Message
from .proxies import Scope, call
from .values import JsStage, close_info, js_object, new_readable, new_writable, refusal


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
            raise refusal(error, url) from None
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
        on_failure: Callable[[], None],
    ) -> None:
        """Pipe what ``pull`` enqueues into the network, one message at a time."""
        # With a mark of 0 the pipe asks only when the network is ready for the next message.
        js_source = new_readable(pull=self._scope.keep(pull))
        # preventClose: the writable's own close can't carry a code.
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
        """Stop the pipes, leaving their far ends alone, and hear no more of it."""
        self._js_pipes.abort()
        self._scope.close()


class JsDeferred:
    """A JavaScript promise for a stream to wait for."""

    def __init__(self) -> None:
        js_parts = js.Promise.withResolvers()
        self.js_promise = js_parts.promise
        self._js_resolve = js_parts.resolve

    def resolve(self) -> None:
        self._js_resolve()


class JsSource:
    """The controller of a ``ReadableStream``, for as few crossings per message as there can be."""

    def __init__(self) -> None:
        self._js_controller: Any = None
        self._stage = JsStage()

    def attach(self, js_controller: Any) -> None:
        if self._js_controller is None:
            self._js_controller = js_controller
            self._js_enqueue = js_controller.enqueue.bind(js_controller)

    def enqueue(self, messages: list[Message]) -> None:
        """Hand messages over. The stream must have taken those before; it has when it pulls."""
        if len(messages) == 1:
            self._js_enqueue(self._stage.js_message(messages[0]))
        else:
            js_batch: Any = to_js(messages)
            js_batch.forEach(self._js_enqueue)

    def end(self) -> None:
        self._js_controller.close()
