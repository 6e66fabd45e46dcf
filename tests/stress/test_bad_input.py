"""Malformed input from servers and wrong calls end in a clear error, never in a crash or a hang."""

from collections import Counter

from tests.scenarios.stress.bad_calls import STATES

from . import malformed
from .conftest import Runner

SEEDS = {False: 150, True: 2000}
BATCH = 50


def test_malformed_frames_and_handshakes(run: Runner, long: bool) -> None:
    """Malformed input ends in a WebSocketError, or in the close that the engine reports."""
    ends: Counter[str] = Counter()
    for first in range(0, SEEDS[long], BATCH):
        paths = [malformed.path(seed) for seed in range(first, first + BATCH)]
        ends.update(run("bad_input", paths=paths, limit=300))
    assert sum(ends.values()) == SEEDS[long]
    run.report("Malformed frames and handshakes", dict(sorted(ends.items())))


def test_wrong_arguments(run: Runner) -> None:
    """Every public function rejects wrong types with a clear error, and the stream goes on working."""
    run.report("Wrong calls", run("bad_arguments", limit=120))


def test_wrong_order(run: Runner, long: bool) -> None:
    """Calls in any order, after the end, or from two tasks raise a clear error or work."""
    run.report("Wrong calls", run("bad_order", states=len(STATES) if long else 3, limit=120))
