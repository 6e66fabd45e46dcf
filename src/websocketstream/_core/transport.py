"""The seam between the connection and what carries its messages.

A back end opens transports; a transport carries messages and reports events; all decisions are the
connection's. The browser's two back ends, the fake of the tests, and anybody else's stand behind the
same three protocols.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Protocol

from .rules import Message

Headers = Sequence[tuple[str, str]]
"""Headers to send with the opening handshake, by their names, in order."""


class Events(Protocol):
    """What a transport reports to its connection. The connection implements this."""

    @property
    def may_suspend(self) -> bool:
        """Whether code that is called by :meth:`received` may suspend Python with ``run_sync``."""

    def connected(self, protocol: str, extensions: str) -> None:
        """The opening handshake has succeeded."""

    def received(self, messages: Sequence[Message]) -> None:
        """Messages have arrived, in this order."""

    def drained(self) -> None:
        """The amount of buffered data has fallen since :meth:`Transport.watch_buffer`."""

    def disconnected(self, code: int, reason: str, *, clean: bool, lost: bool = False) -> None:
        """The connection has ended, or was never made. The last event of a transport.

        ``clean``: a Close frame went each way. ``lost``: messages may have arrived that were not
        and will not be reported.
        """


class Transport(Protocol):
    """One connection's way to the network, from the moment it starts connecting."""

    receive_backpressure: bool
    """Whether :meth:`pause_reading` really holds the server back."""

    @property
    def buffered_amount(self) -> int:
        """How many bytes were sent and have not gone to the network yet.

        Not 0 while anything is kept that :meth:`abandon` would drop, if only an empty message.
        """

    def watch_buffer(self) -> None:
        """Call :meth:`Events.drained` once, when ``buffered_amount`` has fallen. Idempotent."""

    def send(self, message: Message, size: int) -> None:
        """Send a message, or keep it until it can be sent. ``size`` is its length in bytes."""

    def pause_reading(self) -> None:
        """Hold the server back, where that can be done."""

    def resume_reading(self) -> None:
        """Let the server go on."""

    def call_soon(self, callback: Callable[[], object], context: Context) -> None:
        """Call ``callback`` in ``context`` in the next turn of the event loop, from no task."""

    def discard(self) -> None:
        """Drop what was sent and has not been handed to the browser yet."""

    def close(self, code: int | None, reason: str) -> None:
        """Send what is buffered, then start the closing handshake; report when all has ended.

        With neither code nor reason the Close frame is empty.
        """

    def abandon(self) -> None:
        """End it now, report nothing more, and let go of everything."""


class _Unconnected:
    """The transport before there is one: carries nothing."""

    receive_backpressure = False
    buffered_amount = 0

    def call_soon(self, callback: Callable[[], object], context: Context) -> None:
        asyncio.get_running_loop().call_soon(callback, context=context)

    def _nothing(self, *_: object) -> None: ...

    watch_buffer = send = pause_reading = resume_reading = discard = close = abandon = _nothing


UNCONNECTED: Transport = _Unconnected()


class Backend(Protocol):
    """Opens transports, and knows the world that they live in."""

    @property
    def name(self) -> str:
        """``"native"`` or ``"polyfill"``; other back ends choose their own."""

    @property
    def sends_headers(self) -> bool:
        """Whether :meth:`connect` can send headers of the program's: no browser lets a page do so."""

    def parse_url(self, url: str) -> str | None:
        """Resolve ``url`` against the page's and serialise it; ``None`` if it is no URL."""

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: Headers = ()
    ) -> Transport:
        """Start to connect. Events are reported later, never during the call.

        ``headers`` is empty unless :attr:`sends_headers`.
        """

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after that time; return a function that cancels it, at whatever time."""

    def as_bytes(self, chunk: object) -> bytes | None:
        """Copy a buffer of this world (JavaScript's) into bytes; ``None`` for anything else.

        Raises:
            TypeError: it is a buffer, but one that can't be sent.
        """

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when ``signal`` fires; return a function that ends the watch."""

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        """Return whether ``signal`` has fired, and its reason in Python."""
