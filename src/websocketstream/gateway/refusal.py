"""Whether a server is there, as far as a page can find out.

The browser does not tell a page why a handshake has failed. Whether anything answers at that host and
port can be asked over HTTP, though, and that is the difference that programs care about: a server that
is down is tried again later.

A program expects :class:`ConnectionRefusedError` from the event loop, before it has sent anything, and
the gateway learns of a failure only afterwards. So it remembers the origins at which a connection was
refused or lost, and asks there first the next time. Elsewhere a connection costs no request more.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from urllib.parse import urlsplit

from .options import Options

PROBE_SECONDS = 2.0

Answer = Callable[[int | None, str], None]
"""Takes the status to answer with and why; ``None`` for a server that is down."""


def refused(origin: str) -> ConnectionRefusedError:
    """Return the error for a server that is down."""
    return ConnectionRefusedError(errno.ECONNREFUSED, f"nothing answers at {origin}")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, for ``http`` in place of ``ws``."""
    parts = urlsplit("http" + url.removeprefix("ws") if url.startswith("ws") else url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"


async def check_reachable(origin: str, options: Options) -> None:
    """Raise ConnectionRefusedError if ``origin`` is suspected to be down, and is."""
    if options.probe is None or origin not in options.suspects:
        return
    answered: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    stop = options.probe(f"{origin}/", "no-cors", PROBE_SECONDS, answered.set_result)
    try:
        status = await answered
    finally:
        stop()
    if status is None:
        raise refused(origin)


def find_reason(url: str, error: str, options: Options, answer: Answer) -> Callable[[], None]:
    """Ask over HTTP whether a server is there, then call ``answer``; return what calls it off."""
    probe = options.probe
    if probe is None:
        answer(502, error)
        return _nothing
    http_url = "http" + url.removeprefix("ws")
    stop: Callable[[], None] = _nothing

    def seen(status: int | None) -> None:
        """Go on from an answer that the page may read."""
        nonlocal stop
        if status is None:
            stop = probe(http_url, "no-cors", PROBE_SECONDS, hidden)
        else:
            hidden(status)

    def hidden(status: int | None) -> None:
        if status is None:
            answer(None, error)
        elif status >= 400 and status not in (400, 426):
            answer(status, f"the server answers a plain request with {status}; {error}")
        else:
            answer(502, error)

    stop = probe(http_url, "cors", PROBE_SECONDS, seen)
    return lambda: stop()


def _nothing() -> None:
    """Call nothing off."""
