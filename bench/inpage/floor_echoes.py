"""Clients that do a part of what the package does in a round trip, for `python -m bench.floors`."""

import asyncio
from collections.abc import Generator
from contextvars import Context
from time import perf_counter
from typing import Any, Self

import js
from pyodide.ffi import create_proxy

from websocketstream._core.promise import Step, Waiter
from websocketstream._ffi.turns import JsTurns
from websocketstream._ffi.values import js_object, py_message

from .floor_rates import Pipes
from .handwritten import Handwritten
from .tally import ECHO, Message


class Clock:
    """The time from each call of `begin` to the next `end`."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.times: list[float] = []
        self.done = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        self._begun = perf_counter()

    def end(self) -> bool:
        """Whether there is more to measure."""
        self.times.append((perf_counter() - self._begun) * 1000)
        self.left -= 1
        if not self.left:
            self.done.set()
        return bool(self.left)


class Event(Handwritten):
    """An event that JavaScript sends back by itself calls a function of Python's.

    The connection is idle. By it the server knows when the sample begins and ends.
    """

    def __init__(self, js_socket: Any, *, promising: bool) -> None:
        super().__init__(js_socket)
        self._promising = promising

    @classmethod
    async def connect(cls, url: str, *, promising: bool) -> Self:
        client = cls(js.WebSocket.new(url), promising=promising)
        await client.opened.wait()
        return client

    async def echoes(self, count: int) -> list[float]:
        js_channel = js.MessageChannel.new()
        js_near, js_far = js_channel.port1, js_channel.port2
        js_far.onmessage = js_far.postMessage.bind(js_far, None)
        js_post = js_near.postMessage.bind(js_near, None)
        left, done = count, asyncio.Event()

        def arrived(_event: Any) -> None:
            nonlocal left
            left -= 1
            (js_post if left else done.set)()

        js_proxy = create_proxy(arrived)
        js_near.onmessage = _promising(js_proxy) if self._promising else js_proxy
        begun = perf_counter()
        js_post()
        await done.wait()
        ms = (perf_counter() - begun) * 1000
        js_near.close()
        js_proxy.destroy()
        return [ms / count] * count  # One alone is shorter than a step of Firefox's clock.


def _promising(js_proxy: Any) -> Any:
    return js_proxy.callPromising.bind(js_proxy)


class Listener(Handwritten):
    """Classic `WebSocket`, whose listener sends the next message in its own call. Nothing is awaited."""

    async def echoes(self, count: int) -> list[float]:
        clock, js_send = Clock(count), self._js_socket.send

        def arrived(event: Any) -> None:
            py_message(event.data)
            if clock.end():
                clock.begin()
                js_send(ECHO)

        js_listener = create_proxy(arrived)
        self._js_socket.onmessage = js_listener
        js_send(ECHO)
        await clock.done.wait()
        self._js_socket.onmessage = None
        js_listener.destroy()
        return clock.times


def _raise(error: Exception) -> None:
    raise error


def _call_now(step: Step, waiter: Any, context: Context) -> None:
    context.run(step, waiter)


class Arrival(Waiter):
    """Makes a task wait for a message; `wake()` goes on with the task in that very call."""

    message: Message

    def __await__(self) -> Generator[Any, None, Message]:
        yield self
        return self.message


class Awaiting(Handwritten):
    """Classic `WebSocket` with a task that waits for each message, resumed in the listener's call."""

    def __init__(self, js_socket: Any, *, promising: bool) -> None:
        super().__init__(js_socket)
        self._proxies.append(create_proxy(self._arrived))
        js_listener = self._proxies[-1]
        js_socket.onmessage = _promising(js_listener) if promising else js_listener
        self._js_send = js_socket.send

    @classmethod
    async def connect(cls, url: str, *, promising: bool) -> Self:
        client = cls(js.WebSocket.new(url), promising=promising)
        await client.opened.wait()
        return client

    def _arrived(self, event: Any) -> None:
        arrival = self._arrival
        arrival.message = py_message(event.data)
        arrival.wake()

    async def echo(self) -> None:
        self._arrival = arrival = Arrival(_call_now)
        self._js_send(ECHO)
        await arrival


class EchoPipes(Pipes):
    """`WebSocketStream` with a source that Python enqueues in."""

    def __init__(self, js_stream: Any, js_opened: Any) -> None:
        super().__init__(js_stream, js_opened)
        js_parts: Any = js.Array.new()
        # The controller of a source is what its start() gets.
        self._pipe_to_network(start=js_parts.push.bind(js_parts))
        self._js_enqueue = js_parts[0].enqueue.bind(js_parts[0])


class PipedListener(EchoPipes):
    """`WebSocketStream`, whose sink enqueues the next message in its own call."""

    async def echoes(self, count: int) -> list[float]:
        clock, js_enqueue = Clock(count), self._js_enqueue

        def write(js_chunk: Any, _js_controller: Any) -> None:
            py_message(js_chunk)
            if clock.end():
                clock.begin()
                js_enqueue(ECHO)

        self._pipe_from_network(js_object(write=self._keep(write)))
        js_enqueue(ECHO)
        await clock.done.wait()
        return clock.times


class AwaitingPipe(EchoPipes):
    """`WebSocketStream` with a task that waits for each message, resumed by the sink."""

    def __init__(self, js_stream: Any, js_opened: Any, *, promising: bool, turns: int) -> None:
        super().__init__(js_stream, js_opened)
        js_write = self._keep(self._arrived)
        js_sink = js_object(write=_promising(js_write) if promising else js_write)
        self._pipe_from_network(js_sink)
        self._turns = JsTurns(turns, self._send, _raise) if turns else None

    @classmethod
    async def connect(cls, url: str, *, promising: bool, turns: int) -> Self:
        """Connect; an answer waits for so many turns, as those do that seldom crash the tab."""
        js_stream = js.WebSocketStream.new(url)
        return cls(js_stream, await js_stream.opened, promising=promising, turns=turns)

    def _arrived(self, js_chunk: Any, _js_controller: Any) -> None:
        arrival = self._arrival
        arrival.message = py_message(js_chunk)
        arrival.wake()

    def _send(self) -> None:
        self._js_enqueue(ECHO)

    async def echo(self) -> None:
        self._arrival = arrival = Arrival(_call_now)
        if self._turns is None:
            self._send()
        else:
            self._turns.start()
        await arrival

    async def close(self) -> None:
        if self._turns is not None:
            self._turns.close()
        await super().close()
