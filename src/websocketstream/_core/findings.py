"""The findings of ``diagnose()``: what the facts about a connection mean, in words, and what to do.

Pure functions, each for one check. They give a result, an explanation and a remedy; or ``None`` if there
is nothing to say. :mod:`websocketstream.diagnosis` collects the facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ..errors import SecurityError
from .rules import LOOPBACK, address_space, redact

Result = Literal["ok", "problem", "unknown"]
Judgement = tuple[Result, str, str] | tuple[Result, str] | None

LIMITS = {"Firefox/": 200, "Chrome/": 255, "Chromium/": 255, "AppleWebKit/": 199}
"""Number of WebSockets that may be open at once, by a part of the browser's user agent."""

STATUSES = {
    401: "a token or a cookie is missing or wrong",
    403: "the token or the page's origin is not accepted",
    404: "the path is wrong",
    429: "there were too many requests",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check of :func:`~websocketstream.diagnose`.

    Example::

        for finding in (await diagnose(url)).findings:
            print(finding.check, finding.result, finding.words)
    """

    check: str
    """The subject, such as ``"policy"``."""
    result: Result
    """``"ok"``, ``"problem"``, or ``"unknown"`` if the page can't find out."""
    words: str
    """An explanation."""
    remedy: str = ""
    """A proposal for what to do; empty if there is nothing to do."""


@dataclass(kw_only=True)
class Facts:
    """The facts about an attempt to connect, as far as they are known. ``None``: unknown."""

    url: str
    origin: str | None = None
    """The page's origin; ``None`` outside a browser."""
    agent: str = ""
    online: bool | None = None
    permission: str | None = None
    """The permission that the page needs for this address; ``None``: none."""
    state: str | None = None
    """The state of that permission."""
    opened: int = 0
    """Number of connections that were open before."""
    directive: str | None = None
    """The directive of the page's policy that has forbidden the connection."""
    error: BaseException | None = None
    """The reason why the attempt has failed."""
    pending: bool = False
    """``True``: it was given up."""
    tls_failed: bool = False
    """``True``: the browser says that TLS has failed, which only Firefox does."""
    seconds: float = 0.0
    protocol: str = ""
    close: tuple[int, str] | None = None
    """Code and reason of a connection that was closed at once."""
    answers: bool | None = None
    """``True``: something answers over HTTP at that host and port."""
    unasked: str | None = None
    """The directive of the page's policy that has forbidden to ask over HTTP."""
    other_answers: bool = False
    """``True``: something answers, but with TLS for ``ws:``, or without it for ``wss:``."""
    status: int = 0
    """The status of a plain request; 0: the page may not see it."""
    opens_without_subprotocols: bool | None = None

    @property
    def failed(self) -> bool:
        return self.pending or self.error is not None

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def secure(self) -> bool:
        return self.url.startswith("wss:")

    @property
    def http(self) -> str:
        """The origin of the server, for HTTP."""
        return f"http{'s' if self.secure else ''}://{self.host}"


def judge(facts: Facts) -> tuple[Finding, ...]:
    """Return the findings, those first that explain more."""
    found = ((check, function(facts)) for check, function in CHECKS.items())
    return tuple(Finding(check, *judgement) for check, judgement in found if judgement)


def _url(facts: Facts) -> Judgement:
    return "ok", f"{redact(facts.url)} is valid."


def _online(facts: Facts) -> Judgement:
    if facts.online is None:
        return None
    if facts.online or not facts.failed or address_space(facts.url) == LOOPBACK:
        return "ok", "The browser has a network, or needs none."
    return "problem", "The browser is offline.", "Connect the computer to a network."


def _mixed_content(facts: Facts) -> Judgement:
    if facts.origin is None:
        return None
    here = address_space(facts.url) == LOOPBACK
    webkit = "AppleWebKit/" in facts.agent and "Chrom" not in facts.agent
    mixed = facts.origin.startswith("https:") and not facts.secure
    if not mixed or not facts.failed or (here and not webkit):
        return "ok", f"The page at {facts.origin} may connect to this scheme."
    but = ", not even to this computer in Safari's engine" if here else ""
    return (
        "problem",
        f"The page is https: and may not connect to ws:{but}.",
        "Use wss:, for which the server needs a certificate. For development, serve the page over "
        "http://localhost.",
    )


def _policy(facts: Facts) -> Judgement:
    if facts.origin is None:
        return None
    if facts.directive is not None:
        return (
            "problem",
            f"The page's Content-Security-Policy forbids it, by its directive {facts.directive}.",
            f"Add {facts.url.partition(':')[0]}://{facts.host} to that directive.",
        )
    if isinstance(facts.error, SecurityError) and _mixed_content(facts)[0] == "ok":  # type: ignore[index]
        return "problem", f"The page's security rules forbid it: {facts.error}."
    return "ok", "The page's Content-Security-Policy has not forbidden it."


def _local_network(facts: Facts) -> Judgement:
    if facts.origin is None:
        return None
    if facts.permission is None or facts.state is None:
        return "ok", "The browser asks for no permission for this address."
    words = f"The browser's permission {facts.permission} for this address is {facts.state!r}"
    if not facts.failed or facts.state == "granted":
        return "ok", f"{words}."
    if facts.pending and facts.state == "prompt":
        return "problem", f"{words}: it may be asking its user.", "Answer the browser's question."
    return (
        "problem" if facts.state == "denied" else "unknown",
        f"{words}.",
        "Allow it in the browser's settings for this site. The page has to come over https:. A frame "
        f'needs <iframe allow="{facts.permission}">. A header Permissions-Policy must not forbid it.',
    )


def _connections(facts: Facts) -> Judgement:
    limit = next((number for part, number in LIMITS.items() if part in facts.agent), None)
    if limit is None:
        return None
    words = f"{facts.opened} others are open through this package; the browser allows {limit}."
    if facts.failed and facts.opened >= limit:
        return "problem", words, "Close connections that are not needed any more."
    return "ok", words


def _tls(facts: Facts) -> Judgement:
    look = f"Open {facts.http} in a tab: the browser shows what is wrong."
    if facts.tls_failed:
        return "problem", "TLS has failed: most likely the browser does not trust the certificate.", look
    if facts.other_answers:
        speaks, scheme = ("does not speak TLS", "ws:") if facts.secure else ("speaks TLS", "wss:")
        return "problem", f"The server at {facts.host} {speaks}.", f"Use {scheme}."
    if facts.secure and facts.answers is False:
        return (
            "unknown",
            "A certificate that the browser does not trust looks like a server that is down.",
            look,
        )
    return ("ok", "The browser trusts the certificate.") if facts.secure and facts.answers else None


def _server(facts: Facts) -> Judgement:
    if facts.unasked is not None:
        return (
            "unknown",
            "The page's Content-Security-Policy forbids to ask the server over HTTP.",
            f"To find out more, add {facts.http} to its directive {facts.unasked}.",
        )
    if facts.answers is None or facts.other_answers:
        return None
    if facts.answers:
        return "ok", f"Something answers over HTTP at {facts.http}."
    tls = ", or its certificate is not trusted" if facts.secure else ""
    return (
        "problem",
        f"Nothing answers over HTTP at {facts.http}: the server is down or can't be reached{tls}.",
        "Check host and port, that the server runs and listens on this address, and the firewall.",
    )


def _status(facts: Facts) -> Judgement:
    status = facts.status
    if not facts.answers:
        return None
    if not status:
        return "unknown", "The page may not see the status of the answer (CORS)."
    words = f"The server answers a plain request with {status}"
    if status in STATUSES or status >= 500:
        meaning = STATUSES.get(status, "it has a problem, or a proxy in front of it")
        return "problem", f"{words}: {meaning}.", "Look at the server's log."
    return "ok", f"{words}."


def _subprotocols(facts: Facts) -> Judgement:
    if facts.opens_without_subprotocols is None:
        return None
    if not facts.opens_without_subprotocols:
        return "unknown", "Without subprotocols it does not connect either."
    return (
        "problem",
        "The server selects none of the subprotocols offered. Without them it connects.",
        "Offer none, or let the server select one of them.",
    )


def _delay(facts: Facts) -> Judgement:
    if "Firefox/" not in facts.agent or not facts.pending or not facts.answers:
        return None
    return (
        "problem",
        "The server answers over HTTP at once, but not the handshake. Firefox delays an attempt after "
        "others have failed at this address, by up to a minute.",
        "Wait a minute, with an open_timeout of no less than 60 s.",
    )


def _connection(facts: Facts) -> Judgement:
    if facts.close is not None:
        code, reason = facts.close
        words = f"It opened, and was closed at once with code {code}{reason and f' ({reason})'}."
        if code in (1000, 1005):
            return "unknown", words
        return "problem", words, "Look at the server's log. The path or the token may be wrong."
    if not facts.failed:
        chosen = f" with the subprotocol {facts.protocol}" if facts.protocol else ""
        return "ok", f"It opened within {facts.seconds:.1f} s{chosen}."
    words = f"It was not open after {facts.seconds:.1f} s." if facts.pending else _why(facts.error)
    if not facts.answers or facts.pending:
        return "problem", words
    return (
        "problem",
        f"A server answers, but not with a WebSocket. {words}",
        "Look for the status of the handshake in the server's log, or in the network tab of the "
        "browser's developer tools. 401, 403: the token or the page's origin. 404: the path. 200, 400, "
        "502: a proxy that does not pass the upgrade on.",
    )


def _why(error: object) -> str:
    reason = str(error).rpartition(" could not be made: ")[2].partition("; see diagnose(")[0]
    if "the browser does not say" in reason:
        return "It failed, and the browser does not say why."
    return f"It failed: {reason}."


CHECKS: dict[str, Callable[[Facts], Judgement]] = {
    "URL": _url,
    "online": _online,
    "mixed content": _mixed_content,
    "policy": _policy,
    "local network": _local_network,
    "connections": _connections,
    "TLS": _tls,
    "server": _server,
    "status": _status,
    "subprotocols": _subprotocols,
    "delay": _delay,
    "connection": _connection,
}
"""The checks in the order of the findings. The first problem is the most likely cause."""
