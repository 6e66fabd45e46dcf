"""Plays a sequence of steps with `websockets`, and checks the outcome against the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from ...steps import Message, failure, outcome
from ...stress.env import within
from ...stress.model import SMALL_MARK, Step
from ...stress.sequences import LIMIT, SequencePlayer, play_all
from ..env import LibrariesEnv
from .env import GatewayStressEnv
from .model import DEFAULT_SETUP, SMALL_QUEUE, Model
from .registry import stress

CLOSE_TIMEOUT = 0.3
"""The library's own time limit of closing, where it is likely to be reached."""


class Player(SequencePlayer):
    """One connection of `websockets`, and the steps that are taken on it."""

    def __init__(self, env: LibrariesEnv, steps: list[Step]) -> None:
        super().__init__(env, steps, DEFAULT_SETUP)
        self._env: LibrariesEnv = env
        self._queue, mark, self._interval = self._setup
        self.model = Model(env.in_page, env.native and mark == SMALL_MARK, self._queue == SMALL_QUEUE)
        env.install(high_water_mark=mark)
        self._ws: ClientConnection
        self._reading: asyncio.Task[Any] | None = None
        self._received: list[Message] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def _connect(self) -> None:
        self._ws = await within(
            LIMIT,
            _wait_for(
                self._env.connect(
                    f"/obey?id={self._id}",
                    max_queue=self._queue,
                    ping_interval=self._interval,
                    ping_timeout=None,
                    close_timeout=CLOSE_TIMEOUT if self.model.may_give_up else LIMIT,
                )
            ),
        )

    def _leave(self) -> None:
        self._ws.transport.abort()

    # The steps.

    async def _recv(self) -> None:
        self._take_result()
        if self._reading is None:
            self._reading = asyncio.ensure_future(outcome(self._ws.recv()))
            await asyncio.sleep(0)

    async def _recv_twice(self) -> None:
        if self._reading is not None and not self._reading.done():
            await failure(ConcurrencyError, self._ws.recv())

    async def _cancel_recv(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            if self._reading.cancelled():
                self._reading = None
            self._take_result()

    async def _send(self, size: int, kind: str) -> None:
        await self._send_message("x" * size if kind == "text" else b"x" * size)

    async def _say(self, command: str) -> None:
        await self._send_message(command)

    async def _send_fragments(self, count: int) -> None:
        await self._send_message("".join("part " * count), ["part "] * count)

    async def _send_message(self, message: Message, parts: list[str] | None = None) -> None:
        error = await within(LIMIT, outcome(self._ws.send(message if parts is None else parts)))
        assert error is None or isinstance(error, ConnectionClosed), repr(error)
        self.model.sent(message, error)

    async def _bad_send(self) -> None:
        await failure(TypeError, self._ws.send(5))  # type: ignore[arg-type]

    async def _ping(self) -> None:
        pong = await within(LIMIT, outcome(self._ws.ping()))
        if isinstance(pong, ConnectionClosed):
            assert self.model.ended, repr(pong)
        else:
            assert isinstance(pong, asyncio.Future), repr(pong)
            self._tasks.append(asyncio.ensure_future(self._see_pong(pong)))

    async def _see_pong(self, pong: Awaitable[float]) -> None:
        latency = await within(LIMIT, outcome(pong))
        assert isinstance(latency, float) or self.model.ended, repr(latency)

    async def _close(self, code: int, reason: str) -> None:
        self.model.end(code, reason)
        self._tasks.append(asyncio.ensure_future(within(2 * LIMIT, self._ws.close(code, reason))))
        await asyncio.sleep(0)

    async def _abort(self) -> None:
        self.model.abort()
        self._ws.transport.abort()
        await asyncio.sleep(0)  # until then the library does not know

    def _take_result(self) -> None:
        """Keep the result of a recv() that has ended."""
        if self._reading is not None and self._reading.done():
            result = self._reading.result()
            self._reading = None
            if isinstance(result, ConnectionClosed):
                assert self.model.ended, repr(result)
            else:
                assert isinstance(result, Message), repr(result)
                self._received.append(result)

    # The end.

    async def _finish(self) -> None:
        model = self.model
        if self._reading is not None and (self._reading.done() or not model.ended):
            if len(self._received) >= model.promised and not model.ended:
                await self._cancel_recv()
            else:
                await within(LIMIT, asyncio.wait([self._reading]))
                self._take_result()
        if not model.ended:
            while len(self._received) < model.promised:
                self._received.append(await within(LIMIT, self._ws.recv()))
            await self._close(1000, "")
        # Reading comes first: the server's Close frame is behind its messages, which may be held back.
        await self._read_on()
        await within(LIMIT, self._ws.wait_closed())
        for task in self._tasks:
            await within(2 * LIMIT, task)
        end = (self._ws.close_code or 0, self._ws.close_reason or "")
        model.check_messages(self._received, end)
        error = await within(LIMIT, outcome(self._ws.send("too late")))
        assert isinstance(error, ConnectionClosed), repr(error)
        model.check_journal(await self._env.journal(self._id))

    async def _read_on(self) -> None:
        if self._reading is not None:
            await within(LIMIT, asyncio.wait([self._reading]))
            assert self._reading.done(), "a recv() does not end"
            self._take_result()
        while not isinstance(result := await within(LIMIT, outcome(self._ws.recv())), ConnectionClosed):
            assert isinstance(result, Message), repr(result)
            self._received.append(result)


async def _wait_for(connecting: Awaitable[ClientConnection]) -> ClientConnection:
    return await connecting


@stress
async def interleavings(env: GatewayStressEnv) -> None:
    """Play the sequences of the option, up to the first that fails; report its number and why."""
    await play_all(env, Player)
