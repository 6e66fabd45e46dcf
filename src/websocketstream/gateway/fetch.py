"""A request that is no upgrade: it goes through ``fetch``.

The body of the request is collected first, because browsers send a stream over HTTP/2 only. The
response comes piece by piece, each asked for when the library reads; it goes up in chunks, because the
browser has decoded it and its length is not known any more.

If something answers at the host and port of a request that has failed, it is the page that may not read
the response.
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
"""Headers of the response that were about the browser's own connection."""

OF_THE_CODING = ("content-encoding", "content-length")
"""Headers that do not describe the body any more, because the browser has decoded it."""


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
        self._asking = False
        """Whether a piece of the body is under way."""
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
        """Ask for more of the body, if the library reads and that is not under way."""
        if self._has_body and not self._asking and self._transport.is_reading():
            self._asking = True
            self._fetch.read()

    def abort(self) -> None:
        self._fetch.close()
        self._cancel()

    def _respond(self, status: int, reason: str, headers: list[tuple[str, str]]) -> None:
        request = self._request
        self._answered = True
        self._options.suspects.discard(origin_of(self._url))
        self._has_body = request.method != "HEAD" and status not in (204, 304)
        self._chunked = self._has_body and request.version == "1.1"
        # A body that is not chunked ends with the connection.
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
        self._asking = False
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
        """Tell a server that is down from one that the page may not read."""
        origin = origin_of(self._url)
        status: int | None = 0
        if forbidden(self._url, self._options) is None:
            # Not at the URL itself: a server might do again what it was asked for.
            status = await ask(f"{origin}/", self._options, "no-cors")
        policy = forbidden(self._url, self._options)  # the event may have come after the failure
        if policy is not None:
            self._transport.end(SecurityError(policy))
        elif status is None:
            self._options.suspects.add(origin)
            self._transport.end(refused(origin))
        else:
            self._transport.end(
                SecurityError(
                    f"{redact(self._url)} answers, but the page may not read it: the server has to "
                    "allow this page's origin and the request's headers (CORS: "
                    "Access-Control-Allow-Origin, Access-Control-Allow-Headers)"
                )
            )
