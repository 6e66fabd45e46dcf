"""Texts for numbers, close codes and errors. Pure Python."""

import re

from websocketstream import DOMException

CLOSE_CODES = {
    1000: "normal",
    1001: "the other side is going away",
    1002: "protocol error",
    1003: "unacceptable kind of data",
    1006: "lost without a closing handshake",
    1007: "invalid text",
    1008: "against the other side’s policy",
    1009: "message too big",
    1010: "extension missing",
    1011: "error in the server",
    1012: "the server restarts",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake failed",
}
"""The meanings of the close codes in RFC 6455 and its registry."""

BROWSERS = (
    ("Edge", r"Edg/(\d+)"),
    ("Chromium", r"Chrom(?:e|ium)/(\d+)"),
    ("Firefox", r"Firefox/(\d+)"),
    ("Safari", r"Version/(\d+\.\d+).* Safari/"),
    ("WebKit", r"AppleWebKit/(\d+)"),
)


def browser(agent: str) -> str:
    """Return a browser's name and version from its user agent."""
    for name, pattern in BROWSERS:
        if found := re.search(pattern, agent):
            return f"{name} {found[1]}"
    return agent


def size(amount: float) -> str:
    """Return a number of bytes, with a decimal unit."""
    units = ["GB", "MB", "kB", "B"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop()
    whole = units[-1] == "B" or amount >= 100
    return f"{amount:.0f} {units[-1]}" if whole else f"{amount:.1f} {units[-1]}"


def figure(amount: float) -> str:
    """Return a number with about three digits."""
    return f"{amount:.2f}" if amount < 10 else f"{amount:.1f}" if amount < 100 else f"{amount:,.0f}"


def count(number: int, thing: str) -> str:
    """Return ``"1 message"`` or ``"2 messages"``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def closing(code: int, reason: str) -> str:
    """Return a text for a close code and reason."""
    if code == 1005:
        return "without a code"
    meaning = CLOSE_CODES.get(code, "")
    if 3000 <= code <= 4999:
        meaning = "a library’s own code" if code < 4000 else "an application’s own code"
    named = f"code {code} ({meaning})" if meaning else f"code {code}"
    return f"with {named} and the reason “{reason}”" if reason else f"with {named}"


def failure(error: BaseException) -> str:
    """Return the message of an exception as a sentence."""
    text = str(error).strip() or type(error).__name__
    text = text[0].upper() + text[1:]
    if text[-1] not in ".!?":
        text += "."
    return text


def error_name(error: BaseException) -> str:
    """Return an exception's name, as written in an ``except`` clause."""
    module = "websocketstream." if isinstance(error, DOMException) else ""
    return module + type(error).__name__
