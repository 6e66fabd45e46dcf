"""Whether a server is there, as far as a page can find out.

The browser does not tell a page why a handshake has failed. Whether anything answers at that host and
port can be asked over HTTP, though, and that is the difference that programs care about: a server that
is down is tried again later. What the page's own policy has forbidden, an event tells.

A program expects :class:`ConnectionRefusedError` from the event loop, before it has sent anything, and
the gateway learns of a failure only afterwards. So it remembers the origins at which a connection was
refused or lost, and asks there first the next time. Elsewhere a connection costs no request more.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from urllib.parse import urlsplit

from .._rules import redact
from .options import Cancel, Options, nothing_to_cancel

PROBE_SECONDS = 2.0
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

Answer = Callable[[int | None, str], None]
"""Takes the status to answer with and why; ``None`` for a server that is down."""


def refused(origin: str) -> ConnectionRefusedError:
    """Return the error for a server that is down."""
    return ConnectionRefusedError(errno.ECONNREFUSED, f"nothing answers at {origin}")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, with ``http`` in the place of ``ws``."""
    parts = urlsplit(_http(url))
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def forbidden(url: str, options: Options) -> str | None:
    """Return why the page may not connect to ``url``; ``None`` if its policy has not forbidden that."""
    if options.forbidden_by is None:
        return None
    parts = urlsplit(url)
    if parts.port == DEFAULT_PORTS[parts.scheme]:  # which the browser leaves out
        url = parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
    directive = options.forbidden_by(url)
    if directive is None:
        return None
    return (
        f"the page's Content-Security-Policy forbids it to connect to {redact(url)}: "
        f"allow that in the policy's directive {directive}"
    )


async def check_reachable(origin: str, options: Options) -> None:
    """Raise ConnectionRefusedError if ``origin`` is suspected to be down, and is."""
    if options.probe is None or origin not in options.suspects:
        return
    answered: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    cancel = options.probe(f"{origin}/", "no-cors", PROBE_SECONDS, answered.set_result)
    try:
        status = await answered
    finally:
        cancel()
    if status is None and forbidden(f"{origin}/", options) is None:
        raise refused(origin)


def find_reason(url: str, error: str, options: Options, answer: Answer) -> Cancel:
    """Find out why the handshake at ``url`` has failed, then call ``answer``; return what calls it off.

    Args:
        error: what the browser says.
    """
    probe = options.probe
    cancel = nothing_to_cancel

    def answered(status: int | None) -> None:
        """Go on from an answer that the page may read, if there is one."""
        nonlocal cancel
        if status is None and probe is not None:
            cancel = probe(_http(url), "no-cors", PROBE_SECONDS, reached)
        else:
            reached(status)

    def reached(status: int | None) -> None:
        policy = forbidden(url, options)  # the event may have come after the failure
        if policy is not None:
            answer(403, policy)
        elif status is None:
            answer(None, error)
        elif status >= 400 and status not in (400, 426):
            answer(status, f"the server answers a plain request with {status}; {error}")
        else:
            # What a WebSocket server says to a plain request tells nothing of the handshake.
            answer(502, error)

    if probe is None or forbidden(url, options) is not None:
        reached(0)
    else:
        cancel = probe(_http(url), "cors", PROBE_SECONDS, answered)
    return lambda: cancel()


def _http(url: str) -> str:
    return "http" + url.removeprefix("ws") if url.startswith("ws") else url
