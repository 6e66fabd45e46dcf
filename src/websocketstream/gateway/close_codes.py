"""Close codes that a page may not send, and the ones that are sent instead.

RFC 6455 lets a client send most of 1000 to 1014, and libraries do: 1001 when they go away, 1011 when
a keepalive fails. A page may send 1000 and 3000 to 4999 only. So 1001, which means a normal end, goes
out as 1000, and every other code below 3000 as the one with the same last digits in the range for
private use: 1011 as 4011. A server echoes the code that it has received; the library gets back the code
that it has sent.
"""

from __future__ import annotations


def sendable(code: int | None) -> int | None:
    """Return the code to send instead of ``code``; ``None`` is a Close frame without a code."""
    if code == 1001:
        return 1000
    return code if code is None or code == 1000 or code >= 3000 else 3000 + code


def received(code: int | None, sent: int | None) -> int | None:
    """Return the code to report to a library that has closed with ``sent``.

    ``code`` is the one that the browser reports, which is 1005 for a Close frame without a code. The
    library gets ``None`` for that.
    """
    if code == 1005:
        return None
    return sent if sent is not None and code == sendable(sent) else code
