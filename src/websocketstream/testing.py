"""A back end without a network, to test programs that use this package on plain CPython.

You write the server's side as an async function, and pass the back end where a name goes::

    from websocketstream import WebSocketStream
    from websocketstream.testing import FakeBackend, FakePeer

    async def shout(peer: FakePeer) -> None:
        async for message in peer:
            await peer.send(message.upper())

    async def test_shout() -> None:
        async with WebSocketStream("wss://example.com/", backend=FakeBackend(shout)) as ws:
            await ws.send("hello")
            assert await ws.recv() == "HELLO"

Everything happens in the running event loop, in a fixed order and in no time. The rules that the
stream goes by are the ones that it goes by in a browser; what a server may do wrong is a method or
an attribute of :class:`FakePeer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from ._backends.fake import CloseFrame, Wire
from ._core.rules import Message, resolve_url
from ._core.transport import Events, Headers, Transport
from .errors import AbortError

__all__ = ["FakeAbortController", "FakeAbortSignal", "FakeBackend", "FakePeer"]

Handler = Callable[["FakePeer"], Coroutine[Any, Any, object]]


class FakeBackend:
    """Connects to ``handler``, which runs once for each connection, as its server.

    When the handler returns, its side closes with 1000; when it raises, with 1011, and the exception
    goes to the event loop's exception handler. When the connection ends, the handler may finish what
    it can without waiting and is cancelled then; only after that does the client learn of the end.

    Args:
        handler: an async function that takes a :class:`FakePeer`.
        receive_backpressure: whether a client that does not read holds the server back, as the
            browser's own WebSocketStream does. ``False``: as the polyfill.
        base_url: the page's URL, for relative ones.
        name: the name of the back end, as it is shown.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        receive_backpressure: bool = True,
        base_url: str = "https://example.test/",
        name: str = "fake",
    ) -> None:
        self.name = name
        self.peers: list[FakePeer] = []
        """The server's side of each connection so far, in order."""
        self._handler = handler
        self._receive_backpressure = receive_backpressure
        self._base_url = base_url

    def parse_url(self, url: str) -> str | None:
        return resolve_url(url, self._base_url)

    sends_headers = False

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: Headers = ()
    ) -> Transport:
        wire = Wire(events, self._receive_backpressure)
        self.peers.append(FakePeer(url, protocols, wire, self._handler))
        return wire

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """See :class:`~websocketstream._core.transport.Backend`; the time is the event loop's."""
        return asyncio.get_running_loop().call_later(seconds, callback).cancel

    def as_bytes(self, chunk: object) -> bytes | None:
        return None

    def watch_abort(self, signal: FakeAbortSignal, callback: Callable[[], None]) -> Callable[[], None]:
        signal._callbacks.append(callback)
        return lambda: signal._callbacks.remove(callback)

    def abort_reason(self, signal: FakeAbortSignal) -> tuple[bool, object]:
        if not isinstance(signal, FakeAbortSignal):
            raise TypeError(f"signal must be a FakeAbortSignal, not {type(signal).__name__}")
        return signal.aborted, signal.reason


