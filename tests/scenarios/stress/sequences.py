"""Plays sequences of steps, each a name with arguments, and says which was the first that failed."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

from ..env import Env
from .env import MeasuringEnv
from .model import Step

LIMIT = 5.0
"""Seconds for anything that a player waits for."""


class SequencePlayer:
    """One connection to /obey, and the steps that are taken on it.

    Subclasses have a method for each step: ``_cancel_read()`` for ``["cancel read"]``.
    """

    model: Any
    """The outcomes that are allowed."""

    def __init__(self, env: Env, steps: list[Step], default_setup: Step) -> None:
        self._env = env
        self._id = env.new_id()
        self._setup = next((step for step in steps if step[0] == "setup"), default_setup)[1:]
        self._steps = [step for step in steps if step[0] != "setup"]

    async def play(self) -> None:
        """Take the steps, see the connection to its end, and check all that has come of it."""
        await self._connect()
        try:
            for name, *arguments in self._steps:
                await getattr(self, "_" + name.replace(" ", "_"))(*arguments)
            await self._finish()
        finally:
            self._leave()

    async def _connect(self) -> None:
        """Connect, as far as the steps need it."""

    async def _finish(self) -> None:
        """See the connection to its end, and check."""
        raise NotImplementedError

    def _leave(self) -> None:
        """End the connection if it has not ended."""
        raise NotImplementedError

    # The steps that every player has.

    async def _turn(self) -> None:
        await asyncio.sleep(0)

    async def _wait(self) -> None:
        await asyncio.sleep(0.002)


async def play_all[E: MeasuringEnv](
    env: E, make_player: Callable[[E, list[Step]], SequencePlayer]
) -> None:
    """Play the sequences of the option, up to the first that fails; report its number and why."""
    env.expects = ("ReceiveBufferWarning",)
    for number, steps in enumerate(env.asked["sequences"]):
        player = make_player(env, steps)
        try:
            await player.play()
        except Exception as error:
            why = "".join(traceback.format_exception(error))
            env.figures["failed"] = [number, f"{why}\n{player.model}"]
            traceback.clear_frames(error.__traceback__)
            error.__traceback__ = None
            return
