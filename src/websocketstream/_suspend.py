"""Waiting without ``await``: suspends Python until a coroutine is done, while other tasks run.

Browsers can do that with JavaScript Promise Integration (JSPI), where the stack has no JavaScript
frame between the call and the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from .errors import NotSupportedError
from .support import in_browser

_NO_JSPI = (
    "this browser can't suspend Python (it has no JSPI), so a synchronous client can't wait: "
    "use websockets.asyncio.client, with await"
)
_CALLED_BY_JAVASCRIPT = (
    "Python can't be suspended here, because JavaScript has called it and waits for it, as in an "
    "event handler or a callback: start a task from here, or call it from code that was started "
    "with runPythonAsync() or is awaited; or use websockets.asyncio.client, with await"
)


def run[T](function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Call ``function`` and wait for what it returns.

    Raises:
        NotSupportedError: Python can't be suspended here.
    """
    if not in_browser():
        raise NotSupportedError(
            "suspending Python is for browsers: elsewhere websockets.sync works as it is"
        )
    from . import _ffi

    if not _ffi.can_suspend():
        raise NotSupportedError(_CALLED_BY_JAVASCRIPT if _ffi.has_jspi() else _NO_JSPI)
    # Exceptions must not cross over to JavaScript: Pyodide would keep them and all they refer to.
    result, error = _ffi.run_sync(_outcome(function(*args)))
    if error is None:
        return result  # type: ignore[return-value]
    try:
        raise error
    finally:
        del error


async def _outcome[T](coroutine: Coroutine[Any, Any, T]) -> tuple[T | None, BaseException | None]:
    """Return the coroutine's result, or the exception that it raised."""
    try:
        return await coroutine, None
    except BaseException as error:
        return None, error
