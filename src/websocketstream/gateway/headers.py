"""Headers: what a page may send of those that a library wants to, and how to move the others.

A page can't set a header of a WebSocket handshake, so servers that are meant for browsers take a token
from the URL or from the list of subprotocols. ``install(headers_to=hook)`` has the hook called for each
handshake; it moves headers to where the server looks for them. Those that it leaves are refused:
nothing that was asked for is dropped in silence.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import quote_plus

from ..errors import NotSupportedError
from .http import Headers, Request

_SET_BY_THE_BROWSER = frozenset(
    "accept accept-encoding accept-language cache-control connection dnt host keep-alive pragma upgrade "
    "user-agent".split()
)
_DROPPED_FROM_FETCH = frozenset(
    "accept-charset accept-encoding connection content-length date dnt expect host keep-alive te trailer "
    "transfer-encoding upgrade user-agent via".split()
)
_FORBIDDEN_IN_FETCH = frozenset(
    "access-control-request-headers access-control-request-method cookie cookie2 origin referer "
    "set-cookie".split()
)


class Handshake:
    """A WebSocket handshake that a hook may change: URL, offered subprotocols, headers that are left."""

    def __init__(self, url: str, subprotocols: list[str], headers: Headers) -> None:
        self.url: str = url
        self.subprotocols = subprotocols
        self.headers = headers

    def add_to_query(self, name: str, value: str) -> None:
        """Add a parameter to the URL's query string."""
        separator = "&" if "?" in self.url else "?"
        self.url += f"{separator}{quote_plus(name)}={quote_plus(value)}"

    def take_bearer(self) -> str | None:
        """Remove ``Authorization: Bearer …`` and return the token; ``None`` if there is none."""
        return self.take_token("Bearer")

    def take_token(self, scheme: str) -> str | None:
        """Remove ``Authorization`` of this scheme and return the token; ``None`` if there is none."""
        given, _, token = self.headers.get("Authorization", "").partition(" ")
        if given.lower() != scheme.lower() or not token.strip():
            return None
        del self.headers["Authorization"]
        return token.strip()


HeadersHook = Callable[[Handshake], None]
"""Changes a :class:`Handshake` in place. The headers that it leaves are refused."""


def handshake_of(request: Request, url: str) -> Handshake:
    """Return the handshake of an upgrade request, without the headers that the browser sets itself."""
    headers = Headers(
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _SET_BY_THE_BROWSER
        and not name.lower().startswith("sec-websocket-")
        and not (name.lower() == "content-length" and value == "0")
    )
    return Handshake(url, request.headers.tokens("Sec-WebSocket-Protocol"), headers)


def check_sendable(handshake: Handshake) -> None:
    """Raise :class:`NotSupportedError` if the handshake has headers that a page can't send."""
    names = ", ".join(handshake.headers)
    if names:
        raise NotSupportedError(
            f"a page can't send these headers in a WebSocket handshake: {names}; move or drop them with "
            "install(headers_to=...)"
        )


def split_fetch_headers(headers: Headers) -> list[tuple[str, str]]:
    """Return the headers to give to ``fetch``, without those that the browser sets itself."""
    kept = []
    for name, value in headers.items():
        lower = name.lower()
        if lower in _FORBIDDEN_IN_FETCH:
            raise NotSupportedError(f"a page can't send the header {name}: leave it out")
        if lower not in _DROPPED_FROM_FETCH and not lower.startswith(("proxy-", "sec-")):
            kept.append((name, value))
    return kept


def in_query(names: Mapping[str, str]) -> HeadersHook:
    """Return a hook that puts headers into the query string: header name to parameter name."""

    def hook(handshake: Handshake) -> None:
        for header, parameter in names.items():
            token = handshake.take_bearer() if header.lower() == "authorization" else None
            value = handshake.headers.pop(header) if token is None else token
            if value is not None:
                handshake.add_to_query(parameter, value)

    return hook


def bearer_in_subprotocol(prefix: str, *, base64url: bool = False) -> HeadersHook:
    """Return a hook that offers the token of ``Authorization: Bearer …`` as a subprotocol."""

    def hook(handshake: Handshake) -> None:
        token = handshake.take_bearer()
        if token is not None:
            if base64url:
                token = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
            handshake.subprotocols.append(prefix + token)

    return hook


def openai(handshake: Handshake) -> None:
    """A hook for OpenAI's realtime API."""
    if "realtime" not in handshake.subprotocols:
        handshake.subprotocols.insert(0, "realtime")
    bearer_in_subprotocol("openai-insecure-api-key.")(handshake)
    for header in ("OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta"):
        value = handshake.headers.pop(header)
        if value is not None:
            handshake.subprotocols.append(f"{header.lower()}.{value.replace('=', '-')}")
    dropped("Content-Type", "X-Stainless-*")(handshake)


def deepgram(handshake: Handshake) -> None:
    """A hook for Deepgram's streaming APIs: the key, or the temporary token, as a subprotocol."""
    for scheme in ("token", "bearer"):
        token = handshake.take_token(scheme)
        if token is not None:
            handshake.subprotocols += [scheme, token]
    dropped("X-Fern-*", "x-deepgram-session-id")(handshake)


def google(handshake: Handshake) -> None:
    """A hook for Google's Gemini live API: the key, or the ephemeral token, in the query string."""
    token = handshake.take_token("Token")
    if token is not None:
        handshake.headers.pop("x-goog-api-key")  # the library sends the token there too
        handshake.add_to_query("access_token", token)
    in_query({"x-goog-api-key": "key"})(handshake)
    dropped("Content-Type", "x-goog-api-client")(handshake)


def kubernetes(handshake: Handshake) -> None:
    """A hook for the API server of Kubernetes: the bearer token as a subprotocol."""
    bearer_in_subprotocol("base64url.bearer.authorization.k8s.io.", base64url=True)(handshake)


def dropped(*names: str) -> HeadersHook:
    """Return a hook that leaves out headers that the server can do without.

    Args:
        names: the headers; ``"X-Fern-*"`` stands for all whose names begin so.
    """

    def hook(handshake: Handshake) -> None:
        for header in handshake.headers:
            if any(fnmatchcase(header.lower(), name.lower()) for name in names):
                del handshake.headers[header]

    return hook


def all_of(*hooks: HeadersHook) -> HeadersHook:
    """Return a hook that calls these hooks, one after the other."""

    def hook(handshake: Handshake) -> None:
        for each in hooks:
            each(handshake)

    return hook
