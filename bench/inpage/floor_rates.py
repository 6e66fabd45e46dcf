"""Clients that do a part of what the package does to receive or send, for `python -m bench.floors`.

They check nothing and know neither an error nor a limit.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import js
from pyodide.ffi import create_proxy, to_js

from websocketstream._backends.browser import BACKLOG_LIMITS
from websocketstream._backends.native import BATCH_BYTES
from websocketstream._ffi.gathering import JsGathering
from websocketstream._ffi.proxies import Scope, call, then
from websocketstream._ffi.turns import JsTurns
from websocketstream._ffi.values import JsStage, js_object, js_size, new_readable, py_messages

from .clients import Naive
from .handwritten import Handwritten
from .tally import Message, Tally

MARK, POLL_SECONDS = 16 * 1024 * 1024, 0.004
"""As in JavaScript's loop; see page/loops.js."""

type Take = Callable[[Any, Tally], None]
"""A function that counts what JavaScript has gathered, an array."""

_js_data_getter = js.Object.getOwnPropertyDescriptor(js.MessageEvent.prototype, "data")
_js_get_data = js.Function.prototype.call.bind(js.Reflect.get(_js_data_getter, "get"))


def _size_of(js_value: Any) -> int:
    """The size of a message, or of the one in an event."""
    return js_size(getattr(js_value, "data", js_value))


async def _gather(
    gathering: JsGathering, scope: Scope, take: Take, count: int, js_target: Any = None
) -> Tally:
    """Take what JavaScript gathers, once per turn.

    If a turn brings nothing, wait for an event of the target, or for the first message: that calls
    Python once per turn, which costs more if few messages come in one.
    """
    tally = Tally()
    size = 0
    received = asyncio.get_running_loop().create_future()

    def take_all() -> bool:
        nonlocal size
        if not len(gathering):
            return False
        js_taken = gathering.take()
        size = size or _size_of(js_taken[0])
        take(js_taken, tally)
        return True

    def poll() -> None:
        found = take_all()
        if tally.messages == count:
            received.set_result(None)
        elif js_target is not None:
            if found:
                turns.start()
            else:
                js_target.addEventListener("message", js_start, js_once)

    turns = JsTurns(1, poll, received.set_exception)
    js_start = scope.keep(lambda _event: turns.start())
    js_once = js_object(once=True)
    if js_target is None:
        gathering.call_at({1: 0}, turns.start)
    else:
        turns.start()
    # While messages keep coming WebKit runs no poll.
    gathering.call_at(BACKLOG_LIMITS, take_all)
    await received
    turns.close()
    scope.close()
    tally.size = tally.size or tally.messages * size  # of what was dropped, only the first was looked at
    return tally


def drop(js_taken: Any, tally: Tally) -> None:
    tally.messages += int(js_taken.length)


def convert(js_taken: Any, tally: Tally) -> None:
    for message in py_messages(js_taken):
        tally.add(message)


def convert_events(js_taken: Any, tally: Tally) -> None:
    convert(js_taken.map(_js_get_data), tally)


class Gathered(Handwritten):
    """Classic `WebSocket`, whose events JavaScript gathers in an array."""

    def __init__(self, js_socket: Any, take: Take) -> None:
        super().__init__(js_socket)
        self._take = take

    @classmethod
    async def gather(cls, url: str, take: Take) -> Self:
        client = cls(js.WebSocket.new(url), take)
        await client.opened.wait()
        return client

    async def receive(self, count: int) -> Tally:
        scope = Scope()
        gathering = JsGathering(scope, _size_of)
        self._js_socket.onmessage = gathering.js_push
        return await _gather(gathering, scope, self._take, count, self._js_socket)


class Prepared(Handwritten):
    """Classic `WebSocket`: a loop of its `send()`, with one string or array again and again."""

    async def send(self, message: Message, count: int) -> None:
        js_send, js_message = self._js_socket.send, to_js(message)
        size, unsent = len(message), 0
        for _ in range(count):
            js_send(js_message)
            unsent += size
            if unsent >= MARK:
                unsent = await self._room()

    async def _room(self) -> int:
        while (unsent := int(self._js_socket.bufferedAmount)) >= MARK:
            await asyncio.sleep(POLL_SECONDS)
        return unsent


