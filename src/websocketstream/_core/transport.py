"""The interface between the connection and the network: three protocols.

A back end opens transports. A transport carries messages and reports events. The connection makes all
decisions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, Protocol

from .buffers import ReceiveBuffer
from .promise import Promise, Step
from .rules import Message

HeaderFields = Sequence[tuple[str, str]]
"""Header fields for the opening handshake: names and values, in order."""


class Events(Protocol):
    """The events that a transport reports to its connection, which implements them."""

    @property
    def run_sync(self) -> bool:
        """``True`` if code that :meth:`received` calls or resumes may call ``run_sync()``."""

    @property
    def incoming(self) -> ReceiveBuffer:
        """The buffer that :meth:`received` fills."""

    def connected(self, protocol: str, extensions: str) -> None:
        """Report that the opening handshake has succeeded."""

    def received(self, messages: Sequence[Message]) -> None:
        """Report messages that have arrived, in order."""

    def drained(self) -> None:
        """Report that ``buffered_amount`` has fallen since :meth:`Transport.watch_buffer`."""

    def disconnected(self, code: int, reason: str, *, clean: bool, lost: bool = False) -> None:
        """Report that the connection has ended, or could not be made. The last event.

        ``reason``: the server's; or the cause, as far as it is known, if no connection was made.
        ``clean``: a Close frame went each way. ``lost``: messages may have arrived without being
        reported.
        """

    def failed(self, error: Exception) -> None:
        """Report an unexpected exception, which ends the connection: it calls :meth:`Transport.abandon`.

        A transport reports in this way what is raised in callbacks, where nobody would catch it.
        """


class Transport(Protocol):
    """A connection to the network, from the moment it starts connecting."""

    receive_backpressure: bool
    """``True`` if :meth:`pause_reading` holds the server back."""

    @property
    def buffered_amount(self) -> int:
        """Bytes that were sent and have not gone to the network yet.

        Not 0 while there is anything that :meth:`abandon` would drop, even an empty message.
        """

    def watch_buffer(self) -> None:
        """Call :meth:`Events.drained` once, when ``buffered_amount`` has fallen. Idempotent."""

    def send(self, message: Message, size: int) -> None:
        """Send a message, or buffer it. ``size`` is its length in bytes."""

    def pause_reading(self) -> None:
        """Hold the server back, if :attr:`receive_backpressure`."""

    def resume_reading(self) -> None:
        """Stop holding the server back."""

    def call_soon(self, step: Step, argument: Any, context: Context) -> None:
        """Call ``step(argument)`` in ``context``, later in the event loop and outside any task."""

    def discard(self) -> None:
        """Drop the messages that were not handed to the browser yet."""

    def close(self, code: int | None, reason: str) -> None:
        """Send what is buffered, then start the closing handshake, and report its end.

        With neither code nor reason, the Close frame is empty.
        """

    def abandon(self) -> None:
        """End the connection at once, report nothing more, and release everything."""


class Guard:
    """A context for calls of a transport; ``failed`` is called with the exception that one raises."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._failed(error)
        return True


def start_timer(seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
    """Call ``callback`` after that time, with a timer of the event loop; return what cancels it."""
    return asyncio.get_running_loop().call_later(seconds, callback).cancel


def call_soon_in(step: Step, argument: Any, context: Context) -> None:
    """Call ``step(argument)`` in ``context`` in the next turn of the event loop."""
    asyncio.get_running_loop().call_soon(step, argument, context=context)


class _Unconnected:
    """The transport of a connection that has none yet; it does nothing."""

    receive_backpressure = False
    buffered_amount = 0
    call_soon = staticmethod(call_soon_in)

    def _nothing(self, *_: object) -> None: ...

    watch_buffer = send = pause_reading = resume_reading = discard = close = abandon = _nothing


UNCONNECTED: Transport = _Unconnected()


class Permission(Protocol):
    """A permission for which the browser asks its user."""

    name: str
    answered: Promise[None]
    """A promise that is resolved once :attr:`state` is known, or known to be unknown."""

    @property
    def state(self) -> str | None:
        """``"granted"``, ``"prompt"`` or ``"denied"`` at this moment; ``None``: unknown."""

    def was_asked_for(self) -> bool:
        """Return whether the state is ``"prompt"``, or was at the last call or at the beginning."""


class Backend(Protocol):
    """A factory for transports, with the functions of their environment that a connection needs."""

    @property
    def name(self) -> str:
        """The name in messages, such as ``"native"``."""

    @property
    def sends_headers(self) -> bool:
        """``True`` if :meth:`connect` can send ``headers``, which no browser can."""

    def parse_url(self, url: str) -> str | None:
        """Return ``url``, resolved against the page's and serialised; ``None`` if it is not a URL."""

    def connect(
        self, url: str, protocols: Sequence[str], events: Events, headers: HeaderFields = ()
    ) -> Transport:
        """Start to connect. Events are never reported during the call.

        ``headers`` is empty unless :attr:`sends_headers`.
        """

    def permission(self, url: str) -> Permission | None:
        """Return the permission that the page needs to connect to ``url``; ``None`` if it needs none."""
        return None

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after that time. Return a function that cancels it, at any time."""

    def as_bytes(self, chunk: object) -> bytes | None:
        """Return a copy of a JavaScript buffer; ``None`` for anything else.

        Raises:
            TypeError: it is a buffer, but one that can't be sent.
        """

    def watch_abort(self, signal: Any, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when ``signal`` fires. Return a function that ends this."""

    def abort_reason(self, signal: Any) -> tuple[bool, object]:
        """Return whether ``signal`` has fired, and its reason, converted to Python."""

    def watch_online(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when there is a network again, where that can be known.

        Return a function that ends this.
        """
        return lambda: None

    async def is_reachable(self, url: str) -> bool:
        """Return ``False`` if nothing answers over HTTP where the server of a WebSocket should be.

        ``True``: something does, or it can't be found out here.
        """
        return True
