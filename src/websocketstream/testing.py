"""A back end without a network, to test programs that use this package on plain CPython.

You write the server's side as an async function, and pass the back end where a name goes::

    from websocketstream import WebSocketStream
    from websocketstream.testing import FakeBackend, FakePeer

    async def shout(peer: FakePeer) -> None:
        async for message in peer:
            await peer.send(message.upper())

    async def test_shout() -> None:
        async with WebSocketStream("wss://example.com/", backend=FakeBackend(shout)) as opened:
            await opened.writable.get_writer().write("hello")
            assert (await opened.readable.get_reader().read()).value == "HELLO"

Everything happens in the running event loop, in a fixed order and in no time. The rules that the
stream goes by are the ones that it goes by in a browser; what a server may do wrong is a method or
an attribute of :class:`FakePeer`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from ._promise import Promise
from ._rules import Message, size_of
from ._transport import Events, Transport
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
        try:
            parts = urlsplit(urljoin(self._base_url, url.strip()))
            valid = bool(parts.scheme and parts.hostname) and parts.port != 0
        except ValueError:
            return None
        # urlsplit() does not tell an empty fragment from none; the standard does.
        mark = "#" if url.endswith("#") else ""
        return parts._replace(path=parts.path or "/").geturl() + mark if valid else None

    def connect(self, url: str, protocols: Sequence[str], events: Events) -> Transport:
        peer = FakePeer(url, protocols, events, self._handler)
        self.peers.append(peer)
        return _FakeTransport(peer, self._receive_backpressure)

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

    answers_close = True
    """Whether the client's Close frame is answered at once. Set it to ``False`` to answer with
    :meth:`close` later, as if both sides had closed at the same time, or never."""

    def __init__(self, url: str, protocols: Sequence[str], events: Events, handler: Handler) -> None:
        self.url = url
        """The URL that the client connects to."""
        self.protocols = tuple(protocols)
        """The subprotocols that the client offers."""
        self.close_code: int | None = None
        """The code of the client's Close frame, 1005 for an empty one; ``None`` until it came."""
        self.close_reason = ""
        """The reason of the client's Close frame."""
        self._events: Events | None = events
        self._loop = asyncio.get_running_loop()
        self._accepted = self._closing = self._over = False
        self._paused = self._held_back = False
        self._inbox: deque[Message] = deque()
        self._wanted = 0
        self._from_client: deque[Message | _Close] = deque()
        self._to_client: deque[_Sent] = deque()
        self._buffered = 0
        self._watched = self._scheduled = False
        self._news: Promise[None] = Promise()
        self._ended: Promise[None] = Promise()
        self._task = self._loop.create_task(self._run(handler), name=f"fake peer {self.path}")

    @property
    def path(self) -> str:
        """The path and the query string of the URL."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

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
        return self._tell(lambda events: events.connected(protocol, extensions))

    def refuse(self) -> None:
        """Let the opening handshake fail, for whatever reason: the client is not told."""
        if self._accepted:
            raise RuntimeError("the handshake has been answered already")
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
        if self._over or self._closing or self.close_code is not None:
            raise ConnectionError("nothing can be sent any more: the connection is closing")
        return self._tell(message)

    async def recv(self) -> Message:
        """Return the next message from the client.

        Raises:
            ConnectionError: there are no more: the client has closed, or the connection has ended.
        """
        self._use()
        self._wanted += 1
        try:
            while not self._inbox:
                if self._over or self.close_code is not None:
                    raise ConnectionError("no more messages: the connection is closing or has ended")
                self._soon()
                await self._news
            return self._inbox.popleft()
        finally:
            self._wanted -= 1

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Iterate until there are no more messages, however the connection ends."""
        while True:
            try:
                message = await self.recv()
            except ConnectionError:
                return
            yield message

    def close(self, code: int | None = 1000, reason: str = "", *, lost: bool = False) -> Awaitable[None]:
        """Send a Close frame; an empty one without ``code``. A second call sends nothing.

        Args:
            lost: messages that the client has not taken are lost, as they can be in a browser whose
                page holds the server back.

        Returns:
            An awaitable that waits until the connection has ended.
        """
        if not self._over and not self._closing:
            self._use()
            self._finish(partial(self._close_arrives, _Close(code, reason), lost), lost)
        return self._ended

    def drop(self, *, lost: bool = False) -> None:
        """End the connection without a Close frame; ``lost`` as in :meth:`close`."""
        self._finish(lambda _events: self._end(1006, "", clean=False, lost=lost), lost)

    def pause(self) -> None:
        """Stop reading ahead: only :meth:`recv` takes messages, the client has to keep the rest."""
        self._paused = True

    def resume(self) -> None:
        """Read again what the client sends, as soon as it comes."""
        self._paused = False
        self._soon()

    def wait_closed(self) -> Awaitable[None]:
        """Return an awaitable that waits until the connection has ended."""
        return self._ended

    # How it runs.

    async def _run(self, handler: Handler) -> None:
        try:
            await handler(self)
        except Exception as error:
            ending = self._over or self._closing or self.close_code is not None
            if not (ending and isinstance(error, ConnectionError)):
                context = {"message": f"the handler of {self.path} raised", "exception": error}
                self._loop.call_exception_handler(context)
            self.close(1011, "the handler raised")
        else:
            self.close()

    def _use(self) -> None:
        if not self._accepted:
            self.accept()

    def _tell(self, item: Message | Callable[[Events], None]) -> Promise[None]:
        taken: Promise[None] = Promise()
        self._to_client.append(_Sent(item, taken))
        self._soon()
        return taken

    def _finish(self, end: Callable[[Events], None], lost: bool) -> None:
        self._closing = True
        for sent in [sent for sent in self._to_client if lost and not callable(sent.item)]:
            self._to_client.remove(sent)
            sent.taken.reject(_not_taken())
        self._tell(end)

    def _soon(self) -> None:
        if not self._scheduled and not self._over:
            self._scheduled = True
            self._loop.call_soon(self._move)

    def _move(self) -> None:
        """Carry what was sent, both ways."""
        self._scheduled = False
        self._read()
        while self._to_client and self._events is not None and not self._over:
            item, taken = self._to_client[0]
            if not callable(item) and self._held_back:
                break
            self._to_client.popleft()
            taken.resolve(None)
            if callable(item):
                item(self._events)
            else:
                self._events.received((item,))

    def _read(self) -> None:
        moved = False
        while self._from_client and (not self._paused or len(self._inbox) < self._wanted):
            moved = True
            item = self._from_client.popleft()
            if isinstance(item, _Close):
                self.close_code = 1005 if item.code is None else item.code
                self.close_reason = item.reason
                if self.answers_close and not self._closing:
                    self._finish(partial(self._close_arrives, item, False), False)
            else:
                self._inbox.append(item)
                self._buffered -= size_of(item)
        if moved:
            self._wake()
            if self._watched and self._events is not None:
                self._watched = False
                self._events.drained()

    def _close_arrives(self, close: _Close, lost: bool, _events: Events) -> None:
        self._read()  # what the client sent before it saw the Close frame
        code = 1005 if close.code is None else close.code
        if self.close_code is None and not self._paused:
            self.close_code, self.close_reason = code, close.reason
        self._end(code, close.reason, clean=True, lost=lost)

    def _end(self, code: int, reason: str, *, clean: bool, lost: bool) -> None:
        def report(_task: object) -> None:
            if self._events is not None:
                self._events.disconnected(code, reason, clean=clean, lost=lost)

        self._stop()
        self._task.add_done_callback(report)

    def _abandon(self) -> None:
        self._events = None
        if not self._over:
            self._stop()

    def _stop(self) -> None:
        self._over = True
        for _, taken in self._to_client:
            taken.reject(_not_taken())
        self._to_client.clear()
        self._wake()
        self._ended.resolve(None)
        self._loop.call_soon(self._task.cancel)  # behind the turn that the handler has just got

    def _wake(self) -> None:
        news, self._news = self._news, Promise()
        news.resolve(None)


