"""Hooks that move the headers of a WebSocket handshake to a place where a page can send them.

A page can't set a header of a WebSocket handshake, so servers that are meant for browsers take a token
from the URL or from the list of subprotocols instead. A hook, given as ``install(headers_to=hook)``, is
called for each handshake and moves headers to the place where the server looks for them. A header that
is left after that is refused with :class:`~websocketstream.NotSupportedError`: nothing that a program
asks for is dropped silently. Only headers that the browser sets itself are left out.

URLs end up in the logs of servers and proxies, so prefer tokens that expire soon.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import quote, urlsplit

from ..errors import NotSupportedError
from .http import Headers, Request

__all__ = [
    "Handshake",
    "HeadersHook",
    "all_of",
    "bearer_in_subprotocol",
    "deepgram",
    "dropped",
    "google",
    "in_query",
    "kubernetes",
    "openai",
]

# Headers that are left out: the browser sets them itself, or they are about the connection or a body, or
# they only describe the client.
_BY_BROWSER = "accept-(charset|encoding)|connection|dnt|host|keep-alive|sec-.*|upgrade|user-agent"
_NOT_IN_HANDSHAKES = re.compile(
    f"{_BY_BROWSER}|accept|accept-language|cache-control|content-type|pragma|upgrade-insecure-requests",
    re.IGNORECASE,
)
_NOT_IN_FETCH = re.compile(
    f"{_BY_BROWSER}|content-length|date|expect|proxy-.*|te|trailer|transfer-encoding|via", re.IGNORECASE
)
_OWN = {
    "cookie": "the browser sends its own cookies for the server's host",
    "origin": "the browser sends the page's own",
    "referer": "the browser sends the page's own",
}
# A ready-made hook is the remedy if its pattern is in the host, the header's name or a subprotocol.
_READY = re.compile(
    r"(?P<openai>api\.openai\.com|openai-)|(?P<deepgram>api\.deepgram\.com)"
    r"|(?P<google>googleapis\.com|x-goog-)|(?P<kubernetes>\.k8s\.io)"
)


class Handshake:
    """The parts of an opening handshake that a hook may change.

    Attributes:
        url: the ``ws:`` or ``wss:`` URL.
        subprotocols: the subprotocols that are offered, in order of preference.
        headers: the headers that the browser does not set itself.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import Handshake

        def room_to_query(handshake: Handshake) -> None:
            room = handshake.headers.pop("X-Room")
            if room is not None:
                handshake.add_to_query("room", room)

        websocketstream.install(headers_to=room_to_query)
    """

    def __init__(self, url: str, subprotocols: list[str], headers: Headers) -> None:
        self.url: str = url
        self.subprotocols = subprotocols
        self.headers = headers

    def add_to_query(self, name: str, value: str) -> None:
        """Add a parameter to the URL's query string; name and value are percent-encoded."""
        separator = "&" if "?" in self.url else "?"
        self.url += f"{separator}{quote(name, safe='')}={quote(value, safe='')}"

    def take_token(self, scheme: str = "Bearer") -> str | None:
        """Remove ``Authorization: <scheme> <token>`` and return the token.

        If there is no such header, or it has another scheme, nothing is removed and ``None`` is
        returned.
        """
        given, _, token = (self.headers.get("Authorization") or "").partition(" ")
        token = token.strip()
        if given.lower() != scheme.lower() or not token:
            return None
        del self.headers["Authorization"]
        return token


HeadersHook = Callable[[Handshake], None]
"""A function that changes a :class:`Handshake` in place. Headers that it leaves are refused."""


def handshake_of(request: Request, url: str) -> Handshake:
    """Return the handshake of a request to upgrade, without the headers that the browser sets itself."""
    headers = Headers(
        (name, value)
        for name, value in request.headers.items()
        if not _NOT_IN_HANDSHAKES.fullmatch(name) and (name.lower(), value) != ("content-length", "0")
    )
    return Handshake(url, request.headers.tokens("Sec-WebSocket-Protocol"), headers)


def check_sendable(handshake: Handshake) -> None:
    """Check that hooks have left no header.

    Raises:
        NotSupportedError: a header is left. The message has the names and the remedy, but no values.
    """
    left = [f"{name} ({_remedy(name, handshake)})" for name in handshake.headers]
    if left:
        raise NotSupportedError(
            f"a page can't send these headers with a WebSocket handshake: {', '.join(left)}. "
            f"Give install(headers_to=...) the hook in parentheses, from {__name__}"
        )


def _remedy(name: str, handshake: Handshake) -> str:
    own = _OWN.get(name.lower())
    if own:
        return f'dropped("{name}"), {own}'
    host = urlsplit(handshake.url).hostname
    ready = _READY.search(f"{host} {name.lower()} {' '.join(handshake.subprotocols)}")
    if ready:
        return str(ready.lastgroup)
    if name.lower() == "authorization":
        return 'in_query({"Authorization": "token"}) or bearer_in_subprotocol("bearer.")'
    return f'in_query({{"{name}": "parameter"}}) if the server accepts that, or dropped("{name}")'


