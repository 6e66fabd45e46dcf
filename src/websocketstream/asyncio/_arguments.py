"""What becomes of each argument of ``connect()``: one table, read by the code, the docs and the tests.

The names are those of ``websockets``' two clients, with what they pass on to the event loop or to the
socket, and the few that only this package has.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import NotSupportedError


class Treatment(enum.Enum):
    """What becomes of an argument."""

    HONOURED = "honoured"
    NO_EFFECT = "without effect"
    REFUSED = "refused when set"


def _not_none(value: object) -> bool:
    return value is not None


@dataclass(frozen=True)
class Argument:
    """One argument: its treatment, what it means or why it can't be had, and what to do instead."""

    treatment: Treatment
    text: str
    remedy: str = ""
    is_set: Callable[[Any], bool] = _not_none
    """Whether a value counts as set, for those that are refused when set."""


def _honoured(text: str) -> Argument:
    return Argument(Treatment.HONOURED, text)


def _no_effect(text: str) -> Argument:
    return Argument(Treatment.NO_EFFECT, text)


def _refused(text: str, remedy: str, is_set: Callable[[Any], bool] = _not_none) -> Argument:
    return Argument(Treatment.REFUSED, text, remedy, is_set)


_BROWSERS_TLS = "the browser does TLS, with its own certificates"
_ACCEPT = "have the browser or the system trust the certificate, and leave it out"
_NO_SOCKETS = "a page has no sockets"
_IN_URI = "put host and port into the URI"
_PROXY = "the proxy is the browser's setting"

ASYNCIO: dict[str, Argument] = {
    "uri": _honoured("`ws:` or `wss:`"),
    "origin": _refused("the browser sends the page's origin", "have the server allow that origin"),
    "extensions": _refused("the browser negotiates extensions itself", "leave it out", bool),
    "subprotocols": _honoured("if the server selects none of them, the browser fails the connection"),
    "compression": _no_effect("the browser always offers permessage-deflate"),
    "additional_headers": _refused(
        "a page can't set headers; `User-Agent` alone is dropped",
        "map them to the URI or to subprotocols with `headers_to`",
        lambda headers: headers is not None and bool(list(headers)),
    ),
    "user_agent_header": _no_effect("the browser sends its own"),
    "proxy": _refused(_PROXY, "set it there", lambda proxy: isinstance(proxy, str)),
    "process_exception": _honoured("it gets `HandshakeFailed` where a status or network error would be"),
    "open_timeout": _honoured("in seconds; `None`: as long as the browser tries"),
    "ping_interval": _no_effect("a page can't ping; the browser answers the server's pings"),
    "ping_timeout": _no_effect("a page can't ping"),
    "close_timeout": _honoured("in seconds, counted from the last time that something unsent went out"),
    "reconnect_delays": _honoured("the seconds between attempts"),
    "max_size": _honoured("in bytes; of a pair, the limit for fragments is without effect"),
    "max_queue": _no_effect("what waits to be read is counted in bytes: `high_water_mark`"),
    "write_limit": _honoured("in bytes, besides 1 MiB; of a pair, the low mark is without effect"),
    "logger": _honoured("as there"),
    "create_connection": _honoured("a subclass of `ClientConnection`, or what makes one"),
    "ssl": _refused(_BROWSERS_TLS, _ACCEPT, lambda ssl: ssl is not None and ssl is not True),
    "server_hostname": _refused(_BROWSERS_TLS, _IN_URI),
    "ssl_handshake_timeout": _no_effect("`open_timeout` is the limit for all of it"),
    "ssl_shutdown_timeout": _no_effect("`close_timeout` is the limit for all of it"),
    "host": _refused("the browser connects to what the URI says", _IN_URI),
    "port": _refused("the browser connects to what the URI says", _IN_URI),
    "sock": _refused(_NO_SOCKETS, _IN_URI),
    "local_addr": _refused(_NO_SOCKETS, "leave it out"),
    "family": _no_effect("the browser looks up names"),
    "proto": _no_effect("the browser looks up names"),
    "flags": _no_effect("the browser looks up names"),
    "happy_eyeballs_delay": _no_effect("the browser looks up names"),
    "interleave": _no_effect("the browser looks up names"),
    "all_errors": _no_effect("the browser says of all errors the same"),
    "unix": _refused(_NO_SOCKETS, "connect to a TCP port", bool),
    "path": _refused(_NO_SOCKETS, "connect to a TCP port"),
    "proxy_ssl": _refused(_PROXY, "set it there"),
    "proxy_server_hostname": _refused(_PROXY, "set it there"),
    "proxy_ssl_handshake_timeout": _no_effect(_PROXY),
    "proxy_ssl_shutdown_timeout": _no_effect(_PROXY),
}
"""The arguments of ``websockets.asyncio.client.connect``."""

_SYNC_ONLY: dict[str, Argument] = {
    "legacy": _honoured("`False` gives a `reconnect`; there is no deprecation warning"),
    "ssl_context": ASYNCIO["ssl"],
    "address": _refused("the browser connects to what the URI says", _IN_URI),
    "timeout": _no_effect("`open_timeout` is the limit for all of it"),
    "source_address": _refused(_NO_SOCKETS, "leave it out"),
}

_ASYNCIO_ONLY = (
    *("write_limit", "host", "port", "local_addr", "family", "proto", "flags"),
    *("happy_eyeballs_delay", "interleave", "ssl_handshake_timeout", "ssl_shutdown_timeout"),
    *("proxy_ssl_handshake_timeout", "proxy_ssl_shutdown_timeout"),
)

SYNC: dict[str, Argument] = {
    **{name: argument for name, argument in ASYNCIO.items() if name not in _ASYNCIO_ONLY},
    **_SYNC_ONLY,
}
"""The arguments of ``connect`` and ``reconnect`` of ``websockets.sync.client``."""

OURS: dict[str, Argument] = {
    "backend": _honoured('as in `WebSocketStream`, but the default is `"safe"`'),
    "headers_to": _honoured("a function that maps headers to the URI or to subprotocols"),
    "high_water_mark": _honoured("as in `WebSocketStream`, for what is received"),
    "overflow": _honoured("as in `WebSocketStream`"),
}
"""The arguments that only this package has."""


def check(given: Mapping[str, Any], table: Mapping[str, Argument], handled: Container[str] = ()) -> None:
    """Raise if one of the given arguments can't be had in a browser.

    Args:
        handled: names that something takes care of, such as ``headers_to``.

    Raises:
        NotSupportedError: it is refused when set, and is set.
        TypeError: there is no such argument.
    """
    for name, value in given.items():
        argument = table.get(name)
        if argument is None:
            hint = "; it is additional_headers now" if name == "extra_headers" else ""
            raise TypeError(f"connect() got an unexpected keyword argument {name!r}{hint}")
        if argument.treatment is Treatment.REFUSED and argument.is_set(value) and name not in handled:
            raise refusal(name, argument)


def refusal(name: str, argument: Argument, which: str = "") -> NotSupportedError:
    """Return the error that refuses an argument; ``which`` says what of it."""
    text, remedy = argument.text.replace("`", ""), argument.remedy.replace("`", "")
    return NotSupportedError(f"{name}{which} can't be had in a browser: {text}. Instead: {remedy}")
