"""The server's side of HTTP/1.1: reads a library's requests and answers them.

A request to upgrade becomes a WebSocket, any other a ``fetch``. One connection carries many requests,
one after the other, as a server's does.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from http import HTTPStatus

from .._rules import redact
from ..errors import NotSupportedError
from .fetch import FetchExchange
from .http import END, HTTPViolation, NotHTTP, Request, RequestReader, response_head
from .options import Options
from .transport import GatewayTransport
from .upgrade import WebSocketUpgrade

logger = logging.getLogger("websocketstream")


class ServerConnection:
    """The far end of a transport, until a request is upgraded."""

    def __init__(
        self, transport: GatewayTransport, authority: str, secure: bool, options: Options
    ) -> None:
        self.transport = transport
        self._authority = authority
        self._secure = secure
        self._options = options
        self._reader = RequestReader()
        self._requests: deque[tuple[Request, bytearray]] = deque()
        self._request: Request | None = None
        self._body = bytearray()
        self._exchange: FetchExchange | WebSocketUpgrade | None = None

    # What the transport asks for.

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if isinstance(self._exchange, WebSocketUpgrade):
            self._exchange.receive(data)
            return
        try:
            parts = self._reader.feed(data)
        except NotHTTP as error:
            raise NotSupportedError(str(error)) from None
        for part in parts:
            if isinstance(part, Request):
                self._begin(part)
            elif isinstance(part, HTTPViolation):
                self.refuse(part.status, part.reason)
            elif part is END:
                self._requests.append((self._require_request(), self._body))
                self._start_next()
            else:
                self._body += part

    @property
    def buffered_amount(self) -> int:
        return 0

    def set_send_marks(self, high: int, low: int) -> None:
        """Requests are small, and answered one at a time."""

    def resume(self) -> None:
        if self._exchange is not None:
            self._exchange.resume()

    def close(self) -> None:
        self.abort()
        self.transport.lose(None)

    def abort(self) -> None:
        if self._exchange is not None:
            self._exchange.abort()
        self._requests.clear()

    # What exchanges ask for.

    def respond(self, status: int, headers: Iterable[tuple[str, str]], reason: str = "") -> None:
        """Send a status line and headers."""
        self.transport.deliver(response_head(status, reason or _phrase(status), headers))

    def refuse(self, status: int, reason: str) -> None:
        """Send a response that explains itself, and end the connection."""
        body = f"{reason}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        if status == 426:
            headers.append(("Sec-WebSocket-Version", "13"))
        head = response_head(status, _phrase(status), headers)
        self.transport.deliver_soon(head + body)
        self.transport.end()

    def finished(self) -> None:
        """Go on with the next request: the response to this one is complete."""
        self._exchange = None
        request, self._request = self._request, None
        if request is not None and not request.keep_alive:
            self.transport.end()
        else:
            self._start_next()

    # From the library.

    def _begin(self, request: Request) -> None:
        if request.wants_upgrade:
            self._upgrade(request)
        elif request.method == "CONNECT" or not request.target.startswith(("/", "*")):
            raise NotSupportedError(
                f"a page can't use a proxy (the request was {request.method} with an absolute target): "
                "the browser has its own proxy settings; connect without one, such as proxy=None"
            )
        elif self._options.fetch is None:
            raise NotSupportedError(
                f"HTTP requests through the gateway are switched off, and this was a {request.method}: "
                "call install() without fetch=False"
            )
        else:
            self._incoming = request
            self._body = bytearray()
            if request.expects_continue:
                self.transport.deliver_soon(response_head(100, "Continue", ()))

    def _require_request(self) -> Request:
        return self._incoming

    def _upgrade(self, request: Request) -> None:
        if request.headers.get("Sec-WebSocket-Version") != "13":
            self.refuse(426, "this is not version 13 of the WebSocket protocol")
        elif not request.headers.get("Sec-WebSocket-Key"):
            self.refuse(400, "the request has no Sec-WebSocket-Key")
        else:
            url = self._url("ws", request)
            logger.debug("a library connects to %s", redact(url))
            self._exchange = upgrade = WebSocketUpgrade(self, request, url, self._options)
            rest = self._reader.take_rest()
            if rest:
                upgrade.receive(rest)

    def _start_next(self) -> None:
        if self._exchange is None and self._requests:
            self._request, body = self._requests.popleft()
            url = self._url("http", self._request)
            logger.debug("a library fetches %s", redact(url))
            self._exchange = FetchExchange(self, self._request, url, bytes(body), self._options)

    def _url(self, scheme: str, request: Request) -> str:
        return f"{scheme}{'s' if self._secure else ''}://{self._authority}{request.target}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
