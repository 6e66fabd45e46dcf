"""Servers that send anything: it ends in a WebSocketError, or in the close that the engine reports."""

from __future__ import annotations

from collections import Counter

from websocketstream import WebSocketCloseInfo, WebSocketError, WebSocketOpenInfo

from ..steps import outcome, settled
from .env import StressEnv, within
from .registry import stress

LIMIT = 5.0


@stress
async def bad_input(env: StressEnv) -> None:
    """Connect to each of the option `paths`; count how they end."""
    ends: Counter[str] = Counter()
    for path in env.asked["paths"]:
        try:
            ends[await _end_of(env, path)] += 1
        except BaseException as error:
            error.add_note(f"The path: {path}")
            raise
    env.figures.update(ends)


async def _end_of(env: StressEnv, path: str) -> str:
    frames = path.startswith("/bytes")
    stream = env.stream(
        settled(path) if frames else path, open_timeout=LIMIT, close_timeout=LIMIT, protocols=["a", "b"]
    )
    opened = await within(LIMIT, outcome(stream.opened))
    end: object = None
    if isinstance(opened, WebSocketOpenInfo):
        reader = opened.readable.get_reader()
        while end is None:
            result = await within(LIMIT, outcome(reader.read()))
            if isinstance(result, Exception):
                end = result
            elif result.done:  # type: ignore[attr-defined]
                end = "done"
    else:
        assert not frames, f"the connection was never open: {opened!r}"
        assert isinstance(opened, WebSocketError), repr(opened)
    closed = await within(LIMIT, outcome(stream.closed))
    if isinstance(closed, WebSocketCloseInfo):
        assert end == "done", f"closed with {closed}, but reading ended in {end!r}"
        # Engines take any code that is not reserved, also beyond 4999.
        assert 1000 <= closed.close_code < 65536 and closed.close_code != 1006, closed
        return "clean close"
    assert isinstance(closed, WebSocketError), repr(closed)
    assert end in (None, closed), f"{closed!r}, but reading ended in {end!r}"
    return "WebSocketError, open" if frames or end else "WebSocketError, not open"
