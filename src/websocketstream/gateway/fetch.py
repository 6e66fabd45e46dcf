"""HTTP requests of a library other than upgrades: each goes through the browser's ``fetch``.

The body of a request is complete before it is sent, because browsers can stream one over HTTP/2 only.
The response is streamed: a piece is requested while the library reads. The browser has decoded it, so
its length is unknown and the library gets it with the chunked coding.

``fetch`` does not tell a server that is down from a response that the page may not read. So after a
failure the gateway asks whether anything answers at that host and port.
"""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

from .._core.rules import redact
from ..errors import SecurityError
from .headers import split_fetch_headers
from .http import LAST_CHUNK, Request, chunk
from .options import Cancel, nothing_to_cancel
from .refusal import ask, forbidden, origin_of, refused

if TYPE_CHECKING:
    from .options import Options
    from .server import ServerConnection

OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding", "upgrade")
"""Headers of a response that are about the browser's connection, not the library's."""

OF_THE_CODING = ("content-encoding", "content-length")
"""Headers of a response that are wrong for its body, because the browser has decoded that."""


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
        self._options = options
        self._piece_requested = False
        self._answered = self._has_body = self._chunked = self._keep_alive = False
        self._cancel: Cancel = nothing_to_cancel
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
        """Request a piece of the body if the library is reading and none is requested yet."""
        if self._has_body and not self._piece_requested and self._transport.is_reading():
            self._piece_requested = True
            self._fetch.read()

    def abort(self) -> None:
        self._fetch.close()
        self._cancel()

    def _respond(self, status: int, reason: str, headers: list[tuple[str, str]]) -> None:
        request = self._request
        self._answered = True
        self._options.unreachable_origins.discard(origin_of(self._url))
        self._has_body = request.method != "HEAD" and status not in (204, 304)
        self._chunked = self._has_body and request.version == "1.1"
        # The end of a body that is not chunked is the end of the connection.
        self._keep_alive = request.keep_alive and self._chunked == self._has_body
        undone = OF_THE_CONNECTION + OF_THE_CODING if self._has_body else OF_THE_CONNECTION
        sent = [(name, value) for name, value in headers if name.lower() not in undone]
        if self._chunked:
            sent.append(("Transfer-Encoding", "chunked"))
        if not self._keep_alive:
            sent.append(("Connection", "close"))
        try:
            self._server.respond(status, sent, reason)
        except ValueError as error:  # browsers are less strict about the values of headers
            self._fetch.close()
            self._transport.end(error)
            return
        if self._has_body:
            self.resume()
        else:
            self._end()

    def _piece(self, data: bytes | None) -> None:
        self._piece_requested = False
        if data is None:
            if self._chunked:
                self._transport.deliver(LAST_CHUNK)
            self._end()
            return
        if data:
            self._transport.deliver(chunk(data) if self._chunked else data)
        self.resume()

    def _end(self) -> None:
        self._fetch.close()
        self._server.finished(keep_alive=self._keep_alive)

    def _failed(self, error: Exception) -> None:
        self._fetch.close()
        if self._answered:
            reason = f"the response from {redact(self._url)} broke off: {error}"
            self._transport.end(ConnectionResetError(errno.ECONNRESET, reason))
            return
        self._cancel = asyncio.ensure_future(self._explain()).cancel

    async def _explain(self) -> None:
        """Find out why the request has failed, and end the connection with that error."""
        origin = origin_of(self._url)
        status: int | None = 0
        if forbidden(self._url, self._options) is None:
            # Not at the URL itself, where the server might carry out the request a second time.
            status = await ask(f"{origin}/", self._options, "no-cors")
        policy = forbidden(self._url, self._options)  # once more: its event may come after the failure
        if policy is not None:
            self._transport.end(SecurityError(policy))
        elif status is None:
            self._options.unreachable_origins.add(origin)
            self._transport.end(refused(origin))
        else:
            self._transport.end(
                SecurityError(
                    f"{redact(self._url)} answers, but the page may not read it: the server has to "
                    "allow this page's origin and the request's headers (CORS: "
                    "Access-Control-Allow-Origin, Access-Control-Allow-Headers)"
                )
            )
