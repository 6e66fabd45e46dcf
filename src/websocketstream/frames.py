"""Close codes, as :mod:`websockets.frames` has them; its own objects where it is installed."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ._adopt import adopt

__all__ = ["CLOSE_CODE_EXPLANATIONS", "EXTERNAL_CLOSE_CODES", "OK_CLOSE_CODES", "Close", "CloseCode"]


class CloseCode(enum.IntEnum):
    """The codes of Close frames that have a name."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS_RCVD = 1005
    ABNORMAL_CLOSURE = 1006
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015


CLOSE_CODE_EXPLANATIONS: dict[int, str] = {
    1000: "OK",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no status received [internal]",
    1006: "abnormal closure [internal]",
    1007: "invalid frame payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake failure [internal]",
}

EXTERNAL_CLOSE_CODES: set[int] = set(CLOSE_CODE_EXPLANATIONS) - {1005, 1006, 1015}
"""The codes below 3000 that may stand in a Close frame."""

OK_CLOSE_CODES: set[int] = {1000, 1001, 1005}
"""The codes of an end without an error; 1005 stands for an empty Close frame."""


@dataclass
class Close:
    """The code and reason of a Close frame."""

    code: CloseCode | int
    reason: str

    def __str__(self) -> str:
        if 3000 <= self.code < 4000:
            explanation = "registered"
        elif 4000 <= self.code < 5000:
            explanation = "private use"
        else:
            explanation = CLOSE_CODE_EXPLANATIONS.get(self.code, "unknown")
        return f"{self.code} ({explanation})" + (f" {self.reason}" if self.reason else "")


adopt(globals())