def split_fetch_headers(headers: Headers) -> list[tuple[str, str]]:
    """Return the headers to give to ``fetch()``, without those that the browser sets itself.

    Raises:
        NotSupportedError: there is a header that a page can't set and a server acts upon.
    """
    for name in headers:
        if name.lower() in _OWN:
            raise NotSupportedError(
                f"a page can't send the header {name} with an HTTP request: {_OWN[name.lower()]}; "
                "leave it out"
            )
    return [(name, value) for name, value in headers.items() if not _NOT_IN_FETCH.fullmatch(name)]


def in_query(names: Mapping[str, str]) -> HeadersHook:
    """Return a hook that puts headers into the query string.

    Args:
        names: the parameter for each header. Of ``Authorization: Bearer …`` only the token is sent.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import in_query

        hook = in_query({"Authorization": "access_token", "X-Room": "room"})
        websocketstream.install(headers_to=hook)
    """

    def hook(handshake: Handshake) -> None:
        for header, parameter in names.items():
            token = handshake.take_token() if header.lower() == "authorization" else None
            value = token or handshake.headers.pop(header)
            if value is not None:
                handshake.add_to_query(parameter, value)

    return hook


def bearer_in_subprotocol(prefix: str, *, base64url: bool = False) -> HeadersHook:
    """Return a hook that offers the token of ``Authorization: Bearer …`` as a subprotocol.

    The server has to select one of the subprotocols that are offered, and rarely selects the one with
    the token. So let the library offer the subprotocol that the server does select as well.

    Args:
        prefix: what the server expects before the token.
        base64url: whether to encode the token, for servers that expect it so, and for tokens with
            characters that a subprotocol can't have.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import bearer_in_subprotocol

        websocketstream.install(headers_to=bearer_in_subprotocol("bearer."))
    """

    def hook(handshake: Handshake) -> None:
        token = handshake.take_token()
        if token is not None:
            if base64url:
                token = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
            handshake.subprotocols.append(prefix + token)

    return hook


def openai(handshake: Handshake) -> None:
    """Move the headers for OpenAI's realtime API (key, organisation, project, beta) to subprotocols.

    Give the page an ephemeral key, never one of the account's keys.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import openai

        websocketstream.install(headers_to=openai)
        # Then as everywhere: AsyncOpenAI(api_key=ephemeral_key).realtime.connect(…)
    """
    if "realtime" not in handshake.subprotocols:
        handshake.subprotocols.insert(0, "realtime")
    bearer_in_subprotocol("openai-insecure-api-key.")(handshake)
    for header in ("OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta"):
        value = handshake.headers.pop(header)
        if value is not None:
            handshake.subprotocols.append(f"{header.lower()}.{value.replace('=', '-')}")
    dropped("X-Stainless-*")(handshake)


def deepgram(handshake: Handshake) -> None:
    """Move the API key, or the temporary token, for Deepgram's streaming APIs to subprotocols.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import deepgram

        websocketstream.install(headers_to=deepgram)
        # Then as everywhere: AsyncDeepgramClient(access_token=temporary_token)
    """
    for scheme in ("token", "bearer"):
        token = handshake.take_token(scheme)
        if token is not None:
            handshake.subprotocols += [scheme, token]
    dropped("X-Fern-*", "X-Deepgram-Session-Id")(handshake)


def google(handshake: Handshake) -> None:
    """Move the API key, or the ephemeral token, for Google's Gemini Live API to the query string.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import google

        websocketstream.install(headers_to=google)
        # Then as everywhere: genai.Client(api_key=ephemeral_token, …)
    """
    token = handshake.take_token("Token")
    if token is not None:
        handshake.headers.pop("x-goog-api-key")  # the library sends the token there too
        handshake.add_to_query("access_token", token)
    in_query({"x-goog-api-key": "key"})(handshake)
    dropped("x-goog-api-client")(handshake)


def kubernetes(handshake: Handshake) -> None:
    """Move the bearer token for the API server of Kubernetes to a subprotocol.

    The API server demands that another subprotocol is offered as well. Libraries offer
    ``v4.channel.k8s.io`` for ``exec`` and ``attach``.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import kubernetes

        websocketstream.install(headers_to=kubernetes)
        # Then as everywhere: CoreV1Api(WsApiClient(configuration))
    """
    bearer_in_subprotocol("base64url.bearer.authorization.k8s.io.", base64url=True)(handshake)


def dropped(*names: str) -> HeadersHook:
    """Return a hook that drops headers, for those that the server can do without.

    Args:
        names: the headers, in any case; ``"X-Client-*"`` stands for all whose names begin with that.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import dropped

        websocketstream.install(headers_to=dropped("Origin", "X-Client-*"))
    """

    def hook(handshake: Handshake) -> None:
        for header in handshake.headers:
            if any(fnmatchcase(header.lower(), name.lower()) for name in names):
                handshake.headers.pop(header)

    return hook


def all_of(*hooks: HeadersHook) -> HeadersHook:
    """Return a hook that calls several hooks, one after the other.

    Example::

        import websocketstream
        from websocketstream.gateway.headers import all_of, dropped, openai

        websocketstream.install(headers_to=all_of(openai, dropped("Origin")))
    """

    def hook(handshake: Handshake) -> None:
        for each in hooks:
            each(handshake)

    return hook
