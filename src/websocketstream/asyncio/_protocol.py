"""What a connection is made of before it is made, and what it tells of itself afterwards.

Stands where ``websockets`` has its protocol object, with the attributes of that one that a page can
have an answer for. It moves no bytes: the browser does.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

from .._connection import Overflow
from .._rules import get_a_url_record, redact
from .._transport import Backend
from ..datastructures import Headers
from ..errors import DOMSyntaxError
from ..exceptions import ConnectionClosed, InvalidURI
from ..frames import Close, CloseCode
from ..http11 import Request, Response
from ..protocol import State
from ..support import BackendName, select_backend
from ..typing import LoggerLike, Subprotocol
from ..uri import WebSocketURI, parse_uri
from ._link import Link


class ClientProtocol:
    """One connection to be: where to, and with what."""

    def __init__(
        self,
        uri: str,
        *,
        subprotocols: Sequence[str],
        max_size: int | tuple[int | None, int | None] | None,
        logger: LoggerLike,
        backend: BackendName | Backend,
        high_water_mark: int,
        overflow: Overflow,
    ) -> None:
        self.uri: WebSocketURI = parse(uri)
        self.id: uuid.UUID = uuid.uuid4()
        self.logger: LoggerLike = logger
        self.debug: bool = logger.isEnabledFor(logging.DEBUG)
        self.subprotocol: Subprotocol | None = None
        self.extensions: list[str] = []
        """The names of the extensions that were agreed on."""
        self.max_message_size: int | None = max_size if isinstance(max_size, int | None) else max_size[0]
        self._subprotocols = tuple(subprotocols)
        self._backend: Backend = select_backend(backend) if isinstance(backend, str) else backend
        try:
            self._url = get_a_url_record(uri, self._backend.parse_url)
        except DOMSyntaxError as error:
            raise InvalidURI(redact(uri), str(error)) from None
        self._high_water_mark = high_water_mark
        self._overflow = overflow
        self._link: Link | None = None

    @property
    def link(self) -> Link:
        """The connection itself, once it was started."""
        assert self._link is not None, "the connection was not started yet"
        return self._link

    def start(self, *, close_timeout: float | None, write_limit: int) -> Link:
        """Make the connection, which does not connect yet."""
        self._link = Link(
            self._url,
            self._subprotocols,
            backend=self._backend,
            high_water_mark=self._high_water_mark,
            overflow=self._overflow,
            close_timeout=close_timeout,
            write_limit=write_limit,
            max_size=self.max_message_size,
        )
        return self._link

    def request(self) -> Request:
        """Return the request, as far as a page knows it."""
        host, port = self.uri.host, self.uri.port
        host = f"[{host}]" if ":" in host else host
        default = 443 if self.uri.secure else 80
        headers = Headers({"Host": host if port == default else f"{host}:{port}"})
        headers["Upgrade"] = "websocket"
        headers["Connection"] = "Upgrade"
        if self._subprotocols:
            headers["Sec-WebSocket-Protocol"] = ", ".join(self._subprotocols)
        return Request(self.uri.resource_name, headers)

    def opened(self, subprotocol: str, extensions: str) -> Response:
        """Take note of what the handshake agreed on; return the response, as far as it is known."""
        self.subprotocol = Subprotocol(subprotocol) if subprotocol else None
        self.extensions = [
            name for part in extensions.split(",") if (name := part.split(";")[0].strip())
        ]
        headers = Headers({"Upgrade": "websocket", "Connection": "Upgrade"})
        if subprotocol:
            headers["Sec-WebSocket-Protocol"] = subprotocol
        if extensions:
            headers["Sec-WebSocket-Extensions"] = extensions
        return Response(101, "Switching Protocols", headers)

    @property
    def state(self) -> State:
        """The state of the connection."""
        return State.CONNECTING if self._link is None else self._link.close_state

    @property
    def close_code(self) -> int | None:
        """The code that was received, 1006 if none was; ``None`` until the connection has closed."""
        if self.state is not State.CLOSED:
            return None
        return CloseCode.ABNORMAL_CLOSURE if self.close_rcvd is None else self.close_rcvd.code

    @property
    def close_reason(self) -> str | None:
        """The reason that was received; ``None`` until the connection has closed."""
        if self.state is not State.CLOSED:
            return None
        return "" if self.close_rcvd is None else self.close_rcvd.reason

    @property
    def close_rcvd(self) -> Close | None:
        """The Close frame that was received."""
        return self.link.close_rcvd

    @property
    def close_sent(self) -> Close | None:
        """The Close frame that was sent."""
        return self.link.close_sent

    @property
    def close_rcvd_then_sent(self) -> bool | None:
        """Which of the two came first."""
        return self.link.close_rcvd_then_sent

    @property
    def close_exc(self) -> ConnectionClosed:
        """What to raise once the connection has closed."""
        assert self.state is State.CLOSED, "connection isn't closed yet"
        return self.link.close_exc


def parse(uri: str) -> WebSocketURI:
    """Take a URI apart. The error shows neither userinfo nor the query string.

    Raises:
        InvalidURI: it is not a WebSocket URI.
    """
    try:
        return parse_uri(uri)
    except InvalidURI as error:
        raise InvalidURI(redact(uri), error.msg) from None
