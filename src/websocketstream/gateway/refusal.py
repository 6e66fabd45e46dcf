"""Whether a server is there, as far as a page can find out.

The browser does not tell a page why a handshake has failed. Whether anything answers at that host and
port can be asked over HTTP, though. What the page's own policy has forbidden, an event tells.

A program expects :class:`ConnectionRefusedError` before it has sent anything, and the gateway learns of
a failure only afterwards. So it asks first where the last connection was refused or lost.
"""

from __future__ import annotations

import errno
from typing import Literal
from urllib.parse import urlsplit

from .._core.promise import Promise
from .._core.rules import redact
from ..errors import SecurityError
from .options import Options

PROBE_SECONDS = 2.0
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


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


async def ask(url: str, options: Options, *modes: Literal["cors", "no-cors"]) -> int | None:
    """Ask whether a server is at ``url``, in one mode after the other until something answers.

    Returns:
        The status, which only CORS shows; 0 if it is not known; ``None`` if nothing answers.
    """
    if options.probe is None:
        return 0
    for mode in modes:
        answered: Promise[int | None] = Promise()
        cancel = options.probe(url, mode, PROBE_SECONDS, answered.resolve)
        try:
            status = await answered
        finally:
            cancel()
        if status is not None:
            return status
    return None


async def check_reachable(origin: str, options: Options) -> None:
    """Raise ConnectionRefusedError if ``origin`` is suspected to be down, and is."""
    url = f"{origin}/"
    if (
        origin in options.suspects
        and await ask(url, options, "no-cors") is None
        and forbidden(url, options) is None
    ):
        raise refused(origin)


async def find_reason(url: str, error: BaseException, options: Options) -> tuple[int | None, str]:
    """Find out why the handshake at ``url`` has failed, of which the browser says ``error``.

    Returns:
        The status to answer with, ``None`` for a server that is down, and why.
    """
    if isinstance(error, SecurityError):
        return 403, str(error)
    status: int | None = 0
    if forbidden(url, options) is None:
        status = await ask(_http(url), options, "cors", "no-cors")
    policy = forbidden(url, options)  # the event may have come after the failure
    if policy is not None:
        return 403, policy
    if status is None:
        return None, str(error)
    if status >= 400 and status not in (400, 426):
        return status, f"the server answers a plain request with {status}; {error}"
    # What a WebSocket server says to a plain request tells nothing of the handshake.
    return 502, str(error)


def _http(url: str) -> str:
    return "http" + url.removeprefix("ws") if url.startswith("ws") else url
