"""What this browser offers, and which back end follows from it. The only feature detection there is.

Everything is found out when it is asked for, never at import: a page can change between two calls,
and whether Python can suspend depends on who has called it.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple

from .errors import NotSupportedError

if TYPE_CHECKING:
    from ._transport import Backend

__all__ = ["NATIVE_DEFECTS", "NativeDefect", "Support", "support"]

BackendName = Literal["auto", "safe", "native", "polyfill"]


class NativeDefect(NamedTuple):
    """A known defect of a browser's own ``WebSocketStream`` that breaks a promise of this package."""

    name: str
    summary: str
    promise: str
    """The promise that it breaks."""
    since: int = 124
    """The first Chromium version that has it."""
    fixed_in: int | None = None
    """The first Chromium version that no longer has it, ``None`` until it is fixed."""

    @property
    def page(self) -> str:
        """The page that shows it, in ``tests/defects``."""
        return f"{self.name}.py"

    def affects(self, chromium: int | None) -> bool:
        """Whether that version of Chromium has it; a browser that is not known counts as affected."""
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
    """What the environment offers at the moment of the call of :func:`support`."""

    websocket: bool
    """There is a classic ``WebSocket``, so the polyfill works."""
    native: bool
    """There is a ``WebSocketStream`` of the browser's own."""
    native_defects: tuple[str, ...]
    """Names of its known defects that this version has; see :data:`NATIVE_DEFECTS`."""
    auto: str | None
    """The back end that ``backend="auto"`` takes here, ``None`` when there is none."""
    safe: str | None
    """The back end that ``backend="safe"`` takes here."""
    receive_backpressure: bool
    """The server can be held back by not reading, with the back end of ``"auto"``."""
    worker: bool
    """This is a worker, not the page's main thread."""
    jspi: bool
    """Python can suspend here and now, so synchronous clients work."""
    runtime: str
    """The browser's user agent, or the interpreter's name outside of one."""
    pyodide: str | None
    """The version of Pyodide; ``None`` outside."""


def in_browser() -> bool:
    """Whether this is Python in a JavaScript runtime."""
    return sys.platform == "emscripten"


def require_browser(what: str) -> None:
    """Raise NotSupportedError outside of a JavaScript runtime."""
    if not in_browser():
        raise NotSupportedError(
            f"{what} needs a browser: this is {_interpreter()} on {sys.platform}, not Pyodide. "
            "Pass a back end object to test without one"
        )


def _interpreter() -> str:
    import platform  # Pyodide would take longer to load it than half of this package

    return f"{platform.python_implementation()} {platform.python_version()}"


def support() -> Support:
    """Find out what this environment offers, for programs that choose and for bug reports."""
    if not in_browser():
        return Support(False, False, (), None, None, False, False, False, _interpreter(), None)
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


def check_backend_name(name: object) -> None:
    """Raise ValueError if there is no back end of that name; what is no name may be a back end."""
    if isinstance(name, str) and name not in ("auto", "safe", "native", "polyfill"):
        raise ValueError(f"backend must be 'auto', 'safe', 'native' or 'polyfill', not {name!r}")


def select_backend(name: BackendName) -> Backend:
    """Return the back end of that name.

    Raises:
        ValueError: there is no such name.
        NotSupportedError: this environment does not have it.
    """
    check_backend_name(name)
    require_browser("WebSocketStream")
    have = support()
    chosen = {"auto": have.auto, "safe": have.safe}.get(name, name)
    if chosen == "native" and have.native:
        from ._native import NativeBackend

        return NativeBackend()
    if chosen == "polyfill" and have.websocket:
        from ._classic import ClassicBackend

        return ClassicBackend()
    lacking = "WebSocket, which browsers, Node from version 22 on, Deno and Bun have"
    if name == "native":
        lacking = "WebSocketStream: use backend='auto'"
    raise NotSupportedError(f"backend={name!r} is not to be had here: {have.runtime} has no {lacking}")
