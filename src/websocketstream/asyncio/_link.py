"""The core's connection, with ``websockets``' idea of how one ends, and its limit for messages.

Knows which Close frames went each way, as far as a page can know: that the browser has answered the
server's with the same code, and that a code which a page may not send stands for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .._connection import Connection, Overflow
from .._connection import State as CoreState
from .._rules import Message, redact, size_of
from .._transport import Backend
from ..errors import WebSocketError
from ..exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, PayloadTooBig
from ..frames import OK_CLOSE_CODES, Close, CloseCode
from ..protocol import State
from ._codes import is_echo, wire_code

ON_ITS_WAY = 1024 * 1024
"""Bytes that may be unsent besides ``write_limit``: for ``websockets`` the kernel's buffers are that.

Without them a browser is asked for more, a few milliseconds late, each 32 KiB: 10 MB/s, not 140.
"""

_NO_CLOSE_FRAME = (None, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE)


class Link(Connection):
    """One connection, from the moment of connecting."""

    def __init__(
        self,
        url: str,
        protocols: Sequence[str],
        *,
        backend: Backend,
        high_water_mark: int,
        overflow: Overflow,
        close_timeout: float | None,
        write_limit: int,
        max_size: int | None,
    ) -> None:
        super().__init__(
            url,
            protocols,
            backend=backend,
            high_water_mark=high_water_mark,
            send_high_water_mark=write_limit + ON_ITS_WAY,
            overflow=overflow,
            open_timeout=None,
            close_timeout=close_timeout,
        )
        self.cause: BaseException | None = None
        """Why this side has given up on the connection."""
        self._max_size = max_size
        self._sent: Close | None = None
        self._gave_up = False
        self._told_of_the_end = False

    @property
    def close_state(self) -> State:
        """The state, as ``websockets`` calls it."""
        return _STATES[self.state]

    # How it is ended from this side.

    def start_closing(self, close: Close) -> None:
        """Start the closing handshake; one that was started already goes on."""
        if self.state is CoreState.OPEN:
            self._sent = close
            self.close(wire_code(close.code), close.reason)

    def give_up(self, close: Close, cause: BaseException | None = None) -> None:
        """Close, and take notice no more of what the server says, its Close frame included."""
        if self.cause is None:
            self.cause = cause
        if not self._gave_up and self.state is not CoreState.CLOSED:
            self._gave_up = True
            self.incoming.end()
            self.start_closing(close)

    def close(self, code: int | None = None, reason: str = "") -> None:
        if self.state is CoreState.OPEN and self._sent is None:
            self._sent = Close(CloseCode.NO_STATUS_RCVD if code is None else code, reason)
        super().close(code, reason)

    async def ended(self) -> None:
        """Wait until the connection has closed, however it has."""
        with forgetting(WebSocketError):
            await self.closed

    # What the transport reports.

    def connected(self, protocol: str, extensions: str) -> None:
        if self.protocols and protocol not in self.protocols:
            # The core would list what was offered, and a token may be among it.
            url = redact(self.url)
            self.fail(WebSocketError(f"{url} selected none of the subprotocols that were offered"))
        else:
            super().connected(protocol, extensions)

    def received(self, messages: Sequence[Message]) -> None:
        limit = self._max_size
        if limit is not None:
            for index, message in enumerate(messages):
                # A character takes four bytes at most: only long messages need to be measured.
                if 4 * len(message) > limit and (size := size_of(message)) > limit:
                    super().received(messages[:index])
                    too_big = PayloadTooBig(size, limit)
                    self.give_up(Close(CloseCode.MESSAGE_TOO_BIG, str(too_big)), too_big)
                    return
        super().received(messages)

    def disconnected(self, code: int, reason: str, *, clean: bool, lost: bool = False) -> None:
        self._told_of_the_end = True
        super().disconnected(code, reason, clean=clean, lost=lost)

    # How it has ended.

    @property
    def close_sent(self) -> Close | None:
        """The Close frame that was sent: by this side first, or by the browser as an answer."""
        if self._sent is None and self._told_of_the_end:
            return self.close_rcvd
        return self._sent

    @property
    def close_rcvd(self) -> Close | None:
        """The Close frame that was received; ``None`` until the connection has closed."""
        if self._gave_up or not self.closed.settled:
            return None
        error = self.closed.exception()
        if error is None:
            code, reason = self.closed.result()
        elif isinstance(error, WebSocketError) and error.close_code not in _NO_CLOSE_FRAME:
            assert error.close_code is not None
            code, reason = error.close_code, error.reason
        else:
            return None
        if self._sent is not None and is_echo(code, self._sent.code):
            code = self._sent.code
        return Close(code, reason)

    @property
    def close_rcvd_then_sent(self) -> bool | None:
        """Which of the two came first; ``None`` unless there were both."""
        if self.close_rcvd is None or self.close_sent is None:
            return None
        return self._sent is None

    @property
    def close_exc(self) -> ConnectionClosed:
        """What to raise now that the connection has closed, anew each time."""
        sent, rcvd = self.close_sent, self.close_rcvd
        error = self.closed.exception()
        ok = error is None and all(each and each.code in OK_CLOSE_CODES for each in (sent, rcvd))
        kind = ConnectionClosedOK if ok else ConnectionClosedError
        exc = kind(rcvd, sent, self.close_rcvd_then_sent)
        if self.cause is not None:
            exc.__cause__ = self.cause
        elif error is not None and not self._told_of_the_end:
            exc.__cause__ = TimeoutError("timed out while closing connection")
            exc.__cause__.__cause__ = error
        else:
            exc.__cause__ = error
        return exc


@contextmanager
def forgetting(kind: type[Exception]) -> Iterator[None]:
    """Suppress an exception that the connection keeps, so that it keeps none of our frames."""
    try:
        yield
    except kind as error:
        error.__traceback__ = None


_STATES = {
    CoreState.CONNECTING: State.CONNECTING,
    CoreState.OPEN: State.OPEN,
    CoreState.CLOSING: State.CLOSING,
    CoreState.CLOSED: State.CLOSED,
}
