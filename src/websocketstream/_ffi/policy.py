"""The rules for a page: violations of its Content-Security-Policy, and permissions."""

from __future__ import annotations

from typing import Any

import js

from .._core.promise import Promise
from .proxies import Scope, call
from .values import js_object

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


class JsPermission:
    """A :class:`~websocketstream._core.transport.Permission`, such as ``"loopback-network"``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answered: Promise[None] = Promise()
        self._before: str | None = None
        self._js_status: Any = None
        js_permissions = getattr(getattr(js, "navigator", None), "permissions", None)
        if js_permissions is None:
            self.answered.resolve(None)
            return
        scope = Scope()

        def answer(js_status: Any) -> None:
            scope.close()
            self._js_status = js_status
            self._before = self.state
            self.answered.resolve(None)

        # A browser that does not know the permission rejects.
        js_answer = call(js_permissions.query, js_permissions, js_object(name=name))
        scope.when(js_answer, answer, lambda _error: answer(None))

    @property
    def state(self) -> str | None:
        return None if self._js_status is None else str(self._js_status.state)

    def was_asked_for(self) -> bool:
        before, self._before = self._before, self.state
        return "prompt" in (before, self._before)
