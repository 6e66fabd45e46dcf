"""An open connection with the API of :class:`websockets.asyncio.connection.Connection`.

Receiving and sending, over the connection of the core. Where a message is there to be received, or
there is room for one to be sent, neither makes a future nor lets another task run.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, Self, overload

from .._connection import State as CoreState
from .._promise import Promise
from ..exceptions import ConcurrencyError, ConnectionClosed, ConnectionClosedOK
from ..frames import Close, CloseCode
from ..http11 import Request, Response
from ..protocol import State
from ..typing import BytesLike, Data, DataLike, LoggerLike, Subprotocol
from ._codes import close_frame
from ._link import Link, forgetting
from ._messages import gather, gather_async, to_message
from ._protocol import ClientProtocol

__all__ = ["Connection"]


class Connection(asyncio.Protocol):
    """What clients are made of: see :class:`~websocketstream.asyncio.client.ClientConnection`.

    Nothing of :class:`asyncio.Protocol` is used. It is the base in ``websockets``, and only classes
    with the same base can take each other's place, which ``install()`` has them do.
    """

    def __init__(
        self,
        protocol: ClientProtocol,
        *,
        ping_interval: float | None = 20,
        ping_timeout: float | None = 20,
        close_timeout: float | None = 10,
        max_queue: int | tuple[int | None, int | None] | None = 16,
        write_limit: int | tuple[int, int | None] = 2**15,
    ) -> None:
        self.protocol = protocol
        self.ping_interval = ping_interval
        self.ping_timeout = ping_timeout
        self.close_timeout = close_timeout
        self.id: uuid.UUID = protocol.id
        """A number for the logs that no other connection has."""
        self.logger: LoggerLike = logging.LoggerAdapter(
            protocol.logger, {"websocket": weakref.proxy(self)}
        )
        """The logger of this connection."""
        self.debug: bool = protocol.debug
        self.request: Request | None = None
        """The handshake request, with the headers that a page knows of."""
        self.response: Response | None = None
        """The handshake response, with the headers that a page knows of."""
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.latency: float = 0.0
        """Always 0.0, since a page can't measure it."""
        self._link: Link = protocol.start(
            close_timeout=close_timeout,
            write_limit=write_limit if isinstance(write_limit, int) else write_limit[0],
        )
        self._incoming = self._link.incoming
        self._receiving = False
        self._gathering: Promise[None] | None = None

    @property
    def local_address(self) -> Any:
        """``None``, since a page is not told."""
        return None

    @property
    def remote_address(self) -> Any:
        """Host and port as the URI has them; a page is not told the IP address."""
        return self.protocol.uri.host, self.protocol.uri.port

    @property
    def state(self) -> State:
        """The state. Rather than ask, call :meth:`recv` or :meth:`send` and see what they raise."""
        return self._link.close_state

    @property
    def subprotocol(self) -> Subprotocol | None:
        """The subprotocol that the server has selected, or ``None``."""
        return self.protocol.subprotocol

    @property
    def close_code(self) -> int | None:
        """The close code that was received, 1006 if none was; ``None`` while not closed."""
        return self.protocol.close_code

    @property
    def close_reason(self) -> str | None:
        """The close reason that was received; ``None`` while not closed."""
        return self.protocol.close_reason

    def _repr_html_(self) -> str:
        """How notebooks show it: its state, and what has gone each way."""
        from .._html import html_of

        return html_of(self, self._link)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(CloseCode.NORMAL_CLOSURE if kind is None else CloseCode.INTERNAL_ERROR)

    async def __aiter__(self) -> AsyncIterator[Data]:
        """Iterate over messages until the connection is closed.

        Raises:
            ConnectionClosedError: it ended with an error; after a normal end the iteration ends.
        """
        incoming = self._incoming
        at_once = type(self).recv is Connection.recv
        try:
            while True:
                if at_once and not self._receiving and (message := incoming.take_next()) is not None:
                    yield message
                else:
                    yield await self.recv()
        except ConnectionClosedOK:
            return

    @overload
    async def recv(self, decode: Literal[True]) -> str: ...

    @overload
    async def recv(self, decode: Literal[False]) -> bytes: ...

    @overload
    async def recv(self, decode: bool | None = None) -> Data: ...

    async def recv(self, decode: bool | None = None) -> Data:
        """Receive the next message. Messages that came before the connection was closed come first.

        Cancelling it loses nothing: the message goes to the next call.

        Args:
            decode: ``True``: give binary messages as :class:`str` too, decoded from UTF-8.
                ``False``: give text as :class:`bytes` too. ``None``: as they were sent.

        Raises:
            ConnectionClosed: the connection is closed.
            ConcurrencyError: another task is receiving.
        """
        return await self._receive(decode, "recv")

    @overload
    def recv_streaming(self, decode: Literal[True]) -> AsyncIterator[str]: ...

    @overload
    def recv_streaming(self, decode: Literal[False]) -> AsyncIterator[bytes]: ...

    @overload
    def recv_streaming(self, decode: bool | None = None) -> AsyncIterator[Data]: ...

    async def recv_streaming(self, decode: bool | None = None) -> AsyncIterator[Data]:
        """Receive the next message as one fragment: a page does not see fragments.

        Arguments and exceptions are those of :meth:`recv`.
        """
        yield await self._receive(decode, "recv_streaming")

    async def _receive(self, decode: bool | None, caller: str, timeout: float | None = None) -> Data:
        if self._receiving:
            raise ConcurrencyError(
                f"cannot call {caller} while another coroutine is already running recv or recv_streaming"
            )
        message = self._incoming.take_next()
        if message is None:
            self._receiving = True
            try:
                message = await self._wait_for_message(timeout)
            finally:
                self._receiving = False
        if decode is None or decode is isinstance(message, str):
            return message
        if isinstance(message, str):
            return message.encode()
        try:
            return message.decode()
        except UnicodeDecodeError as error:
            reason = f"{error.reason} at position {error.start}"
            self._link.give_up(Close(CloseCode.INVALID_DATA, reason), error)
            raise await self._closed_exc() from error

    def _receive_at_once(self) -> Data | None:
        """Return a message that can be had without waiting, as it was sent; ``None``: there is none."""
        return None if self._receiving else self._incoming.take_next()

    async def _wait_for_message(self, timeout: float | None) -> Data:
        incoming = self._incoming
        read = incoming.stand_in_line()
        cancel_timer = _nothing
        if timeout is not None:
            error = TimeoutError(f"timed out in {timeout:.1f}s")
            cancel_timer = self._link.backend.call_later(
                max(0, timeout), lambda: incoming.turn_away(error)
            )
        message = None
        try:
            with forgetting(ConnectionError):
                message, _ = await read
        finally:
            cancel_timer()
        if message is None:
            raise await self._closed_exc()
        return message

    async def send(
        self,
        message: DataLike | Iterable[DataLike] | AsyncIterable[DataLike],
        *,
        text: bool | None = None,
    ) -> None:
        """Send a message: :class:`str` as text, bytes-like objects as binary.

        The parts of an iterable or asynchronous iterable are gathered and sent as one message; calls
        that come meanwhile wait for it. Returns when there is room for the next message, see
        ``write_limit``; cancelling it does not take a message back.

        Args:
            text: ``True``: send UTF-8 bytes as text. ``False``: send :class:`str` as binary.

        Raises:
            ConnectionClosed: the connection is closed.
            TypeError: that is no message.
        """
        while self._gathering is not None:
            await self._gathering
        if not self._send_at_once(message, text):
            await self._check_open()
            whole = await self._gather(message, text)
            if whole is None:
                return
            if not self._send_at_once(whole, None):
                raise await self._closed_exc()
        if not self._has_room:
            await self._wait_for_room()

    @property
    def _has_room(self) -> bool:
        return self._link.outgoing.ready.settled

    def _send_at_once(self, message: object, text: bool | None) -> bool:
        """Send what is a message by itself, if that can be done now; return whether it was."""
        link = self._link
        if link.state is not CoreState.OPEN or self._gathering is not None:
            return False
        whole = to_message(message, text, link.backend.as_bytes)
        if whole is None:
            return False
        link.write(whole)
        return True

    async def _gather(self, message: object, text: bool | None) -> Data | None:
        """Return the parts of a message as one message; ``None`` if there are none."""
        if isinstance(message, Mapping):
            raise TypeError("data is a dict-like object")
        if not isinstance(message, Iterable | AsyncIterable):
            raise TypeError("data must be str, bytes, iterable, or async iterable")
        done: Promise[None] = Promise()
        self._gathering = done
        try:
            if isinstance(message, Iterable):
                return gather(message, text)
            return await gather_async(message, text)
        except Exception:
            # As there, where half of the message has been sent by now.
            self._link.give_up(Close(CloseCode.INTERNAL_ERROR, "error in fragmented message"))
            await self._link.ended()
            raise
        finally:
            self._gathering = None
            done.resolve(None)

    async def _wait_for_room(self) -> None:
        outgoing = self._link.outgoing
        # Most often the browser takes it within a turn, and the back end asks at intervals only.
        await asyncio.sleep(0)
        if not self._has_room:
            outgoing.refresh()
        with forgetting(Exception):
            await outgoing.ready
            return
        raise await self._closed_exc()

    async def close(self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Send what is left to be sent, close, and wait for the end. A closed connection stays as it is.

        Messages that came before can still be received.

        Args:
            code: 1000, 3000 to 4999, or another code of a Close frame. A page can't send the
                others: 1001 goes out as 1000, 1002 to 1014 go out as 4002 to 4014.
            reason: at most 123 bytes of UTF-8.

        Raises:
            ProtocolError: such a code or reason can't be sent.
        """
        self._start_closing(code, reason)
        await self._link.ended()

    async def wait_closed(self) -> None:
        """Wait until the connection is closed."""
        await self._link.ended()

    async def _wait_closed(self, timeout: float | None) -> None:
        """Wait until the connection is closed, or for ``timeout`` seconds."""
        if timeout is None:
            await self._link.ended()
            return
        over: Promise[None] = Promise()
        self._link.closed.when_settled(lambda: over.resolve(None))
        cancel_timer = self._link.backend.call_later(timeout, lambda: over.resolve(None))
        try:
            await over
        finally:
            cancel_timer()

    async def ping(self, data: DataLike | None = None) -> Awaitable[float]:
        """Send nothing, since a page can't, and return a future that is done: the latency is 0.0.

        Raises:
            ConnectionClosed: the connection is closed.
        """
        if data is not None and not isinstance(data, str | BytesLike):
            raise TypeError("data must be str or bytes-like")
        await self._check_open()
        pong_received: asyncio.Future[float] = self.loop.create_future()
        pong_received.set_result(self.latency)
        return pong_received

    async def pong(self, data: DataLike = b"") -> None:
        """Send nothing, since a page can't.

        Raises:
            ConnectionClosed: the connection is closed.
        """
        if not isinstance(data, str | BytesLike):
            raise TypeError("data must be str or bytes-like")
        await self._check_open()

    def _start_closing(self, code: int | None, reason: str = "") -> None:
        if self._link.state is CoreState.OPEN:
            if self._gathering is None:
                self._link.start_closing(close_frame(code, reason))
            else:
                self._link.give_up(Close(CloseCode.INTERNAL_ERROR, "close during fragmented message"))

    async def _check_open(self) -> None:
        if self._link.state is not CoreState.OPEN:
            raise await self._closed_exc()

    async def _closed_exc(self) -> ConnectionClosed:
        """Wait until the connection is closed; return the exception that tells so."""
        await self._link.ended()
        return self._link.close_exc


def _nothing() -> None:
    """Cancel no timer."""