class Copied(Prepared):
    """The same with a copy of the bytes for each message."""

    async def send(self, message: Message, count: int) -> None:
        js_send, js_copy = self._js_socket.send, JsStage().js_message
        size, unsent = len(message), 0
        for _ in range(count):
            js_send(js_copy(message))
            unsent += size
            if unsent >= MARK:
                unsent = await self._room()


class Pipes(Naive):
    """`WebSocketStream` through pipes."""

    def __init__(self, js_stream: Any, js_opened: Any) -> None:
        super().__init__(js_stream, js_opened)
        self._js_opened = js_opened
        self._proxies: list[Any] = []

    def _keep(self, callback: Callable[..., Any]) -> Any:
        self._proxies.append(create_proxy(callback))
        return self._proxies[-1]

    def _pipe_from_network(self, js_sink: Any, **strategy: Any) -> None:
        self._js_reader.releaseLock()
        js_writable = js.WritableStream.new(js_sink, js_object(**strategy))
        _pipe(self._js_opened.readable, js_writable)

    def _pipe_to_network(self, **source: Any) -> None:
        self._js_writer.releaseLock()
        _pipe(new_readable(**source), self._js_opened.writable)

    async def close(self) -> None:
        await super().close()
        for proxy in self._proxies:
            proxy.destroy()


def _pipe(js_readable: Any, js_writable: Any) -> None:
    js_options = js_object(preventClose=True, preventAbort=True)
    then(call(js_readable.pipeTo, js_readable, js_writable, js_options), js.Boolean, js.Boolean)


class GatheredPipe(Pipes):
    """A pipe into an array: the function that should tell a chunk's size is the array's `push`."""

    def __init__(self, js_stream: Any, js_opened: Any, take: Take) -> None:
        super().__init__(js_stream, js_opened)
        self._take = take

    @classmethod
    async def gather(cls, url: str, take: Take) -> Self:
        js_stream = js.WebSocketStream.new(url)
        return cls(js_stream, await js_stream.opened, take)

    async def receive(self, count: int) -> Tally:
        scope = Scope()
        gathering = JsGathering(scope, _size_of)
        self._pipe_from_network(js_object(), highWaterMark=1, size=gathering.js_push)
        return await _gather(gathering, scope, self._take, count)


class CalledPipe(Pipes):
    """A pipe whose sink calls a function of Python's with each message; it does nothing but count."""

    async def receive(self, count: int) -> Tally:
        tally, received = Tally(), asyncio.Event()

        def write(js_chunk: Any, _js_controller: Any) -> None:
            if not tally.messages:
                tally.size = js_size(js_chunk)
            tally.messages += 1
            if tally.messages == count:
                tally.size *= count
                received.set()

        self._pipe_from_network(js_object(write=self._keep(write)))
        await received.wait()
        return tally


class PreparedPipe(Pipes):
    """A pipe from a source that enqueues the same strings or arrays again and again.

    Like the package it enqueues as many at once as the browser's own pipe to the network has room for.
    """

    async def send(self, message: Message, count: int) -> None:
        js_batch: Any = to_js([message] * self._batch_of(message))
        self._send(message, count, lambda number: js_batch.slice(0, number))

    def _batch_of(self, message: Message) -> int:
        return max(1, BATCH_BYTES // len(message))

    def _send(self, message: Message, count: int, js_messages: Callable[[int], Any]) -> None:
        js_enqueue: Any = None
        left, most = count, self._batch_of(message)

        def pull(js_controller: Any) -> None:
            nonlocal js_enqueue, left
            js_enqueue = js_enqueue or js_controller.enqueue.bind(js_controller)
            if left:
                number = min(left, most)
                left -= number
                js_messages(number).forEach(js_enqueue)
            else:
                js_controller.close()

        self._pipe_to_network(pull=self._keep(pull))


class CopiedPipe(PreparedPipe):
    """The same with a copy of the bytes for each message."""

    async def send(self, message: Message, count: int) -> None:
        stage = JsStage()

        def js_messages(number: int) -> Any:
            one = number == 1
            return js.Array.of(stage.js_message(message)) if one else to_js([message] * number)

        self._send(message, count, js_messages)
