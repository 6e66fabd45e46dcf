"""``diagnose()``: the reason why a connection can't be made, as far as a page can find it out.

A browser does not tell a page why a connection has failed. So one is made, and if it fails, the facts
are collected that a page can know: its own security rules and permissions, and whether the server
answers over HTTP. :mod:`websocketstream._core.findings` says what they mean.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ._core.connection import Connection
from ._core.failures import TLS_FAILED
from ._core.findings import Facts, Finding, judge
from ._core.options import BackendName, ConnectionOptions
from ._core.outage import ask_over_http
from ._core.promise import Promise
from ._core.rules import get_a_url_record, needed_permission, redact, validate_protocols
from .errors import DOMSyntaxError, SecurityError, WebSocketError
from .stream import WebSocketStream
from .support import in_browser, resolve_backend

if TYPE_CHECKING:
    from ._core.transport import Backend, HeaderFields

__all__ = ["Diagnosis", "Finding", "diagnose"]

ASK_SECONDS = 2.0
"""Time in seconds that the server has to answer a question over HTTP."""

LATE = -1
"""The status of an answer that did not come in time."""

CLOSED_AT_ONCE = 0.5
"""Time in seconds within which a server closes a connection that it does not want."""

POLICY_SECONDS = 0.05
"""Delay after a failure, because the event that names the policy may come after it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings about one URL. It prints as text, and a notebook shows it as a table.

    Example::

        diagnosis = await diagnose(url)
        if diagnosis.cause is not None:
            print(diagnosis.cause.remedy)
    """

    url: str
    """The URL without user name, password, query and fragment."""
    findings: tuple[Finding, ...]
    """The outcome of each check that was made; those come first that explain more."""

    @property
    def cause(self) -> Finding | None:
        """The most likely cause of the failure; ``None`` if the connection works."""
        return next((finding for finding in self.findings if finding.result == "problem"), None)

    def __str__(self) -> str:
        lines = [self._summary()]
        for each in self.findings:
            lines.append(f"{each.result:7}  {each.check}: {each.words} {each.remedy}".rstrip())
        return "\n".join(lines)

    def _summary(self) -> str:
        return f"{self.url}: {'it works.' if self.cause is None else self.cause.words}"

    def _repr_html_(self) -> str:
        """Return the table that notebooks show."""
        from ._core.html import table

        rows = [(each.check, each.result, each.words, each.remedy) for each in self.findings]
        return table(self._summary(), ("check", "result", "finding", "remedy"), rows)


async def diagnose(
    url: str,
    *,
    protocols: str | Iterable[str] = (),
    headers: Mapping[str, str] | HeaderFields = (),
    backend: BackendName | Backend = "safe",
    timeout: float = 15,
) -> Diagnosis:
    """Find out why a connection can't be made, as far as a page can.

    It connects to ``url`` and closes again. If that fails, it looks at the rules and permissions of the
    page, and asks the server over HTTP. What it returns shows no user name, password or query string.
    Cancelling it closes what it has opened.

    Args:
        url: the URL, as for :class:`~websocketstream.WebSocketStream`.
        protocols: subprotocols to offer.
        headers: headers for the opening handshake, where they can be sent.
        backend: the back end to connect with.
        timeout: seconds for everything together.

    Returns:
        The findings, with the most likely cause.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: ``timeout`` is out of range, or a subprotocol is not valid.
        NotSupportedError: this environment can't connect, or can't send ``headers``.

    Example::

        from websocketstream import diagnose

        print(await diagnose("wss://example.com/refuse?status=403"))
    """
    ConnectionOptions(open_timeout=timeout)
    chosen = resolve_backend(backend)
    names = validate_protocols(protocols)
    try:
        record = get_a_url_record(url, chosen.parse_url)
    except DOMSyntaxError as error:
        return Diagnosis(redact(url), (Finding("URL", "problem", f"{error}.", "Correct the URL."),))
    options = {"headers": headers, "backend": chosen}
    facts = await _Examination(record, names, options, timeout).run()
    return Diagnosis(redact(record), judge(facts))


class _Examination:
    """The collection of facts about one URL, within a time limit."""

    def __init__(
        self, url: str, protocols: tuple[str, ...], options: dict[str, Any], timeout: float
    ) -> None:
        self._protocols = protocols
        self._options = options
        self._timeout = timeout
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + timeout
        self._facts = facts = Facts(url=url, opened=_count_connections())
        self._door = door = _door()
        if door is not None:
            facts.origin, facts.agent = door.page_origin(), door.user_agent()
            facts.online = door.is_online()
        self._policy: Any = None if door is None else door.JsPolicyWatch()

    async def run(self) -> Facts:
        facts = self._facts
        permission = self._options["backend"].permission(facts.url)
        try:
            if permission is not None:
                facts.permission = permission.name
                await self._settles(permission.answered, ASK_SECONDS)
            await self._connect(facts, self._timeout / 2, self._protocols)
            if permission is not None:
                facts.state = permission.state
            if self._policy is not None and facts.failed:
                await self._settles(Promise(), POLICY_SECONDS)
                facts.directive = self._policy.directive_against(facts.url)
            # The last check is the connection itself, which has failed.
            if facts.failed and not any(found.result == "problem" for found in judge(facts)[:-1]):
                await self._examine_server()
        finally:
            if self._policy is not None:
                self._policy.close()
        return facts

    async def _examine_server(self) -> None:
        facts = self._facts
        if self._protocols and not facts.pending:
            without = Facts(url=facts.url)
            await self._connect(without, self._timeout / 4, ())
            facts.opens_without_subprotocols = not without.failed
            if not without.failed:
                return
        if self._door is None:
            return
        # A question over HTTP might make the browser ask its user. Firefox does so only then.
        asks = facts.permission is None and needed_permission(facts.url, self._door.page_url())
        if asks or facts.state == "prompt":
            return
        # Without a user name and a password, which fetch refuses.
        url = facts.http + urlsplit(facts.url)._replace(scheme="", netloc="").geturl()
        status = await self._ask(url, "no-cors")
        if status is None:
            # A policy may allow the WebSocket but not the request.
            facts.unasked = self._policy.directive_against(url)
            if facts.unasked is not None:
                return
            facts.answers = False
            # A page that came over https: may not ask without TLS.
            if not (facts.secure and (facts.origin or "").startswith("https:")):
                other = f"http{'' if facts.secure else 's'}://{facts.host}"
                facts.other_answers = await self._ask(other, "no-cors") is not None
        elif status != LATE:
            facts.answers = True
            facts.status = max(0, status or await self._ask(url, "cors") or 0)

    async def _connect(self, facts: Facts, seconds: float, protocols: tuple[str, ...]) -> None:
        """Connect, close again, and note in ``facts`` what has happened."""
        begun = self._now()
        try:
            stream = WebSocketStream(facts.url, protocols=protocols, open_timeout=None, **self._options)
        except SecurityError as error:
            facts.error = error
            return
        try:
            facts.pending = not await self._settles(stream.opened, seconds)
            facts.seconds = self._now() - begun
            facts.error = stream.opened.exception()
            failure = stream.closed.exception()
            facts.tls_failed = isinstance(failure, WebSocketError) and failure.close_code == TLS_FAILED
            if not facts.failed:
                facts.protocol = stream.protocol
                if await self._settles(stream.closed, CLOSED_AT_ONCE):
                    end: Any = stream.closed.exception() or stream.closed.result()
                    facts.close = end.close_code, end.reason
                stream.close()
                await self._settles(stream.closed, CLOSED_AT_ONCE)
        finally:
            stream._connection.abandon("diagnose() has ended")

    async def _ask(self, url: str, mode: Literal["cors", "no-cors"]) -> int | None:
        """Ask over HTTP; return the status, 0 if it is hidden, ``None`` if nothing answers."""
        seconds = max(0.0, min(ASK_SECONDS, self._deadline - self._now()))
        begun = self._now()
        status = await ask_over_http(url, self._door.probe, mode, seconds=seconds)
        return LATE if status == 0 and self._now() - begun >= seconds else status

    async def _settles(self, promise: Promise[Any], seconds: float) -> bool:
        """Return whether the promise is settled within that time, and before the time limit."""
        ended: Promise[None] = Promise()
        promise.when_settled(lambda: ended.resolve(None))
        seconds = max(0.0, min(seconds, self._deadline - self._now()))
        cancel = self._options["backend"].call_later(seconds, lambda: ended.resolve(None))
        try:
            await ended
        finally:
            cancel()
        return promise.settled


def _count_connections() -> int:
    """Return the number of connections of this package that have not ended."""
    # Counted here, where it takes a moment, so that connections need not count themselves.
    return sum(not each.closed.settled for each in gc.get_objects() if type(each) is Connection)


def _door() -> Any:
    """Return the door to JavaScript; ``None`` outside a browser."""
    if not in_browser():
        return None
    from . import _ffi

    return _ffi
