"""Getting past what a browser does not let a page do in the handshake: headers.

A page can't set a header, so servers that are meant for browsers take a token from the URL or from
the list of subprotocols. ``connect(..., additional_headers=..., headers_to=hook)`` calls the hook
before each attempt to connect; it moves headers to where the server looks for them. Headers that it
leaves are refused: nothing that was asked for is dropped in silence.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from .datastructures import Headers

__all__ = [
    "Handshake",
    "HeadersHook",
    "all_of",
    "bearer_in_subprotocol",
    "dropped",
    "in_query",
    "openai",
]


class Handshake:
    """What a hook may change: the URI, the subprotocols that are offered, the headers that are left."""

    def __init__(self, uri: str, subprotocols: list[str], headers: Headers) -> None:
        self.uri: str = uri
        self.subprotocols = subprotocols
        self.headers = headers

    def add_to_query(self, name: str, value: str) -> None:
        """Add a parameter to the URI's query string."""
        separator = "&" if "?" in self.uri else "?"
        self.uri += f"{separator}{quote_plus(name)}={quote_plus(value)}"

    def take_bearer(self) -> str | None:
        """Take the token out of ``Authorization: Bearer …``; ``None`` if there is none."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        del self.headers["Authorization"]
        return token.strip()


HeadersHook = Callable[[Handshake], None]
"""Changes a :class:`Handshake` in place. What it leaves in ``headers`` is refused."""


def in_query(names: Mapping[str, str]) -> HeadersHook:
    """Return a hook that puts headers into the query string: header name to parameter name.

    Of ``Authorization: Bearer …`` only the token goes there. Mind that URLs end up in server logs.
    """

    def hook(handshake: Handshake) -> None:
        for header, parameter in names.items():
            token = handshake.take_bearer() if header.lower() == "authorization" else None
            value = handshake.headers.pop(header, None) if token is None else token
            if value is not None:
                handshake.add_to_query(parameter, value)

    return hook


def bearer_in_subprotocol(prefix: str, *, base64url: bool = False) -> HeadersHook:
    """Return a hook that offers the token of ``Authorization: Bearer …`` as a subprotocol.

    The server has to select one of the subprotocols that are offered; usually it selects another one
    than this, so offer that too.

    Args:
        prefix: what the server wants before the token, such as
            ``"base64url.bearer.authorization.k8s.io."`` of Kubernetes.
        base64url: whether to encode the token, for servers that want it so. Tokens with characters
            that no subprotocol can have need it.
    """

    def hook(handshake: Handshake) -> None:
        token = handshake.take_bearer()
        if token is not None:
            if base64url:
                token = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
            handshake.subprotocols.append(prefix + token)

    return hook


def openai(handshake: Handshake) -> None:
    """A hook for OpenAI's realtime API: key, organisation, project and beta flag as subprotocols."""
    if "realtime" not in handshake.subprotocols:
        handshake.subprotocols.insert(0, "realtime")
    bearer_in_subprotocol("openai-insecure-api-key.")(handshake)
    for header in ("OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta"):
        value = handshake.headers.pop(header, None)
        if value is not None:
            handshake.subprotocols.append(f"{header.lower()}.{value.replace('=', '-')}")


def dropped(*names: str) -> HeadersHook:
    """Return a hook that leaves out headers that the server can do without."""

    def hook(handshake: Handshake) -> None:
        for name in names:
            if name in handshake.headers:
                del handshake.headers[name]

    return hook


def all_of(*hooks: HeadersHook) -> HeadersHook:
    """Return a hook that calls these hooks, one after the other."""

    def hook(handshake: Handshake) -> None:
        for each in hooks:
            each(handshake)

    return hook
