"""An open connection with the API of :class:`websockets.sync.connection.Connection`.

Thin: it has a connection of the asynchronous client, and waits for that one's answers by suspending
Python. What needs no waiting does not suspend.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Literal, Self, overload

from ..asyncio import client as asynchronous
from ..asyncio._protocol import ClientProtocol
from ..exceptions import ConnectionClosedOK
from ..frames import CloseCode
from ..http11 import Request, Response
from ..protocol import State
from ..typing import Data, DataLike, LoggerLike, Subprotocol
from . import _suspend

__all__ = ["Connection"]


class Connection:
    """What clients are made of: see :class:`~websocketstream.sync.client.ClientConnection`."""

    def __init__(
        self,
        sock: None,
        protocol: ClientProtocol,
        *,
        ping_interval: float | None = 20,
        ping_timeout: float | None = 20,
        close_timeout: float | None = 10,
        max_queue: int | tuple[int | None, int | None] | None = 16,
    ) -> None:
        self.socket = sock
        self.protocol = protocol
        self._asynchronous = asynchronous.ClientConnection(
            protocol,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            close_timeout=close_timeout,
            max_queue=max_queue,
        )
        self.id: uuid.UUID = protocol.id
        """A number for the logs that no other connection has."""
        self.logger: LoggerLike = self._asynchronous.logger
        """The logger of this connection."""
        self.debug: bool = protocol.debug

    @property
    def request(self) -> Request | None:
        """The handshake request, with the headers that a page knows of."""
        return self._asynchronous.request

    @property
    def response(self) -> Response | None:
        """The handshake response, with the headers that a page knows of."""
        return self._asynchronous.response

    @property
    def latency(self) -> float:
        """Always 0.0, since a page can't measure it."""
        return self._asynchronous.latency

    @property
    def local_address(self) -> Any:
        """``None``, since a page is not told."""
        return self._asynchronous.local_address

    @property
    def remote_address(self) -> Any:
        """Host and port as the URI has them."""
        return self._asynchronous.remote_address

    @property
    def state(self) -> State:
        """The state of the connection."""
        return self._asynchronous.state

    @property
    def subprotocol(self) -> Subprotocol | None:
        """The subprotocol that the server has selected, or ``None``."""
        return self._asynchronous.subprotocol

    @property
    def close_code(self) -> int | None:
        """The close code that was received, 1006 if none was; ``None`` while not closed."""
        return self._asynchronous.close_code

    @property
    def close_reason(self) -> str | None:
        """The close reason that was received; ``None`` while not closed."""
        return self._asynchronous.close_reason

    def _repr_html_(self) -> str:
        from .._html import html_of

        return html_of(self, self._asynchronous._link)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(CloseCode.NORMAL_CLOSURE if kind is None else CloseCode.INTERNAL_ERROR)

    def __iter__(self) -> Iterator[Data]:
        """Iterate over messages until the connection is closed.

        Raises:
            ConnectionClosedError: it ended with an error; after a normal end the iteration ends.
        """
        try:
            while True:
                yield self.recv()
        except ConnectionClosedOK:
            return

    @overload
    def recv(self, timeout: float | None, decode: Literal[True]) -> str: ...

    @overload
    def recv(self, timeout: float | None, decode: Literal[False]) -> bytes: ...

    @overload
    def recv(self, timeout: float | None = None, *, decode: Literal[True]) -> str: ...

    @overload
    def recv(self, timeout: float | None = None, *, decode: Literal[False]) -> bytes: ...

    @overload
    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Data: ...

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Data:
        """Receive the next message. Messages that came before the connection was closed come first.

        Args:
            timeout: in seconds; ``None``: wait for as long as it takes. Zero or less: only what has
                come already.
            decode: as in the asynchronous client.

        Raises:
            TimeoutError: nothing came in time. Nothing is lost.
            ConnectionClosed: the connection is closed.
            ConcurrencyError: another task is receiving.
        """
        if decode is None and (message := self._asynchronous._receive_at_once()) is not None:
            return message
        return _suspend.run(self._asynchronous._receive, decode, "recv", timeout)

    @overload
    def recv_streaming(self, decode: Literal[True]) -> Iterator[str]: ...

    @overload
    def recv_streaming(self, decode: Literal[False]) -> Iterator[bytes]: ...

    @overload
    def recv_streaming(self, decode: bool | None = None) -> Iterator[Data]: ...

    def recv_streaming(self, decode: bool | None = None) -> Iterator[Data]:
        """Receive the next message as one fragment: a page does not see fragments."""
        yield _suspend.run(self._asynchronous._receive, decode, "recv_streaming")

    def send(self, message: DataLike | Iterable[DataLike], *, text: bool | None = None) -> None:
        """Send a message: :class:`str` as text, bytes-like as binary, an iterable as one message.

        Args:
            text: as in the asynchronous client.

        Raises:
            ConnectionClosed: the connection is closed.
            TypeError: that is no message.
        """
        if hasattr(message, "__aiter__"):
            raise TypeError("data must be str, bytes, or iterable")
        if not self._asynchronous._send_at_once(message, text):
            _suspend.run(self._send, message, text)
        elif not self._asynchronous._has_room:
            _suspend.run(self._asynchronous._wait_for_room)

    async def _send(self, message: Any, text: bool | None) -> None:
        await self._asynchronous.send(message, text=text)

    def close(self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Send what is left to be sent, close, and wait for the end; as in the asynchronous client."""
        if self.state is not State.CLOSED:
            _suspend.run(self._asynchronous.close, code, reason)

    def wait_closed(self, timeout: float | None = None) -> bool:
        """Wait until it is closed, or for ``timeout`` seconds; return whether it is closed."""
        if self.state is not State.CLOSED:
            _suspend.run(self._asynchronous._wait_closed, timeout)
        return self.state is State.CLOSED

    def ping(self, data: DataLike | None = None, *, ack_on_close: bool = False) -> threading.Event:
        """Send nothing, since a page can't, and return an event that is set.

        Raises:
            ConnectionClosed: the connection is closed.
        """
        _suspend.run(self._asynchronous.ping, data)
        pong_received = threading.Event()
        pong_received.set()
        return pong_received

    def pong(self, data: DataLike = b"") -> None:
        """Send nothing, since a page can't.

        Raises:
            ConnectionClosed: the connection is closed.
        """
        _suspend.run(self._asynchronous.pong, data)
