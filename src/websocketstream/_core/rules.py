"""The standard's rules for URLs, subprotocols and messages, as pure functions.

They know nothing of connections or JavaScript: back ends resolve URLs against the page's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from ..errors import DOMSyntaxError

Message = str | bytes
"""A whole WebSocket message: ``str`` for text, ``bytes`` for binary."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_WELL_FORMED = re.compile(
    r"(?P<start>([a-z][a-z0-9+.-]*:)?//)([^/\\]*@)?(?P<rest>(\[[^]/]*]|[^:/\\@]+)(:\d*)?(/.*)?)",
    re.IGNORECASE | re.DOTALL,
)
_HOST = re.compile(r"[a-z+]+://(?:[^/?#]*@)?(?:\[([^]]*)]|([^/?#:]*))", re.IGNORECASE)
_LOOPBACK_HOST = re.compile(r"(?:.*\.)?localhost|127\.[0-9.]+|::1")
_IP_ADDRESS = re.compile(r"[0-9.]+|.*:.*")

LOOPBACK, LOCAL = "loopback-network", "local-network"
"""The permissions for addresses of this computer, and of the local network, as browsers name them."""

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def get_a_url_record(url: str, parse: Callable[[str], str | None]) -> str:
    """Return the absolute ``ws:`` or ``wss:`` URL to connect to.

    ``parse`` resolves a URL against the page's and serialises it; ``None``: it is not a URL.

    Raises:
        TypeError: ``url`` is not a string.
        DOMSyntaxError: it is not a URL that a WebSocket can connect to.

    Standard: WebSockets, "get a URL record".
    """
    if not isinstance(url, str):
        raise TypeError(f"url must be a str, not {type(url).__name__}")
    href = parse(url)
    if href is None:
        raise DOMSyntaxError(
            f"{redact(url)!r} is not a valid URL here: give an absolute one, such as wss://example.com/path"
        )
    scheme, _, rest = href.partition(":")
    if scheme not in _SCHEMES:
        raise DOMSyntaxError(f"{redact(url)!r} has the scheme {scheme!r}: use ws, wss, http or https")
    if "#" in rest:
        raise DOMSyntaxError(f"{redact(url)!r} has a fragment: a WebSocket URL can't, remove '#…'")
    return f"{_SCHEMES[scheme]}:{rest}"


def redact(url: str) -> str:
    """Return ``url`` without userinfo, query string and fragment, which may hold secrets."""
    bare = re.split("[?#]", url, maxsplit=1)[0]
    if "@" in url:
        well_formed = _WELL_FORMED.fullmatch(bare)
        if well_formed:
            bare = well_formed["start"] + well_formed["rest"]
        else:
            # A password may have a "/" or "?" in it: anything before an "@" may be part of one.
            bare = bare.rpartition("@")[2] if "@" in bare else "…"
    return bare + "?…" if "?" in url else bare


def validate_protocols(protocols: str | Iterable[str]) -> tuple[str, ...]:
    """Return the subprotocols to offer. One string is one subprotocol.

    Raises:
        TypeError, DOMSyntaxError: one is not a string, not a token, or given twice.

    Standard: WebSockets, the constructor's steps for ``protocols``.
    """
    names = (protocols,) if isinstance(protocols, str) else tuple(protocols)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"protocols must be strings, not {type(name).__name__}")
        if not _TOKEN.match(name):
            raise DOMSyntaxError(f"{name!r} is not a valid subprotocol: it must be an RFC 7230 token")
        if name in names[:index]:
            raise DOMSyntaxError(f"subprotocol {name!r} is given more than once")
    return names


def validate_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers for the opening handshake, in order.

    Raises:
        TypeError, ValueError: one is not valid. The message shows no value.

    Standard: RFC 9110, 5.1 and 5.5, "field names" and "field values".
    """
    fields = list(headers.items() if isinstance(headers, Mapping) else headers)
    for name, value in fields:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError("headers must be a mapping of str to str, or pairs of them")
        if not _TOKEN.match(name):
            raise ValueError(f"{name!r} is not a valid header name: it must be an RFC 9110 token")
        if not _FIELD_VALUE.fullmatch(value):
            raise ValueError(f"the value of the header {name} has a character that a header can't have")
    return fields


def resolve_url(url: str, base: str | None) -> str | None:
    """Return ``url``, resolved against ``base`` and serialised without a browser; ``None``: no URL."""
    # Here, because in Pyodide this import takes longer than that of the whole package.
    from urllib.parse import urljoin, urlsplit

    url = url.strip()
    try:
        parts = urlsplit(urljoin(base, url) if base and not urlsplit(url).scheme else url)
        host, _port = parts.hostname, parts.port  # an impossible port raises
    except ValueError:
        return None
    if not parts.scheme or (not host and parts.scheme in _SCHEMES):
        return None
    # urlsplit() does not tell an empty fragment from none; the standard does.
    mark = "#" if url.endswith("#") else ""
    return parts._replace(path=parts.path or "/").geturl() + mark


def address_space(url: str) -> str | None:
    """Return the permission that guards the host of ``url``; ``None`` for a public or unknown address.

    Only the browser knows which address a name has. Names with a fixed meaning, and those without a dot,
    are taken for what they usually are.

    Standard: Local Network Access, "IP address space".
    """
    found = _HOST.match(url)
    host = (found[1] or found[2]).lower() if found else ""
    if _LOOPBACK_HOST.fullmatch(host):
        return LOOPBACK
    if not _IP_ADDRESS.fullmatch(host):
        return LOCAL if host.endswith(".local") or (host and "." not in host) else None
    from ipaddress import ip_address  # Here, because few URLs need this slow import.

    try:
        address = ip_address(host)
    except ValueError:
        return None
    if address.is_loopback:
        return LOOPBACK
    return None if address.is_global else LOCAL


def needed_permission(url: str, page: str | None) -> str | None:
    """Return the permission that a page needs to connect to ``url``; ``None`` if it needs none.

    ``page``: the URL or origin of the page; ``None`` outside a browser, where nothing is asked for.
    """
    if page is None:
        return None
    target, source = address_space(url), address_space(page)
    return None if target == source or source == LOOPBACK else target


def to_message(chunk: object, foreign: Callable[[object], bytes | None]) -> Message:
    """Return ``chunk`` as a message, an immutable copy.

    ``foreign`` turns JavaScript's buffers into bytes, and returns ``None`` for anything else.

    Raises:
        TypeError: ``chunk`` is neither text nor bytes-like.
    """
    kind = type(chunk)
    if kind is bytes or (kind is str and chunk.isascii()):  # type: ignore[attr-defined]
        return chunk  # type: ignore[return-value]
    if isinstance(chunk, str):
        return _scalar_value_string(chunk)
    data = foreign(chunk)
    if data is not None:
        return data
    try:
        view = memoryview(chunk)  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):
        raise TypeError(
            f"a message must be a str or a bytes-like object, not {kind.__name__}: "
            "encode it first, for example with json.dumps()"
        ) from None
    with view:
        if "O" in view.format:
            raise TypeError(
                f"a message can't be made of Python objects: {kind.__name__} with dtype object"
            )
        return view.tobytes()


def _scalar_value_string(text: str) -> str:
    """Return ``text`` as a plain ``str`` in which lone surrogates have become U+FFFD."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return str.__str__(text)  # A subclass may have a __str__ of its own.


def size_of(message: Message) -> int:
    """Return the length of a message in bytes; text counts as UTF-8."""
    if isinstance(message, bytes) or message.isascii():
        return len(message)
    return len(message.encode("utf-8", "surrogatepass"))
