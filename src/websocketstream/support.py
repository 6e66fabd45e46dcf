"""Feature detection, all of it, and the choice of a back end.

Nothing is detected at import: a page can change, and whether Python can be suspended depends on the
caller.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from ._core.options import BackendName, check_backend_name
from ._core.rules import LOCAL, LOOPBACK
from .errors import NotSupportedError

if TYPE_CHECKING:
    from ._core.transport import Backend

__all__ = ["NATIVE_DEFECTS", "NativeDefect", "Support", "support"]


class NativeDefect(NamedTuple):
    """A known defect of a browser's own ``WebSocketStream`` that breaks a promise of this package."""

    name: str
    summary: str
    promise: str
    """The promise that it breaks."""
    since: int = 124
    """The first Chromium version that has it."""
    fixed_in: int | None = None
    """The first Chromium version without it; ``None`` until it is fixed."""

    @property
    def page(self) -> str:
        """The name of the page in ``tests/defects`` that shows it."""
        return f"{self.name}.py"

    def affects(self, chromium: int | None) -> bool:
        """Return whether that version of Chromium has it; ``None``, an unknown browser, has it."""
        return chromium is None or self.fixed_in is None or self.since <= chromium < self.fixed_in


NATIVE_DEFECTS = (
    NativeDefect(
        "lost_tail",
        "messages that the page has not read yet are dropped when the server closes",
        "nothing is lost silently",
    ),
    NativeDefect("close_crash", "closing while writes are queued crashes the tab", "nothing crashes"),
    NativeDefect(
        "unsent_writes", "writes that are dropped by a close report success", "nothing is lost silently"
    ),
    NativeDefect(
        "close_hang", "a close hangs for a minute while received messages are unread", "nothing hangs"
    ),
    NativeDefect(
        "failed_write_crash",
        "a write that is pending when the connection fails crashes the tab",
        "nothing crashes",
    ),
)
"""The defects of Chromium's ``WebSocketStream`` that this package works around or avoids."""


class Support(NamedTuple):
    """The features of the environment at the time of the call of :func:`support`.

    Example::

        if not support().receive_backpressure:
            print("read fast")
    """

    websocket: bool
    """``True`` if there is a classic ``WebSocket``, which the polyfill needs."""
    native: bool
    """``True`` if the browser has a ``WebSocketStream`` of its own."""
    native_defects: tuple[str, ...]
    """The names of its known defects; see :data:`NATIVE_DEFECTS`."""
    auto: str | None
    """The back end for ``backend="auto"``; ``None`` if there is none."""
    safe: str | None
    """The back end for ``backend="safe"``; ``None`` if there is none."""
    receive_backpressure: bool
    """``True`` if ``"auto"`` holds the server back while nobody reads."""
    worker: bool
    """``True`` in a worker, ``False`` on the page's main thread."""
    jspi: bool
    """``True`` if this caller can suspend Python, so that blocking clients work in a browser."""
    runtime: str
    """The browser's user agent, or the interpreter's name outside a browser."""
    pyodide: str | None
    """The version of Pyodide; ``None`` outside Pyodide."""
    loopback_network: str | None = None
    """The state of the browser's permission to connect to this computer.

    It is ``"granted"``, ``"prompt"`` or ``"denied"``, and only a page from elsewhere needs it. ``None``:
    the browser has no such permission, or ``jspi`` is ``False``, so that its answer can't be waited for.
    """
    local_network: str | None = None
    """The state of the permission to connect to the local network, in the same words."""


def in_browser() -> bool:
    """Return whether this is Python in a JavaScript runtime."""
    return sys.platform == "emscripten"


def require_browser(what: str) -> None:
    """Raise NotSupportedError outside a JavaScript runtime."""
    if not in_browser():
        raise NotSupportedError(
            f"{what} needs a browser: this is {_interpreter()} on {sys.platform}, not Pyodide. "
            "Pass a back end object to test without one"
        )


def _interpreter() -> str:
    import platform  # Importing it takes Pyodide longer than half of this package.

    return f"{platform.python_implementation()} {platform.python_version()}"


def support() -> Support:
    """Return the features of this environment, for programs that choose and for bug reports.

    Example::

        print(support())
    """
    have = _features()
    if not have.jspi:
        return have
    from . import _ffi

    loopback, local = _ffi.JsPermission(LOOPBACK), _ffi.JsPermission(LOCAL)
    for permission in (loopback, local):
        _ffi.run_sync(permission.answered)
    return have._replace(loopback_network=loopback.state, local_network=local.state)


def _features() -> Support:
    """Return the features without the permissions, which JavaScript has to be asked for."""
    if not in_browser():
        cpython = "cpython" if _has_websockets() else None
        held_back = cpython is not None
        return Support(False, False, (), cpython, cpython, held_back, False, False, _interpreter(), None)
    from . import _ffi

    classic, native = _ffi.has("WebSocket"), _ffi.has("WebSocketStream")
    agent = _ffi.user_agent()
    chromium = re.search(r"Chrom(?:e|ium)/(\d+)", agent)
    version = int(chromium[1]) if chromium else None
    defects = tuple(d.name for d in NATIVE_DEFECTS if d.affects(version)) if native else ()
    polyfill = "polyfill" if classic else None
    return Support(
        websocket=classic,
        native=native,
        native_defects=defects,
        auto="native" if native else polyfill,
        safe="native" if native and not defects else polyfill,
        receive_backpressure=native,
        worker=_ffi.has("WorkerGlobalScope"),
        jspi=_ffi.can_suspend(),
        runtime=agent,
        pyodide=_ffi.pyodide_version(),
    )


def resolve_backend(backend: BackendName | Backend) -> Backend:
    """Return the back end of that name, or ``backend`` itself if it is one."""
    chosen = select_backend(backend) if isinstance(backend, str) else backend
    if not hasattr(chosen, "connect"):
        raise TypeError(f"backend must be a name or a back end, not {type(backend).__name__}")
    return chosen


def select_backend(name: BackendName) -> Backend:
    """Return the back end of that name.

    Raises:
        ValueError: there is no such name.
        NotSupportedError: this environment does not have it.
    """
    check_backend_name(name)
    have = _features()
    chosen = {"auto": have.auto, "safe": have.safe}.get(name, name)
    if chosen == "native" and have.native:
        from ._backends.native import NativeBackend

        return NativeBackend()
    if chosen == "polyfill" and have.websocket:
        from ._backends.classic import ClassicBackend

        return ClassicBackend()
    if chosen == "cpython" and have.auto == "cpython":
        from ._backends.cpython import CPythonBackend

        return CPythonBackend()
    if in_browser():
        lacks = "WebSocket, which browsers, Node from version 22 on, Deno and Bun have"
        if name == "native":
            lacks = "WebSocketStream: use backend='auto'"
        elif name == "cpython":
            lacks = "sockets: use backend='auto'"
        raise NotSupportedError(f"backend={name!r} does not work here: {have.runtime} has no {lacks}")
    if name in ("native", "polyfill"):
        require_browser(f"backend={name!r}")
    raise NotSupportedError(
        "outside a browser WebSocketStream needs the websockets library: "
        "pip install 'websocketstream[cpython]'"
    )


def _has_websockets() -> bool:
    from importlib.util import find_spec

    return find_spec("websockets") is not None
