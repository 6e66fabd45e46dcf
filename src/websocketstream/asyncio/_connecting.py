"""What both clients do with the arguments of ``connect()``: check them, use them, try again."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Protocol

from .._connection import Overflow
from .._rules import validate_protocols
from .._transport import Backend
from ..datastructures import Headers, HeadersLike
from ..handshake import Handshake, HeadersHook
from ..support import BackendName
from ..typing import LoggerLike
from ._arguments import ASYNCIO, OURS, Argument, check, refusal
from ._protocol import ClientProtocol, parse


class Opening:
    """Checks the arguments when it is made; makes what a connection starts from for each attempt."""

    def __init__(
        self,
        uri: str,
        table: Mapping[str, Argument],
        others: Mapping[str, Any],
        *,
        additional_headers: HeadersLike | None,
        headers_to: HeadersHook | None,
        subprotocols: Sequence[str] | None,
        compression: str | None,
        max_size: int | tuple[int | None, int | None] | None,
        logger: LoggerLike,
        backend: BackendName | Backend,
        high_water_mark: int,
        overflow: Overflow,
    ) -> None:
        self.ws_uri = parse(uri)
        if not self.ws_uri.secure and (others.get("ssl") or others.get("ssl_context")):
            raise ValueError("ssl argument is incompatible with a ws:// URI")
        if subprotocols is not None and (
            not isinstance(subprotocols, Sequence) or isinstance(subprotocols, str)
        ):
            raise TypeError("subprotocols must be a list")
        if compression not in (None, "deflate"):
            raise ValueError(f"unsupported compression: {compression}")
        check(others, {**table, **OURS})
        self._subprotocols = validate_protocols(subprotocols or ())
        self._headers_to = headers_to
        self._max_size = max_size
        self._logger = logger
        self._backend = backend
        self._high_water_mark = high_water_mark
        self._overflow = overflow
        if headers_to is None:
            self._place_headers(uri, additional_headers)

    def protocol(self, uri: str, additional_headers: HeadersLike | None) -> ClientProtocol:
        """Return what a connection is made of, with the headers moved to where they may be."""
        handshake = self._place_headers(uri, additional_headers)
        return ClientProtocol(
            handshake.uri,
            subprotocols=validate_protocols(handshake.subprotocols),
            max_size=self._max_size,
            logger=self._logger,
            backend=self._backend,
            high_water_mark=self._high_water_mark,
            overflow=self._overflow,
        )

    def _place_headers(self, uri: str, additional_headers: HeadersLike | None) -> Handshake:
        """Have the hook move the headers.

        Raises:
            NotSupportedError: there are some left.
        """
        headers = Headers() if additional_headers is None else Headers(additional_headers)
        if "User-Agent" in headers:
            del headers["User-Agent"]
        handshake = Handshake(uri, list(self._subprotocols), headers)
        if self._headers_to is not None:
            self._headers_to(handshake)
        if handshake.headers:
            names = ", ".join(handshake.headers)
            which = f" ({names})" + (" that headers_to has left" if self._headers_to else "")
            raise refusal("additional_headers", ASYNCIO["additional_headers"], which)
        return handshake


class Connecter(Protocol):
    """What ``connect()`` was told about it."""

    process_exception: Callable[[Exception], Exception | None]
    reconnect_delays: Callable[[], Generator[float]]
    logger: LoggerLike


class Retrying:
    """The delays of one iteration over ``connect()``."""

    def __init__(self, connecter: Connecter) -> None:
        self._connecter = connecter
        self._delays: Generator[float] | None = None

    def succeeded(self) -> None:
        """Start the delays anew."""
        self._delays = None

    def failed(self, exc: Exception) -> float:
        """Return how many seconds to wait before the next attempt, or raise what ends it all."""
        try:
            verdict = self._connecter.process_exception(exc)
        except Exception as raised:
            verdict = raised
        if verdict is exc:
            raise exc
        if verdict is not None:
            raise verdict from exc
        if self._delays is None:
            self._delays = self._connecter.reconnect_delays()
        delay = next(self._delays)
        reason = traceback.format_exception_only(exc)[0].strip()
        self._connecter.logger.info("connect failed; reconnecting in %.1f seconds: %s", delay, reason)
        return delay
