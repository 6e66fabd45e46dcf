"""Proxies and promises: ownership of callbacks, and promises without Pyodide's futures.

A Python function that JavaScript can call is a proxy, and leaks until it is destroyed. So each
connection, stream and timer has a :class:`Scope` that owns its proxies and destroys them at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import js
from pyodide.ffi import JsException, JsProxy, create_proxy

from .environment import has_jspi
from .values import js_error, py_reason

MAX_TIMEOUT_MS = 2**31 - 1
"""The longest delay that ``setTimeout`` takes; a longer one would end at once."""

_js_then = js.Reflect.get(js.Promise.prototype, "then")


def call(js_function: Any, js_this: Any, *args: Any) -> JsProxy:
    """Call a function that returns a promise, and return the promise itself.

    A plain call would wrap it into a future of Pyodide's, which is cancelled with its only waiter,
    never ends when the rejection is no Error, and keeps proxies of its own.
    """
    # Pyodide wraps what a call returns, but not what an array contains. So JavaScript's own map() makes
    # the call, once, and puts the promise into an array. Arguments that map() adds come last.
    js_result: JsProxy = js.Array.of(None).map(js_function.bind(js_this, *args))[0]
    return js_result


def then(js_promise: Any, js_fulfilled: Any, js_rejected: Any) -> None:
    """Have one of two functions called when the promise settles; what they throw is ignored.

    A proxy throws if it was destroyed in the meantime, and its result is not needed by then.
    """
    # The second then() takes such a rejection: without a handler the browser would report it. `Boolean`
    # is a function that does nothing and belongs to JavaScript, so that it needs no proxy.
    call(_js_then, call(_js_then, js_promise, js_fulfilled, js_rejected), None, js.Boolean)


def _reporting(
    callback: Callable[..., Any], on_error: Callable[[Exception], object]
) -> Callable[..., Any]:
    """Return a function that calls ``callback``, and ``on_error`` with the exception that it raises."""

    def call_back(*args: Any) -> Any:
        try:
            return callback(*args)
        except Exception as error:
            on_error(error)
            return None

    return call_back


class Scope:
    """The owner of the proxies of one connection, stream or timer. Closing it destroys them all.

    With ``on_error`` it is called when a callback raises; JavaScript would only log the exception.
    """

    def __init__(self, on_error: Callable[[Exception], object] | None = None) -> None:
        self._on_error = on_error
        self._proxies: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False

    def keep(self, callback: Callable[..., Any], *, run_sync: bool = False) -> JsProxy:
        """Return a JavaScript function that calls ``callback``.

        With ``run_sync`` the callback can call ``run_sync()`` where the browser has JSPI; that makes the
        call slower.
        """
        if self._on_error is not None:
            callback = _reporting(callback, self._on_error)
        js_callback: Any = create_proxy(callback)
        self._proxies.append(js_callback)
        if run_sync and has_jspi():
            # WebAssembly can be suspended only if it was entered for that. callPromising() does so, and
            # returns a promise. It takes a turn of Pyodide's event loop before the call.
            js_callback = js_callback.callPromising.bind(js_callback)
        return js_callback  # type: ignore[no-any-return]

    def keep_then(self, callback: Callable[[Any], None]) -> JsProxy:
        """Return a function for :func:`then`. Without ``on_error`` the event loop handles exceptions.

        They would vanish otherwise: the promise that ``then`` returns is not used.
        """
        loop = asyncio.get_running_loop()

        def handle(error: Exception) -> None:
            loop.call_exception_handler(
                {"message": "Exception in the callback of a promise", "exception": error}
            )

        return self.keep(callback if self._on_error is not None else _reporting(callback, handle))

    def keep_async(self, callback: Callable[..., Coroutine[Any, Any, None]]) -> JsProxy:
        """Return a JavaScript function that runs ``callback`` in a task and returns a promise."""
        loop = asyncio.get_running_loop()

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

            task = loop.create_task(run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return js_parts.promise

        return self.keep(start)

    def when(
        self, js_promise: Any, on_fulfilled: Callable[[Any], None], on_rejected: Callable[[Any], None]
    ) -> None:
        """Have a callback called when the promise settles, unless the scope was closed before."""
        then(js_promise, self.keep_then(on_fulfilled), self.keep_then(on_rejected))

    def close(self) -> None:
        """Destroy the proxies. Their callbacks are not called after that."""
        self.closed = True
        proxies, self._proxies = self._proxies, []
        for js_proxy in proxies:
            js_proxy.destroy()


def call_later(
    seconds: float,
    callback: Callable[[], None],
    on_error: Callable[[Exception], object] | None = None,
) -> Callable[[], None]:
    """Call ``callback`` after that time; return a function that cancels it.

    This is the browser's timer because one of Pyodide's event loop keeps its proxy until its time has
    come, even if it is cancelled.
    """
    scope = Scope(on_error)

    def call_back() -> None:
        scope.close()
        callback()

    js_timer = js.setTimeout(scope.keep(call_back), min(seconds * 1000, MAX_TIMEOUT_MS))

    def cancel() -> None:
        js.clearTimeout(js_timer)
        scope.close()

    return cancel


def watch_abort(js_signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
    """Call ``callback`` when the signal fires; return a function that ends the watch."""
    return _listen(js_signal, "abort", callback)


def watch_online(callback: Callable[[], None]) -> Callable[[], None]:
    """Call ``callback`` when the browser has a network again; return a function that ends the watch."""
    if not hasattr(js, "addEventListener"):  # as in Node
        return lambda: None
    return _listen(js, "online", callback)


def watch_page(leave: Callable[[], None], come_back: Callable[[], None]) -> Callable[[], None]:
    """Call ``leave`` when the page is left, and ``come_back`` when it is shown from the browser's cache.

    Return a function that ends the watch. Workers get neither event.
    """
    if not hasattr(js, "document"):
        return lambda: None
    stops = _listen(js, "pagehide", leave), _listen(js, "pageshow", come_back)

    def stop() -> None:
        for stop_listening in stops:
            stop_listening()

    return stop


def _listen(js_target: Any, event: str, callback: Callable[[], None]) -> Callable[[], None]:
    scope = Scope()
    js_listener = scope.keep(lambda _event: callback())
    js_target.addEventListener(event, js_listener)

    def stop() -> None:
        js_target.removeEventListener(event, js_listener)
        scope.close()

    return stop


def abort_reason(js_signal: Any) -> tuple[bool, object]:
    """Return whether the signal has fired, and its reason in Python."""
    if not hasattr(js_signal, "aborted"):
        raise TypeError(f"signal must be an AbortSignal, not {type(js_signal).__name__}")
    if not js_signal.aborted:
        return False, None
    try:
        return True, py_reason(js_signal.reason)
    except JsException:
        # The reason was a Python object, and its proxy has been destroyed.
        return True, None
