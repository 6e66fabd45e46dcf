"""A request that is no upgrade: it goes through ``fetch``.

The body of the request is collected first, because browsers send a stream over HTTP/2 only. The
response comes piece by piece, each asked for when the library reads; it goes up in chunks, because the
browser has decoded it and its length is not known any more.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._rules import redact
from ..errors import SecurityError
from .headers import split_fetch_headers
from .http import LAST_CHUNK, Request, chunk
from .refusal import PROBE_SECONDS, origin_of, refused

if TYPE_CHECKING:
    from .options import Options
    from .server import ServerConnection

DECODED = ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive")
"""Headers that were true of the response as the network had it; the browser has undone them."""


class FetchExchange:
    """One request and its response."""

    def __init__(
        self, server: ServerConnection, request: Request, url: str, body: bytes, options: Options
    ) -> None:
        assert options.fetch is not None
        self._server = server
        self._transport = server.transport
        self._request = request
        self._url = url
        self._probe = options.probe
        self._asking = self._answered = False
        self._cancel_probe: Callable[[], None] | None = None
        self._fetch = options.fetch(
            url,
            method=request.method,
            headers=split_fetch_headers(request.headers),
            body=body,
            on_head=self._respond,
            on_piece=self._piece,
            on_error=self._failed,
        )

    def resume(self) -> None:
        """Ask for more of the body, unless that is under way."""
        if self._answered and not self._asking:
            self._asking = True
            self._fetch.read()

    def abort(self) -> None:
        self._fetch.close()
        if self._cancel_probe is not None:
            self._cancel_probe()

    def _respond(self, status: int, reason: str, headers: list[tuple[str, str]]) -> None:
        self._answered = True
        has_body = self._request.method != "HEAD" and status not in (204, 304)
        sent = [(name, value) for name, value in headers if not has_body or name.lower() not in DECODED]
        self._chunked = has_body and self._request.version == "1.1"
        if self._chunked:
            sent.append(("Transfer-Encoding", "chunked"))
        if not self._request.keep_alive or (has_body and not self._chunked):
            sent.append(("Connection", "close"))
        self._server.respond(status, sent, reason)
        if has_body:
            self._more()
        else:
            self._end()

    def _piece(self, data: bytes | None) -> None:
        self._asking = False
        if data is None:
            if self._chunked:
                self._transport.deliver(LAST_CHUNK)
            self._end()
            return
        if data:
            self._transport.deliver(chunk(data) if self._chunked else data)
        self._more()

    def _more(self) -> None:
        if self._transport.is_reading():
            self.resume()

    def _end(self) -> None:
        self._fetch.close()
        if not (self._request.keep_alive and (self._chunked or self._request.method == "HEAD")):
            self._transport.end()
        self._server.finished()

    def _failed(self, error: Exception) -> None:
        self._fetch.close()
        if self._answered:
            reason = f"the response from {redact(self._url)} broke off: {error}"
            self._transport.lose(ConnectionResetError(errno.ECONNRESET, reason))
            return
        if self._probe is None:
            self._explain(0)
        else:
            self._cancel_probe = self._probe(self._url, "no-cors", PROBE_SECONDS, self._explain)

    def _explain(self, status: int | None) -> None:
        """Tell a server that is down from one that the page may not read; fetch itself does not."""
        if status is None:
            self._transport.lose(refused(origin_of(self._url)))
        else:
            self._transport.lose(
                SecurityError(
                    f"{redact(self._url)} answers, but the page may not read it: the server has to "
                    "allow this page's origin and the request's headers (CORS: "
                    "Access-Control-Allow-Origin, Access-Control-Allow-Headers)"
                )
            )
