"""The reason why a connection has failed, as far as a page can find it out.

The browser does not tell a page why a handshake has failed. There are two other sources: an HTTP
request to the same host and port shows whether anything answers there, and an event of the page shows
what its own Content-Security-Policy has forbidden.

With sockets ``create_connection()`` raises :class:`ConnectionRefusedError` if a server is down, and
programs that reconnect rely on that. The gateway learns of it only after the handshake. So it remembers
origins where the last connection was refused or lost, and asks there before it makes the next one.
"""

from __future__ import annotations

import errno
from typing import Literal
from urllib.parse import urlsplit

from .._core.outage import ask_over_http, http_url
from .._core.rules import needed_permission, redact
from ..errors import SecurityError
from .options import Options

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def refused(origin: str) -> ConnectionRefusedError:
    """Return the error for a server that is down."""
    trusted = " with a certificate that the browser trusts" if origin.startswith("https:") else ""
    return ConnectionRefusedError(errno.ECONNREFUSED, f"nothing answers at {origin}{trusted}")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, with ``http`` for ``ws``."""
    parts = urlsplit(http_url(url))
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def forbidden(url: str, options: Options) -> str | None:
    """Return an explanation if the page's policy has forbidden to connect to ``url``, else ``None``."""
    if options.forbidden_by is None:
        return None
    parts = urlsplit(url)
    if parts.port == DEFAULT_PORTS[parts.scheme]:  # the browser's event leaves it out
        url = parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
    directive = options.forbidden_by(url)
    if directive is None:
        return None
    return (
        f"the page's Content-Security-Policy forbids it to connect to {redact(url)}: "
        f"allow that in the policy's directive {directive}"
    )


async def ask(url: str, options: Options, *modes: Literal["cors", "no-cors"]) -> int | None:
    """Ask as :func:`.ask_over_http` does; 0, as if something had answered, with ``probe=False``.

    So it is where the page needs a permission: Firefox asks its user for it before a request, but not
    before a WebSocket.
    """
    if options.probe is None or needed_permission(url, options.page):
        return 0
    return await ask_over_http(url, options.probe, *modes)


async def check_reachable(origin: str, options: Options) -> None:
    """Check that ``origin`` answers, if the last connection to it was refused or lost.

    Raises:
        ConnectionRefusedError: nothing answers there.
    """
    url = f"{origin}/"
    if (
        options.unreachable_origins.is_spared(origin)
        and await ask(url, options, "no-cors") is None
        and forbidden(url, options) is None
    ):
        raise refused(origin)


async def find_reason(url: str, error: BaseException, options: Options) -> tuple[int | None, str]:
    """Find out why the handshake at ``url`` has failed; ``error`` is the one that the browser gives.

    Returns:
        The status of the library's response, ``None`` for a server that is down, and an explanation.
    """
    if isinstance(error, SecurityError):
        return 403, str(error)
    status: int | None = 0
    if forbidden(url, options) is None:
        status = await ask(http_url(url), options, "cors", "no-cors")
    policy = forbidden(url, options)  # once more: its event may come after the failure
    if policy is not None:
        return 403, policy
    if status is None:
        return None, str(error)
    if status >= 400 and status not in (400, 426):
        return status, f"the server answers a plain request with {status}; {error}"
    # Other statuses say nothing about the handshake: it is how a WebSocket server answers plain
    # requests.
    return 502, str(error)
