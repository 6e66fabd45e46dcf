"""JavaScript streams over the two sides of a connection, on either back end.

They are for APIs that take the browser's own stream objects only, such as ``pipeThrough`` and
``Response``. JavaScript pulls from the receive buffer and waits for room in the send buffer, so the
connection's backpressure works through them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .proxies import Scope
from .values import js_error, js_message, new_readable, new_writable, py_reason

if TYPE_CHECKING:
    from ..readable import ReadableStreamDefaultReader
    from ..writable import WritableStreamDefaultWriter


def readable_to_js(reader: ReadableStreamDefaultReader) -> Any:
    """Return a ``ReadableStream`` that pulls from ``reader``. Nothing else may use that reader."""
    scope = Scope()
    closed = reader.closed
    pulling = False

    def start(js_controller: Any) -> None:
        closed.when_settled(lambda: end(js_controller))

    async def pull(js_controller: Any) -> None:
        nonlocal pulling
        pulling = True
        with suppress(Exception):  # `closed` is rejected with it as well
            message = (await reader.read()).value
            if message is not None:
                js_controller.enqueue(js_message(message))
        pulling = False
        if closed.settled:
            end(js_controller)

    def end(js_controller: Any) -> None:
        if pulling or scope.closed:
            return
        error = closed.exception()
        if error is None:
            js_controller.close()
        else:
            js_controller.error(js_error(error))
        scope.close()

    async def cancel(reason: Any = None, *_: Any) -> None:
        scope.close()
        await reader.cancel(py_reason(reason))

    return new_readable(
        start=scope.keep(start), pull=scope.keep_async(pull), cancel=scope.keep_async(cancel)
    )


def writable_to_js(writer: WritableStreamDefaultWriter) -> Any:
    """Return a ``WritableStream`` that writes to ``writer``. Nothing else may use that writer."""
    scope = Scope()
    closed = writer.closed

    async def write(js_chunk: Any, _js_controller: Any) -> None:
        await writer.write(js_chunk)

    async def close(*_: Any) -> None:
        await writer.close()

    async def abort(reason: Any = None, *_: Any) -> None:
        await writer.abort(py_reason(reason))

    def start(js_controller: Any) -> None:
        def fail() -> None:
            error = closed.exception()
            if error is not None:
                js_controller.error(js_error(error))
            scope.close()

        closed.when_settled(fail)

    return new_writable(
        start=scope.keep(start),
        write=scope.keep_async(write),
        close=scope.keep_async(close),
        abort=scope.keep_async(abort),
    )
