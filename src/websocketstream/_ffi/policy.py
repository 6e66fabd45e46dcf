"""Violations of the page's Content-Security-Policy."""

from __future__ import annotations

from typing import Any

import js

from .proxies import Scope

LIMIT = 100
"""Number of violations to remember; older ones are forgotten."""


class JsPolicyWatch:
    """A record of the URLs that the policy has forbidden, until :meth:`close`.

    A connection that ``connect-src`` forbids fails like any other. Only the event
    ``securitypolicyviolation`` shows the reason.
    """

    def __init__(self) -> None:
        self._violations: dict[str, str] = {}
        self._scope = Scope()
        self._js_listener = self._scope.keep(self._violated)
        if hasattr(js, "addEventListener"):  # Node's global object has no events, and no policy
            js.addEventListener("securitypolicyviolation", self._js_listener)

    def directive_against(self, url: str) -> str | None:
        """Return the directive that has forbidden ``url``, such as ``"connect-src"``; or ``None``."""
        return self._violations.get(url)

    def close(self) -> None:
        """Stop watching."""
        if hasattr(js, "removeEventListener"):
            js.removeEventListener("securitypolicyviolation", self._js_listener)
        self._scope.close()

    def _violated(self, js_event: Any) -> None:
        self._violations[str(js_event.blockedURI)] = str(js_event.effectiveDirective)
        while len(self._violations) > LIMIT:
            del self._violations[next(iter(self._violations))]
