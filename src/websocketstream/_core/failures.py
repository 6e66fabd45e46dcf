"""The errors that connections end with. Their messages never show a secret of a URL."""

from __future__ import annotations

from ..errors import BufferOverflowError, HandshakeError, MessagesLostError, WebSocketError
from .rules import redact
from .transport import Permission

ABNORMAL = 1006
"""The close code of a connection that ended without a closing handshake (RFC 6455, 7.4.1)."""

OVERFLOW = 4009
"""The code to close with when the receive buffer is full; 1009 is one that a page can't send."""

TLS_FAILED = 1015
"""The close code of a connection that was not made because TLS has failed; only Firefox tells it."""

NEVER_SENT = (ABNORMAL, TLS_FAILED)
"""Codes that stand for a failure. Some engines report a clean close for a frame that has one."""


def not_connected(
    url: str, reason: str, permission: Permission | None = None, code: int = ABNORMAL
) -> HandshakeError:
    """Return the error for a connection that could not be made, for a reason that browsers keep back."""
    if code == TLS_FAILED:
        reason = "TLS has failed, most likely because the browser does not trust the certificate"
    elif not reason and permission is not None and permission.state == "denied":
        reason = f"the browser denies this page the permission {permission.name!r}; see diagnose(url)"
    elif not reason:
        without = f", without the permission {permission.name!r}" if permission is not None else ""
        untrusted = "its certificate not trusted, " if url.startswith("wss:") else ""
        reason = (
            f"refused, unreachable, {untrusted}answered with an HTTP error, forbidden to this page"
            f"{without}, or one too many for this browser; the browser does not say which, "
            "diagnose(url) may find out"
        )
    return HandshakeError(f"the connection to {redact(url)} could not be made: {reason}")


def not_connected_in_time(url: str, seconds: float | None) -> HandshakeError:
    return HandshakeError(
        f"the connection to {redact(url)} was not made within open_timeout={seconds} s: the server does "
        "not answer, or it is one too many for this browser; see diagnose(url)"
    )


def no_subprotocol(count: int) -> HandshakeError:
    # Without their names: tokens are sent as subprotocols, too.
    return HandshakeError(f"the server selected none of the {count} subprotocols offered")


def closed(code: int, reason: str, unsent: int = 0) -> WebSocketError:
    """Return the error for a connection that has ended with this code."""
    how = (
        f"the connection was closed with code {code}" if code != ABNORMAL else "the connection was lost"
    )
    if reason:
        how += f" ({reason})"
    return WebSocketError._received(f"{how}{_and(unsent)}", code, reason)


def messages_lost(code: int, reason: str) -> MessagesLostError:
    return MessagesLostError._received(
        f"closed with code {code} while the reader held the server back: the last messages may be "
        "missing. backend='polyfill' does not lose them",
        code,
        reason,
    )


def overflow(high_water_mark: int) -> BufferOverflowError:
    return BufferOverflowError(
        f"more than high_water_mark={high_water_mark} bytes were received and not read, and this "
        "browser can't hold the server back"
    )


def unanswered(seconds: float | None, unsent: int) -> str:
    return f"the peer did not answer the close within close_timeout={seconds} s{_and(unsent)}"


def raised(error: Exception) -> str:
    """Return the message for an exception of a transport that the rules do not allow."""
    return f"an unexpected exception ended the connection: {type(error).__name__}: {error}"


def unread(high_water_mark: int, url: str) -> str:
    return (
        f"more than high_water_mark={high_water_mark} bytes from {redact(url)} wait to be read, and the "
        "server can't be held back: read faster, or set overflow='error'"
    )


def silent(seconds: float) -> str:
    return f"nothing was received for idle_timeout={seconds} s: the connection is dead"


def _and(unsent: int) -> str:
    return f"; {unsent} bytes were not sent" if unsent else ""
