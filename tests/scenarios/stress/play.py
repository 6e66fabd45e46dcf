"""Plays a sequence of steps on a real connection, and checks the outcome against the model."""

from __future__ import annotations

import asyncio
from typing import Any

from websocketstream import (
    InvalidAccessError,
    ReadableStreamDefaultReader,
    ReadResult,
    WebSocketError,
    WebSocketOpenInfo,
    WritableStreamDefaultWriter,
)

from ..env import Env
from ..steps import outcome, refusal
from .env import StressEnv, within
from .model import Model, Step
from .registry import stress
from .sequences import LIMIT, SequencePlayer, play_all

DEFAULT_SETUP: Step = ["setup", 1 << 20, 1]


class Player(SequencePlayer):
    """One stream, and the steps that are taken on it. Those that need it open wait for that."""

    def __init__(self, env: Env, steps: list[Step]) -> None:
        super().__init__(env, steps, DEFAULT_SETUP)
        mark, compress = self._setup
        self.model = Model(env.native, mark)
        self._stream = env.stream(
            f"/obey?id={self._id}&compress={compress}",
            high_water_mark=mark,
            send_high_water_mark=mark,
            close_timeout=LIMIT,
        )
        self._opened: WebSocketOpenInfo | None = None
        self._reader: ReadableStreamDefaultReader | None = None
        self._writer: WritableStreamDefaultWriter | None = None
        self._reads: list[asyncio.Task[object]] = []

    def _leave(self) -> None:
        self._stream.close()

    # The steps.

    async def _is_open(self) -> bool:
        if self._opened is None and not self.model.unopened:
            opened = await within(LIMIT, outcome(self._stream.opened))
            assert isinstance(opened, WebSocketOpenInfo), repr(opened)
            self._opened = opened
        return self._opened is not None

    async def _open(self) -> None:
        await self._is_open()

    async def _cancel_opened(self) -> None:
        task = asyncio.ensure_future(_wait_for(self._stream.opened))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    async def _read(self) -> None:
        if reader := await self._get_reader():
            self._reads.append(asyncio.ensure_future(outcome(reader.read())))

    async def _drop_read(self) -> None:
        if reader := await self._get_reader():
            reader.read()

    async def _cancel_read(self) -> None:
        await asyncio.sleep(0)  # a task that has not begun would keep its read, and the place in line
        read = next((read for read in self._reads if not read.done()), None)
        if read is not None:
            read.cancel()
            self._reads.remove(read)

    async def _release_reader(self) -> None:
        if self._reader is not None:
            self._reader.release_lock()
            refusal(TypeError, self._reader.read)
            self._reader = None

    async def _write(self, size: int, kind: str) -> None:
        await self._send("x" * size if kind == "text" else b"x" * size)

    async def _say(self, command: str) -> None:
        await self._send(command)

    async def _bad_write(self) -> None:
        if writer := await self._get_writer():
            refusal(TypeError, writer.write, None)

    async def _ready(self) -> None:
        if writer := await self._get_writer():
            error = await within(LIMIT, outcome(writer.ready))
            assert error is None or self.model.ended, repr(error)

    async def _release_writer(self) -> None:
        if self._writer is not None:
            self._writer.release_lock()
            refusal(TypeError, self._writer.write, "x")
            self._writer = None

    async def _close(self, code: int | None, reason: str) -> None:
        if self._opened is None and not self._stream.opened.settled:
            self.model.unopened = True
        self._stream.close(code, reason)
        self.model.end("close", code, reason)

    async def _bad_close(self) -> None:
        refusal(InvalidAccessError, self._stream.close, 1001)

    async def _close_writer(self) -> None:
        if writer := await self._get_writer():
            writer.close()
            self.model.end("close writer")
            self.model.writable_closed = True

    async def _abort(self, code: int | None) -> None:
        if writer := await self._get_writer():
            self.model.end("abort", code, "aborted" if code else "")
            self.model.aborted = True
            await within(LIMIT, writer.abort(_reason(code, "aborted")))

    async def _cancel(self, code: int | None) -> None:
        if reader := await self._get_reader():
            self.model.end("cancel", code, "cancelled" if code else "")
            self.model.cancelled = True
            await within(LIMIT, outcome(reader.cancel(_reason(code, "cancelled"))))

    # What they are made of.

    async def _get_reader(self) -> ReadableStreamDefaultReader | None:
        if await self._is_open() and self._reader is None:
            assert self._opened is not None
            self._reader = self._opened.readable.get_reader()
            refusal(TypeError, self._opened.readable.get_reader)
            refusal(TypeError, self._opened.readable.cancel)
        return self._reader

    async def _get_writer(self) -> WritableStreamDefaultWriter | None:
        if await self._is_open() and self._writer is None:
            assert self._opened is not None
            self._writer = self._opened.writable.get_writer()
            refusal(TypeError, self._opened.writable.get_writer)
            refusal(TypeError, self._opened.writable.abort)
        return self._writer

    async def _send(self, message: str | bytes) -> None:
        if writer := await self._get_writer():
            error = None
            try:
                writer.write(message)
            except Exception as refused:
                error = refused
            self.model.wrote(message, error)

    # The end.

    async def _finish(self) -> None:
        model = self.model
        await self._is_open()
        await self._release_reader()
        results = [await _result(read) for read in self._reads]
        received = [each.value for each in results if isinstance(each, ReadResult) and not each.done]
        if not model.ended:
            if reader := await self._get_reader():
                while len(received) < model.promised:
                    received.append((await within(LIMIT, reader.read())).value)
            await self._close(None, "")
        if self._opened is None:
            assert isinstance(await outcome(self._stream.opened), WebSocketError)
            model.check_closed(await outcome(self._stream.closed))
            return
        # Reading comes first: the server's Close frame is behind its messages, which may be held back.
        end = await self._read_on(received)
        closed = await within(LIMIT, outcome(self._stream.closed))
        model.check_closed(closed)
        model.check_messages([each for each in received if each is not None], end)
        model.check_end_of_reading(end, closed)
        if writer := await self._get_writer():
            error = await within(LIMIT, outcome(writer.closed))
            model.check_writable_closed(error if isinstance(error, Exception) else None, closed)
            refusal(Exception, writer.write, "too late")
        model.check_journal(await self._env.journal(self._id))

    async def _read_on(self, received: list[Any]) -> Exception | None:
        reader = await self._get_reader()
        assert reader is not None
        while True:
            result = await within(LIMIT, outcome(reader.read()))
            if isinstance(result, Exception):
                return result
            assert isinstance(result, ReadResult)
            if result.done:
                return None
            received.append(result.value)


async def _wait_for(promise: Any) -> None:
    await promise


async def _result(read: asyncio.Task[object]) -> object:
    await asyncio.wait([read], timeout=LIMIT)
    assert read.done(), "a read does not end"
    return read.result()


def _reason(code: int | None, reason: str) -> object:
    return None if code is None else WebSocketError(close_code=code, reason=reason)


@stress
async def interleavings(env: StressEnv) -> None:
    """Play the sequences of the option, up to the first that fails; report its number and why."""
    await play_all(env, Player)