class _Sent(NamedTuple):
    """Something on its way to the client, and the promise that it was taken."""

    item: Message | Callable[[Events], None]
    taken: Promise[None]


class _Close(NamedTuple):
    """A Close frame."""

    code: int | None
    reason: str


def _not_taken() -> ConnectionError:
    return ConnectionError("the connection ended before the client took this")


class _FakeTransport:
    """The client's side of a connection. Implements :class:`~websocketstream._transport.Transport`."""

    def __init__(self, peer: FakePeer, receive_backpressure: bool) -> None:
        self.receive_backpressure = receive_backpressure
        self._peer = peer

    @property
    def buffered_amount(self) -> int:
        return self._peer._buffered

    def watch_buffer(self) -> None:
        self._peer._watched = True

    def send(self, message: Message, size: int) -> None:
        self._peer._from_client.append(message)
        self._peer._buffered += size
        self._peer._soon()

    def pause_reading(self) -> None:
        self._peer._held_back = self.receive_backpressure

    def resume_reading(self) -> None:
        self._peer._held_back = False
        self._peer._soon()

    def discard(self) -> None:
        self._peer._from_client.clear()
        self._peer._buffered = 0

    def close(self, code: int | None, reason: str) -> None:
        self._peer._from_client.append(_Close(code, reason))
        self._peer._soon()

    def abandon(self) -> None:
        self._peer._abandon()


class FakeAbortSignal:
    """What to pass as ``signal``: stands for the browser's AbortSignal."""

    def __init__(self) -> None:
        self.aborted = False
        self.reason: object = None
        self._callbacks: list[Callable[[], None]] = []


class FakeAbortController:
    """Stands for the browser's AbortController."""

    def __init__(self) -> None:
        self.signal = FakeAbortSignal()

    def abort(self, reason: object = None) -> None:
        """Fire the signal; a second call does nothing. Without a reason it is an AbortError."""
        if not self.signal.aborted:
            self.signal.aborted = True
            self.signal.reason = AbortError() if reason is None else reason
            for callback in tuple(self.signal._callbacks):
                callback()
