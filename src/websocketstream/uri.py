"""WebSocket URIs, as :mod:`websockets.uri` has them; its own where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlparse

from ._adopt import adopt
from .exceptions import InvalidURI

__all__ = ["WebSocketURI", "parse_uri"]

_DELIMITERS = ":/?#[]@!$&'()*+,;="


@dataclass
class WebSocketURI:
    """The parts of a ``ws:`` or ``wss:`` URI."""

    secure: bool
    host: str
    port: int
    path: str
    query: str
    username: str | None = None
    password: str | None = None

    @property
    def resource_name(self) -> str:
        """The path with the query string, as a request has it."""
        return (self.path or "/") + (f"?{self.query}" if self.query else "")

    @property
    def user_info(self) -> tuple[str, str] | None:
        """User name and password."""
        return None if self.username is None else (self.username, self.password or "")


def parse_uri(uri: str) -> WebSocketURI:
    """Take a URI apart.

    Raises:
        InvalidURI: it is not a WebSocket URI.
    """
    parsed = urlparse(uri)
    if parsed.scheme not in ("ws", "wss"):
        raise InvalidURI(uri, "scheme isn't ws or wss")
    if parsed.hostname is None:
        raise InvalidURI(uri, "hostname isn't provided")
    if parsed.fragment:
        raise InvalidURI(uri, "fragment identifier is meaningless")
    secure = parsed.scheme == "wss"
    host, path, query = parsed.hostname, parsed.path, parsed.query
    username, password = parsed.username, parsed.password
    if username is not None:
        if password is None:
            raise InvalidURI(uri, "username provided without password")
        username, password = unquote(username, errors="strict"), unquote(password, errors="strict")
    if not uri.isascii():
        host = host.encode("idna").decode()
        path, query = quote(path, safe=_DELIMITERS), quote(query, safe=_DELIMITERS)
    port = parsed.port or (443 if secure else 80)
    return WebSocketURI(secure, host, port, path, query, username, password)


adopt(globals())
