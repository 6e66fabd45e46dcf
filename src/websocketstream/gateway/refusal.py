"""Why a WebSocket could not be opened, as far as a page can find out.

The browser does not tell a page why a handshake has failed. Whether anything answers at that host and
port can be asked over HTTP, though, and that is the difference that programs care about: a server that
is down is tried again later.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from .options import Options

PROBE_SECONDS = 2.0

Answer = Callable[[int | None, str], None]
"""Takes the status to answer with and why; ``None`` for a server that is down."""


def find_reason(url: str, error: str, options: Options, answer: Answer) -> Callable[[], None]:
    """Ask over HTTP whether a server is there, then call ``answer``; return what calls it off."""
    if not options.probe:
        answer(502, error)
        return lambda: None
    from .. import _ffi

    http_url = "http" + url.removeprefix("ws")
    stop: Callable[[], None]

    def seen(status: int | None) -> None:
        """The page may see the status: the server allows it, or nothing has answered."""
        nonlocal stop
        if status is None:
            stop = _ffi.probe(http_url, "no-cors", PROBE_SECONDS, hidden)
        else:
            hidden(status)

    def hidden(status: int | None) -> None:
        if status is None:
            parts = urlsplit(url)
            answer(None, f"nothing answers at {parts.hostname}:{parts.port or _default_port(url)}")
        elif status >= 400 and status != 426:
            answer(status, f"the server answers a plain request with {status}; {error}")
        else:
            answer(502, error)

    stop = _ffi.probe(http_url, "cors", PROBE_SECONDS, seen)
    return lambda: stop()


def _default_port(url: str) -> int:
    return 443 if url.startswith("wss:") else 80
