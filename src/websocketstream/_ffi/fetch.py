"""``fetch``: HTTP requests of the gateway, with a response that is read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import js
from pyodide.ffi import to_js

from .proxies import Scope, call, call_later, then
from .values import js_object, py_error

POLICY_SECONDS = 0.05
"""Delay before a failure is reported, because the event that names the policy may come after it."""


class JsFetch:
    """An HTTP request and its response.

    Args:
        on_head: called with the status, its reason phrase and the headers that the page may see.
        on_piece: called with a piece of the body after each :meth:`read`, and with ``None`` at its end.
        on_error: called with the exception, once, if the request or the body fails.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        on_head: Callable[[int, str, list[tuple[str, str]]], None],
        on_piece: Callable[[bytes | None], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._scope = Scope()
        self._js_abort = js.AbortController.new()
        self._on_head, self._on_piece, self._on_error = on_head, on_piece, on_error
        self._js_failed = self._scope.keep_then(self._failed)
        self._js_read = self._scope.keep_then(self._piece)
        self._js_reader: Any = None
        js_headers = js.Headers.new()
        for name, value in headers:
            js_headers.append(name, value)
        options = {"body": to_js(body)} if body else {}
        js_options = js_object(
            method=method, headers=js_headers, cache="no-store", signal=self._js_abort.signal, **options
        )
        js_answer = call(js.fetch, None, url, js_options)
        then(js_answer, self._scope.keep_then(self._answered), self._js_failed)

    def read(self) -> None:
        """Read the next piece of the body, or its end; it goes to ``on_piece``."""
        if self._js_reader is None:
            self._on_piece(None)
        else:
            then(call(self._js_reader.read, self._js_reader), self._js_read, self._js_failed)

    def close(self) -> None:
        """Abort the request, and report nothing more."""
        if not self._scope.closed:
            self._js_abort.abort()
            self._scope.close()

    def _answered(self, js_response: Any) -> None:
        headers = [(str(name), str(value)) for name, value in js_response.headers.entries()]
        # A response without a body has JavaScript's null there, which is false but not None.
        if js_response.body:
            self._js_reader = js_response.body.getReader()
        self._on_head(int(js_response.status), str(js_response.statusText), headers)

    def _piece(self, js_result: Any) -> None:
        self._on_piece(None if js_result.done else js_result.value.to_bytes())

    def _failed(self, error: Any) -> None:
        self._on_error(py_error(error))


def probe(
    url: str, mode: Literal["cors", "no-cors"], seconds: float, on_answer: Callable[[int | None], None]
) -> Callable[[], None]:
    """Ask over HTTP whether a server is at ``url``; return a function that cancels the request.

    Args:
        mode: ``"cors"`` shows the status if the server allows that; ``"no-cors"`` reaches any server.
        seconds: time after which the answer is taken as unknown.
        on_answer: called once, with the status; with 0 if the page may not see it, or it did not come in
            time; with ``None`` if nothing could be reached.
    """
    scope = Scope()
    js_abort = js.AbortController.new()
    cancel_timer = call_later(seconds, lambda: end(0))

    def fail(_error: Any) -> None:
        nonlocal cancel_timer
        cancel_timer()
        cancel_timer = call_later(POLICY_SECONDS, lambda: end(None))

    def end(status: int | None) -> None:
        if not scope.closed:
            stop()
            on_answer(status)

    def stop() -> None:
        cancel_timer()
        scope.close()
        js_abort.abort()

    # The standard allows no other redirect mode with no-cors; with cors a redirect is an answer.
    redirect = "follow" if mode == "no-cors" else "manual"
    js_options = js_object(
        mode=mode, cache="no-store", credentials="omit", redirect=redirect, signal=js_abort.signal
    )
    js_answer = call(js.fetch, None, url, js_options)
    scope.when(js_answer, lambda js_response: end(int(js_response.status)), fail)
    return stop
