"""Close codes: what a page may send of those that ``websockets`` may. Pure functions.

A page may send 1000 and 3000 to 4999 only. The other codes of a Close frame go out as 1000 if they
mean a normal end, else as the code in the range for private use that has the same last digits: 1011
goes out as 4011. What callers see stays the code that they gave.
"""

from __future__ import annotations

from ..errors import MAX_REASON_BYTES
from ..exceptions import ProtocolError
from ..frames import EXTERNAL_CLOSE_CODES, OK_CLOSE_CODES, Close, CloseCode


def close_frame(code: int | None, reason: str) -> Close:
    """Return the Close frame for the arguments of ``close()``.

    Raises:
        ProtocolError: such a frame can't be sent.
    """
    if code is None:
        if reason:
            raise ProtocolError("cannot send a reason without a code")
        return Close(CloseCode.NO_STATUS_RCVD, "")
    if code not in EXTERNAL_CLOSE_CODES and not 3000 <= code < 5000:
        raise ProtocolError("invalid status code")
    if len(reason.encode()) > MAX_REASON_BYTES:
        raise ProtocolError("control frame too long")
    return Close(code, reason)


def wire_code(code: int) -> int | None:
    """Return the code that goes out for ``code``; ``None``: an empty Close frame."""
    if code == CloseCode.NO_STATUS_RCVD:
        return None
    if code >= 3000 or code == CloseCode.NORMAL_CLOSURE:
        return int(code)
    return 1000 if code in OK_CLOSE_CODES else 3000 + code


def is_echo(received: int, sent: int) -> bool:
    """Whether ``received`` is what went out for ``sent``, come back."""
    return received != sent and received == wire_code(sent)
