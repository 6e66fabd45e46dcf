"""The table of routes: what each path does, which query parameters it takes, their defaults.

Handlers enter themselves with a decorator; the server, the command line, the docs and the tests
read `ROUTES`. Standard library only, so that fakes can run the well-behaved handlers without a
network.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from .journal import Journal
from .payload import KINDS


@dataclass(frozen=True, slots=True)
class Query:
    """What a URL asks of its route. Each route says which of these it takes, and its defaults."""

    id: str = ""
    compress: bool = True
    settled: bool = False
    count: int = 50
    size: int = 10
    kind: str = "text"
    delay_ms: int = 0
    code: int | None = None
    reason: str = ""
    close: bool = True
    chunk: int = 0
    total: int = 0
    after: int = 0
    status: int = 403
    wait: str = "end"
    messages: int = 0
    data: str = ""
    window: int = 0
    token: str = ""
    room: str = ""
    cors: bool = False


EVERYWHERE = ("id", "compress", "settled")
"""Parameters that every route takes."""


class Request(Protocol):
    """The part of a handshake request that well-behaved handlers read."""

    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Socket(Protocol):
    """All that a well-behaved handler may use, so that a fake can stand in for the network.

    Iterating ends when the connection does, however it ends. Only /journal reads `journal`, and only
    /chat calls `broadcast`.
    """

    @property
    def request(self) -> Request: ...
    @property
    def subprotocol(self) -> str | None: ...
    @property
    def journal(self) -> Journal: ...
    def __aiter__(self) -> AsyncIterator[str | bytes]: ...
    async def recv(self) -> str | bytes: ...
    async def send(self, message: str | bytes) -> None: ...
    def broadcast(self, message: str | bytes) -> None: ...
    async def close(self, code: int | None = 1000, reason: str = "") -> None: ...


Handler = Callable[[Any, Query], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table.

    `group` is "plain", "raw" (misbehaves after the handshake) or "handshake" (misbehaves in it).
    Handlers of plain routes take a `Socket`, the others the server's own connection class.
    """

    path: str
    group: str
    doc: str
    takes: tuple[str, ...]
    defaults: Query
    handler: Handler
    on_request: Callable[[Any, Query], Awaitable[Any]] | None = None
    on_response: Callable[[Any, Query], None] | None = None
    corked: bool = False
    recorded: bool = True

    def parse(self, query_string: str) -> Query:
        """The typed query, or ValueError for a parameter that is unknown or makes no sense."""
        given: dict[str, Any] = {}
        for name, value in parse_qsl(query_string, keep_blank_values=True):
            if name not in (*self.takes, *EVERYWHERE):
                takes = ", ".join((*self.takes, *EVERYWHERE))
                raise ValueError(f"{self.path} takes {takes}, not {name!r}")
            given[name] = PARSERS[name](value)
        return replace(self.defaults, **given)

    def usage(self) -> str:
        """The route as a URL with its defaults, those that every route takes left out."""
        pairs = [f"{name}={_shown(getattr(self.defaults, name))}" for name in self.takes]
        return self.path + ("?" + "&".join(pairs) if pairs else "")


ROUTES: dict[str, Route] = {}


def register(
    path: str, group: str, doc: str | None, handler: Handler, *, hooks: Any, defaults: Any
) -> None:
    """Enter one route; `hooks` are fields of Route, `defaults` the parameters it takes."""
    assert path not in ROUTES, f"{path} is there already"
    assert doc, f"{path} needs a docstring"
    ROUTES[path] = Route(
        path=path,
        group=group,
        doc=" ".join(doc.split()),
        takes=tuple(defaults),
        defaults=Query(**defaults),
        handler=handler,
        **hooks,
    )


def route[H: Callable[..., Awaitable[None]]](
    path: str, *, corked: bool = False, recorded: bool = True, **defaults: Any
) -> Callable[[H], H]:
    """Enter a well-behaved handler.

    A corked route holds all it writes, the handshake response too, until its Close frame is there.
    A route that is not recorded leaves ``?id=`` to its handler.
    """

    def enter(handler: H) -> H:
        hooks = {"corked": corked, "recorded": recorded}
        register(path, "plain", handler.__doc__, handler, hooks=hooks, defaults=defaults)
        return handler

    return enter


OWN_PART = re.compile(r"^/@[^/]*")


def find(target: str) -> tuple[Route, Query]:
    """The route and the query of a request target; LookupError for an unknown path.

    A first part of the path that begins with an @ is ignored. With it a test can give each of its
    connections a path of its own: Firefox delays connections to a path where others have failed.
    """
    url = urlsplit(target)
    path = OWN_PART.sub("", url.path)
    if path not in ROUTES:
        raise LookupError(f"no route {path}; there are {', '.join(sorted(ROUTES))}")
    found = ROUTES[path]
    return found, found.parse(url.query)


def _number(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number


def _flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError(f"{value!r} is neither 0 nor 1")
    return value == "1"


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is none of {', '.join(choices)}")
        return value

    return parse


def _wait(value: str) -> str:
    return _one_of("no", "open", "close", "end")({"0": "no", "1": "end"}.get(value, value))


def _shown(value: object) -> str:
    return "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


PARSERS: dict[str, Callable[[str], Any]] = {
    **{field.name: {bool: _flag, int: _number}.get(type(field.default), str) for field in fields(Query)},
    "code": lambda value: _number(value) if value else None,
    "kind": _one_of(*KINDS),
    "wait": _wait,
}
"""How each parameter is read."""
