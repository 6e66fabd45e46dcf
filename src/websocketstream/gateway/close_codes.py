"""Close codes: what goes out for those that a page may not send.

RFC 6455 lets a client send most of 1000 to 1014, and libraries do: 1001 when they go away, 1011 when
a keepalive fails. A page may send 1000 and 3000 to 4999 only. So 1001, which means a normal end, goes
out as 1000, and every other code below 3000 as the one with the same last digits in the range for
private use: 1011 as 4011. A server echoes the code that it received; the library gets back the
one that it sent.
"""

from __future__ import annotations

_NORMAL_CLOSURE = 1000
_GOING_AWAY = 1001
_NO_STATUS_RECEIVED = 1005


def sendable(code: int | None) -> int | None:
    """Return the code to close with in the place of ``code``. ``None`` is a Close frame without code."""
    if code is None or code == _NORMAL_CLOSURE or code >= 3000:
        return code
    return _NORMAL_CLOSURE if code == _GOING_AWAY else 3000 + code


def received(code: int | None, sent: int | None) -> int | None:
    """Return the code of the server's Close frame as the library that sent ``sent`` has to see it.

    Args:
        code: the browser's ``closeCode``; 1005 means that the frame had none, as does ``None``.
        sent: the code in the library's Close frame, as the library gave it; ``None`` if there was none.
    """
    if code == _NO_STATUS_RECEIVED:
        return None
    return sent if sent is not None and code == sendable(sent) else code
