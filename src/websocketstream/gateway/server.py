"""The HTTP/1.1 server at the far end of a library's transport.

A request to upgrade is answered by a WebSocket, any other by a ``fetch``. As on a server, one connection
carries many requests, which are answered one at a time and in order; an upgrade is the last one.

A program that expects a TCP connection may wait forever for the server to speak first. So a connection
over which nothing is sent ends after a while, with an error that says why.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus

from .._core.rules import redact
from ..errors import NotSupportedError
from .fetch import FetchExchange
from .headers import split_fetch_headers
from .http import HTTPViolation, Request, RequestReader, response_head
from .options import Options
from .transport import GatewayTransport
from .upgrade import WebSocketUpgrade

logger: logging.Logger = logging.getLogger("websocketstream")

SILENCE_SECONDS = 10.0
"""Time in seconds that a library has for the first byte of its first request."""


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
        self._request: Request | None = None
        """The request whose body is being received."""
        self._waiting: deque[Callable[[], None]] = deque()
        """Functions that start the answers to the requests received, in order."""
        self._exchange: FetchExchange | None = None
        """The answer in progress."""
        self._cancel_timer = options.call_later(SILENCE_SECONDS, self._silence_timed_out)

    # The methods of a FarEnd, called by the transport.

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        if not data or self.transport.ended:
            return
        self._cancel_timer()
        for event in self._reader.feed(data):
            if isinstance(event, Request):
                self._begin(event)
            elif isinstance(event, HTTPViolation):
                self._waiting.append(partial(self.refuse, *event))
            elif self._request is not None:
                self._waiting.append(partial(self._fetch, self._request, event))
        self._answer()

    @property
    def buffered_amount(self) -> int:
        return 0

    def set_send_marks(self, high: int, low: int) -> None:
        """Do nothing: requests are small, and answered one at a time."""

    def resume(self) -> None:
        if self._exchange is not None:
            self._exchange.resume()

    def close(self) -> None:
        self.abort()
        self.transport.force_close(None)

    def abort(self) -> None:
        self._cancel_timer()
        self._waiting.clear()
        if self._exchange is not None:
            self._exchange.abort()

    # Called by the exchanges.

    def respond(self, status: int, headers: Iterable[tuple[str, str]], reason: str = "") -> None:
        """Send a status line and headers."""
        self.transport.deliver(response_head(status, reason or _phrase(status), headers))

    def refuse(self, status: int, reason: str) -> None:
        """Send a response with the reason as its text, and end the connection."""
        body = f"{reason}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        headers.append(("Connection", "close"))
        if status == HTTPStatus.UPGRADE_REQUIRED:
            headers += [("Connection", "upgrade"), ("Upgrade", "websocket")]
            headers.append(("Sec-WebSocket-Version", "13"))
        head = response_head(status, _phrase(status), headers)
        self.transport.deliver_soon(head + body)
        self._end()

    def finished(self, *, keep_alive: bool) -> None:
        """Continue after a complete response: with the next request, or with the end."""
        self._exchange = None
        if not keep_alive:
            self._end()
        try:
            self._answer()
        except Exception as error:  # raised by an upgrade; the write that caused it has returned
            self._end(error)

    # Requests.

    def _begin(self, request: Request) -> None:
        """Check a request whose head has come. Exceptions are raised by the library's ``write()``."""
        self._request = None
        if not request.target.startswith("/"):
            self._refuse_target(request)
        elif request.wants_upgrade:
            self._waiting.append(partial(self._upgrade, request))
        elif self._options.fetch is None:
            raise NotSupportedError(
                f"HTTP requests through the gateway are switched off, and this was a {request.method}: "
                "call install() without fetch=False"
            )
        else:
            split_fetch_headers(request.headers)
            self._request = request
            if request.expects_continue:
                head = response_head(100, "Continue", ())
                self._waiting.append(partial(self.transport.deliver_soon, head))

    def _refuse_target(self, request: Request) -> None:
        if request.method == "CONNECT" or "://" in request.target:
            raise NotSupportedError(
                f"a page can't use a proxy (the request was {request.method} with an absolute target): "
                "the browser has its own proxy settings; connect without one, such as proxy=None"
            )
        reason = f"a page can't send {request.method} with the target {redact(request.target)}"
        self._waiting.append(partial(self.refuse, HTTPStatus.NOT_IMPLEMENTED, reason))

    def _answer(self) -> None:
        """Start the answer to the next request, unless one is in progress."""
        while self._waiting and self._exchange is None:
            self._waiting.popleft()()

    def _upgrade(self, request: Request) -> None:
        if request.headers.get("Sec-WebSocket-Version") != "13":
            self.refuse(426, "this is not version 13 of the WebSocket protocol")
        elif not request.headers.get("Sec-WebSocket-Key"):
            self.refuse(400, "the request has no Sec-WebSocket-Key")
        else:
            url = self._url("ws", request)
            logger.debug("a library connects to %s", redact(url))
            upgrade = WebSocketUpgrade(self, request, url, self._options)
            self.transport.set_far_end(upgrade)
            upgrade.receive(self._reader.take_rest())

    def _fetch(self, request: Request, body: bytes) -> None:
        url = self._url("http", request)
        logger.debug("a library fetches %s", redact(url))
        self._exchange = FetchExchange(self, request, url, body, self._options)

    def _url(self, scheme: str, request: Request) -> str:
        return f"{scheme}{'s' if self._secure else ''}://{self._authority}{request.target}"

    def _end(self, error: Exception | None = None) -> None:
        """Drop the requests that wait, and end the connection."""
        self._waiting.clear()
        self.transport.end(error)

    def _silence_timed_out(self) -> None:
        reason = (
            f"nothing was sent over this connection within {SILENCE_SECONDS:.0f} s: a page has no "
            "TCP, only HTTP and WebSocket connections can be made here, and the client speaks first"
        )
        self._end(NotSupportedError(reason))


def _phrase(status: int) -> str:
    return next((each.phrase for each in HTTPStatus if each == status), "Unknown")