class FakePeer:
    """The server's side of one connection; iterate over it for the client's messages.

    Methods act when they are called; those that return an awaitable need not be awaited. What is
    sent arrives in a later turn of the event loop, in order, the end of the connection included.
    """

    def __init__(self, url: str, protocols: Sequence[str], wire: Wire, handler: Handler) -> None:
        self.url = url
        """The URL that the client connects to."""
        self.protocols: tuple[str, ...] = tuple(protocols)
        """The subprotocols that the client offers."""
        self._wire = wire
        self._accepted = False
        self._label = f"fake peer ({urlsplit(url).path})"
        wire.handler = asyncio.create_task(self._run(handler), name=self._label)

    @property
    def path(self) -> str:
        """The path and the query string of the URL."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def closed(self) -> bool:
        """Whether the connection has ended, in whatever way."""
        return self._wire.over

    @property
    def close_code(self) -> int | None:
        """The code of the client's Close frame, 1005 for an empty one; ``None`` until it came."""
        close = self._wire.client_close
        return None if close is None else close.received_code

    @property
    def close_reason(self) -> str:
        """The reason of the client's Close frame; empty until it came."""
        close = self._wire.client_close
        return "" if close is None else close.reason

    @property
    def answers_close(self) -> bool:
        """Whether the client's Close frame is answered at once, which it is unless set otherwise.

        With ``False`` it is answered by :meth:`close`, as if both sides had closed at the same time,
        or never: not by returning from the handler either.
        """
        return self._wire.answers_close

    @answers_close.setter
    def answers_close(self, value: bool) -> None:
        self._wire.answers_close = value

    def accept(self, protocol: str | None = None, extensions: str = "") -> Awaitable[None]:
        """Answer the opening handshake. Without it, the first use of the connection does.

        Args:
            protocol: the subprotocol to select, offered or not; ``""``: none. ``None``: the first
                that the client offers.
            extensions: what the client is told about extensions.

        Returns:
            An awaitable that waits until the client has the answer.
        """
        if self._accepted:
            raise RuntimeError("the handshake has been answered already")
        self._accepted = True
        if protocol is None:
            protocol = self.protocols[0] if self.protocols else ""
        return self._wire.tell_opened(protocol, extensions)

    def refuse(self) -> None:
        """Let the opening handshake fail; the client is not told why. So does :meth:`drop`."""
        self._accepted = True
        self.drop()

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message: ``str`` as text, ``bytes`` as binary.

        Returns:
            An awaitable that waits until the client takes it, which it does not while it holds this
            side back.

        Raises:
            ConnectionError: the connection is closing or has ended, now or before it was taken.
        """
        self._use()
        if self._ending:
            raise ConnectionError("nothing can be sent any more: the connection is closing")
        return self._wire.tell(message)

    async def recv(self) -> Message:
        """Return the next message from the client.

        Raises:
            ConnectionError: there are no more: the client has closed, or the connection has ended.
        """
        self._use()
        wire = self._wire
        wire.wanted += 1
        try:
            while not wire.inbox:
                if wire.over or wire.client_close is not None:
                    raise ConnectionError("no more messages: the connection is closing or has ended")
                wire.soon()
                await wire.news
            return wire.inbox.popleft()
        finally:
            wire.wanted -= 1

    def __aiter__(self) -> Self:
        """Iterate until there are no more messages, however the connection ends."""
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.recv()
        except ConnectionError:
            raise StopAsyncIteration from None

    def close(self, code: int | None = 1000, reason: str = "", *, lost: bool = False) -> Awaitable[None]:
        """Send a Close frame; an empty one without ``code``. A second call sends nothing.

        Args:
            lost: messages that the client has not taken are lost, as they can be in a browser whose
                page holds the server back.

        Returns:
            An awaitable that waits until the connection has ended.
        """
        if not self._wire.over and not self._wire.closing:
            self._use()
            self._wire.tell_close(CloseFrame(code, reason), lost=lost)
        return self._wire.ended

    def drop(self, *, lost: bool = False) -> None:
        """End the connection without a Close frame; ``lost`` as in :meth:`close`."""
        self._wire.tell_drop(lost=lost)

    def pause(self) -> None:
        """Stop reading ahead: only :meth:`recv` takes messages, the client has to keep the rest."""
        self._wire.paused = True

    def resume(self) -> None:
        """Read again what the client sends, as soon as it comes."""
        self._wire.paused = False
        self._wire.soon()

    def wait_closed(self) -> Awaitable[None]:
        """Return an awaitable that waits until the connection has ended."""
        return self._wire.ended

    @property
    def _ending(self) -> bool:
        return self._wire.over or self._wire.closing or self._wire.client_close is not None

    def _use(self) -> None:
        if not self._accepted:
            self.accept()

    async def _run(self, handler: Handler) -> None:
        try:
            await handler(self)
        except Exception as error:
            if not (self._ending and isinstance(error, ConnectionError)):
                context = {"message": f"the handler of a {self._label} raised", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
            self.close(1011, "the handler raised")
        else:
            if self.answers_close or self.close_code is None:
                self.close()


class FakeAbortSignal:
    """What to pass as ``signal``: stands for the browser's AbortSignal."""

    def __init__(self) -> None:
        self.aborted = False
        self.reason: object = None
        self._callbacks: list[Callable[[], None]] = []


class FakeAbortController:
    """Stands for the browser's AbortController."""

    def __init__(self) -> None:
        self.signal: FakeAbortSignal = FakeAbortSignal()

    def abort(self, reason: object = None) -> None:
        """Fire the signal; a second call does nothing. Without a reason it is an AbortError."""
        if not self.signal.aborted:
            self.signal.aborted = True
            self.signal.reason = AbortError() if reason is None else reason
            for callback in tuple(self.signal._callbacks):
                callback()
