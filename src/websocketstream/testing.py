"""A back end without a network, to test programs that use this package, also on CPython.

Write the server's side as an ``async`` function, and pass a :class:`FakeBackend` as ``backend``.
Everything happens in the running event loop, in a fixed order and without delays. The connection is the
one that browsers use, with the same rules. Methods and attributes of :class:`FakePeer` do what a server
may do wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from ._backends.fake import CloseFrame, Wire
from ._core.rules import Message, resolve_url
from ._core.transport import Backend, Events, HeaderFields, Transport, start_timer
from .errors import AbortError

__all__ = ["FakeAbortController", "FakeAbortSignal", "FakeBackend", "FakePeer"]

Handler = Callable[["FakePeer"], Coroutine[Any, Any, object]]


class FakeBackend(Backend):
    """A back end whose server is ``handler``, which runs once for each connection.

    When the handler returns, its side closes with 1000. When it raises, its side closes with 1011, and
    the exception goes to the event loop's exception handler. When the connection ends, the handler is
    cancelled as soon as it has to wait; the client sees the end after that.

    Args:
        handler: an ``async`` function that takes a :class:`FakePeer`.
        receive_backpressure: ``True``: a client that does not read holds the server back, as with the
            browser's own WebSocketStream. ``False``: it does not, as with the polyfill.
        base_url: the page's URL, which relative URLs refer to.
        name: the name of the back end in messages.

    Example::

        from websocketstream import WebSocketStream
        from websocketstream.testing import FakeBackend, FakePeer

        async def shout(peer: FakePeer) -> None:
            async for message in peer:
                await peer.send(message.upper())

        async with WebSocketStream("wss://example.com/", backend=FakeBackend(shout)) as ws:
            await ws.send("hello")
            assert await ws.recv() == "HELLO"
    """

    name: str = ""
    sends_headers = False

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

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields = ()
    ) -> Transport:
        wire = Wire(events, self._receive_backpressure)
        self.peers.append(FakePeer(url, protocols, wire, self._handler))
        return wire

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        return start_timer(seconds, callback)

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

    Methods act at the call; those that return an awaitable need not be awaited. Messages, and the end
    of the connection, arrive in order in a later turn of the event loop.

    Example::

        async def flaky(peer: FakePeer) -> None:
            await peer.send("hello")
            peer.drop()

        try:
            async with WebSocketStream(url, backend=FakeBackend(flaky)) as ws:
                async for message in ws:
                    print(message)
        except WebSocketError as error:
            assert error.close_code == 1006
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
        """``True`` when the connection has ended, cleanly or not."""
        return self._wire.over

    @property
    def close_code(self) -> int | None:
        """The code of the client's Close frame, 1005 for an empty one; ``None`` before it arrives."""
        close = self._wire.client_close
        return None if close is None else close.received_code

    @property
    def close_reason(self) -> str:
        """The reason of the client's Close frame; empty before it arrives."""
        close = self._wire.client_close
        return "" if close is None else close.reason

    @property
    def answers_close(self) -> bool:
        """``True``, the default, to answer the client's Close frame at once.

        ``False``: only :meth:`close` answers it, as if both sides had closed at the same time. The end
        of the handler does not.
        """
        return self._wire.answers_close

    @answers_close.setter
    def answers_close(self, value: bool) -> None:
        self._wire.answers_close = value

    def accept(self, protocol: str | None = None, extensions: str = "") -> Awaitable[None]:
        """Accept the opening handshake. Otherwise the first use of the connection does.

        Args:
            protocol: the subprotocol to select, offered or not; ``""``: none; ``None``: the first one
                that the client offers.
            extensions: the extensions that the client sees.

        Returns:
            An awaitable that waits until the client has the answer.

        Raises:
            RuntimeError: the handshake has been answered already.
        """
        if self._accepted:
            raise RuntimeError("the handshake has been answered already")
        self._accepted = True
        if protocol is None:
            protocol = self.protocols[0] if self.protocols else ""
        return self._wire.tell_opened(protocol, extensions)

    def refuse(self) -> None:
        """Let the opening handshake fail, without a reason that the client sees."""
        self._accepted = True
        self.drop()

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message: ``str`` as text, ``bytes`` as binary.

        Returns:
            An awaitable that waits until the client takes the message, which it does not while it
            holds this side back.

        Raises:
            ConnectionError: the connection is closing or has ended. The awaitable raises it, too, if the
                client did not take the message.
        """
        self._use()
        if self._ending:
            raise ConnectionError("nothing can be sent any more: the connection is closing")
        return self._wire.tell(message)

    async def recv(self) -> Message:
        """Return the next message from the client.

        Raises:
            ConnectionError: the client has closed, or the connection has ended.
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
        """Iterate over the client's messages until the connection ends, cleanly or not."""
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.recv()
        except ConnectionError:
            raise StopAsyncIteration from None

    def close(self, code: int | None = 1000, reason: str = "", *, lost: bool = False) -> Awaitable[None]:
        """Send a Close frame. A second call sends nothing.

        Args:
            code: any code; ``None``: an empty Close frame.
            reason: any text.
            lost: ``True``: messages that the client has not taken are lost, as they can be in a browser
                while the page holds the server back.

        Returns:
            An awaitable that waits until the connection has ended.
        """
        if not self._wire.over and not self._wire.closing:
            self._use()
            self._wire.tell_close(CloseFrame(code, reason), lost=lost)
        return self._wire.ended

    def drop(self, *, lost: bool = False) -> None:
        """End the connection without a Close frame; ``lost`` is as for :meth:`close`."""
        self._wire.tell_drop(lost=lost)

    def pause(self) -> None:
        """Stop reading ahead: only :meth:`recv` takes messages, and the client buffers the rest."""
        self._wire.paused = True

    def resume(self) -> None:
        """Read again all that the client sends, at once."""
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
    """A stand-in for the browser's ``AbortSignal``, for ``signal`` and :class:`FakeBackend`.

    Example::

        signal = FakeAbortController().signal
        assert not signal.aborted and signal.reason is None
    """

    def __init__(self) -> None:
        self.aborted = False
        self.reason: object = None
        self._callbacks: list[Callable[[], None]] = []


class FakeAbortController:
    """A stand-in for the browser's ``AbortController``.

    Example::

        async def never(peer: FakePeer) -> None:
            await peer.wait_closed()

        controller = FakeAbortController()
        stream = WebSocketStream(url, backend=FakeBackend(never), signal=controller.signal)
        controller.abort("not needed")
        try:
            await stream.opened
        except AbortError as error:
            assert error.reason == "not needed"
    """

    def __init__(self) -> None:
        self.signal: FakeAbortSignal = FakeAbortSignal()

    def abort(self, reason: object = None) -> None:
        """Fire the signal, once. ``None`` makes the reason an :class:`AbortError`."""
        if not self.signal.aborted:
            self.signal.aborted = True
            self.signal.reason = AbortError() if reason is None else reason
            for callback in tuple(self.signal._callbacks):
                callback()
