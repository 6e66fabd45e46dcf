"""The network of :mod:`websocketstream.testing`: two queues in memory, moved by the event loop.

It keeps the rules of :mod:`websocketstream._core.transport`: no event during a call or after
``abandon()``, and the end exactly once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any, NamedTuple

from .._core.promise import Promise, Step
from .._core.rules import Message, size_of
from .._core.transport import Events


class CloseFrame(NamedTuple):
    """A Close frame."""

    code: int | None
    reason: str

    @property
    def received_code(self) -> int:
        """The code that the other side sees."""
        return 1005 if self.code is None else self.code


class Sent(NamedTuple):
    """A message or event on its way to the client, and the promise that it was taken."""

    item: Message | Callable[[], None]
    taken: Promise[None]


class Wire:
    """One connection, both ways. Implements :class:`~websocketstream._core.transport.Transport`."""

    def __init__(self, events: Events, receive_backpressure: bool) -> None:
        self.receive_backpressure = receive_backpressure
        self.buffered_amount: int = 0
        self.inbox: deque[Message] = deque()
        """Messages that were read for the handler, which it did not receive yet."""
        self.wanted = 0
        """The number of ``recv()`` calls of the handler that are waiting."""
        self.paused = False
        self.answers_close = True
        self.client_close: CloseFrame | None = None
        self.closing: bool = False
        self.over: bool = False
        self.news: Promise[None] = Promise()
        self.ended: Promise[None] = Promise()
        self.handler: asyncio.Task[Any]
        self._events = events
        self._abandoned = False
        self._loop = asyncio.get_running_loop()
        self._from_client: deque[Message | CloseFrame] = deque()
        self._to_client: deque[Sent] = deque()
        self._held_back = self._watched = self._scheduled = False

    # The client's side.

    def watch_buffer(self) -> None:
        self._watched = True

    def send(self, message: Message, size: int) -> None:
        self._from_client.append(message)
        self.buffered_amount += size or 1  # Not 0 while an empty message is on its way.
        self.soon()

    def pause_reading(self) -> None:
        self._held_back = self.receive_backpressure

    def resume_reading(self) -> None:
        self._held_back = False
        self.soon()

    def call_soon(self, step: Step, argument: Any, context: Context) -> None:
        self._loop.call_soon(step, argument, context=context)

    def discard(self) -> None:
        self._from_client = deque(item for item in self._from_client if isinstance(item, CloseFrame))
        self.buffered_amount = 0

    def close(self, code: int | None, reason: str) -> None:
        self._from_client.append(CloseFrame(code, reason))
        self.soon()

    def abandon(self) -> None:
        self._abandoned = True
        if not self.over:
            self._stop()

    # The peer's side.

    def tell(self, item: Message | Callable[[], None]) -> Promise[None]:
        """Send a message or event to the client; return the promise that it was taken."""
        sent = Sent(item, Promise())
        self._to_client.append(sent)
        if self.over:
            self._lose([sent])
        self.soon()
        return sent.taken

    def tell_opened(self, protocol: str, extensions: str) -> Promise[None]:
        return self.tell(lambda: self._events.connected(protocol, extensions))

    def tell_close(self, close: CloseFrame, *, lost: bool = False) -> None:
        self._tell_end(partial(self._close_arrives, close, lost), lost)

    def tell_drop(self, *, lost: bool) -> None:
        self._tell_end(partial(self._end, 1006, "", clean=False, lost=lost), lost)

    def soon(self) -> None:
        """Move everything in the next turn of the event loop."""
        if not self._scheduled and not self.over:
            self._scheduled = True
            self._loop.call_soon(self._move)

    # Moving messages.

    def _move(self) -> None:
        self._scheduled = False
        if self.over:
            return
        self._read()
        while self._to_client:
            item, taken = self._to_client[0]
            if not callable(item) and self._held_back:
                break
            self._to_client.popleft()
            taken.resolve(None)
            if callable(item):
                item()
            else:
                self._events.received((item,))

    def _read(self) -> None:
        moved = False
        while self._from_client and (not self.paused or len(self.inbox) < self.wanted):
            moved = True
            item = self._from_client.popleft()
            if isinstance(item, CloseFrame):
                self.client_close = item
                if self.answers_close and not self.closing:
                    self.tell_close(item)
            else:
                self.inbox.append(item)
                self.buffered_amount -= size_of(item) or 1
        if moved:
            self._wake()
            if self._watched:
                self._watched = False
                self._events.drained()

    def _tell_end(self, end: Callable[[], None], lost: bool) -> None:
        self.closing = True
        if lost:
            self._lose([sent for sent in self._to_client if not callable(sent.item)])
        self.tell(end)

    def _close_arrives(self, close: CloseFrame, lost: bool) -> None:
        self._read()  # The client sent this before it saw the Close frame.
        if not self.paused and self.client_close is None:
            self.client_close = close
        self._end(close.received_code, close.reason, clean=True, lost=lost)

    def _end(self, code: int, reason: str, *, clean: bool, lost: bool) -> None:
        def report(_task: object) -> None:
            if not self._abandoned:
                self._events.disconnected(code, reason, clean=clean, lost=lost)

        self._stop()
        self.handler.add_done_callback(report)

    def _stop(self) -> None:
        self.over = True
        self._lose(list(self._to_client))
        self._wake()
        self.ended.resolve(None)
        self._loop.call_soon(self.handler.cancel)  # After the turn in which the handler is resumed.

    def _lose(self, gone: list[Sent]) -> None:
        for sent in gone:
            self._to_client.remove(sent)
            sent.taken.reject(ConnectionError("the connection ended before the client took this"))

    def _wake(self) -> None:
        news, self.news = self.news, Promise()
        news.resolve(None)
