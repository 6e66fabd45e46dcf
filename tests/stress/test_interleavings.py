"""Random steps in every engine and on both back ends, against the same model as on the fake network."""

import json
import random
from collections.abc import Callable

import pytest

from tests.scenarios.stress.model import Step, generate

from .conftest import CRASHES, Runner

SEEDS = {False: 60, True: 500}
BATCH = 20

type Sequence = list[Step]


def test_any_steps_do_what_the_standard_says(run: Runner, long: bool) -> None:
    """Any sequence of calls leads to an outcome that the model allows.

    Chromium's own WebSocketStream may crash the tab as a connection fails; that is counted.
    """
    figures = play_random_steps(run, generate, SEEDS[long])
    run.report("Random steps", figures | {CRASHES: run.crashes})


def play_random_steps(run: Runner, generate: Callable[..., Sequence], count: int) -> dict[str, int]:
    """Play random sequences; fail with the shortest that fails, or if too many crash the tab."""
    native = run.cell.backend == "native"
    sequences = [generate(random.Random(seed).choice, native=native) for seed in range(count)]
    for first in range(0, count, BATCH):
        number, why = find_failure(run, sequences[first : first + BATCH])
        if number is not None:
            shortest = shorten(sequences[first + number], lambda steps: find_failure(run, [steps])[1])
            steps = "\n".join(json.dumps(step) for step in shortest)
            pytest.fail(f"seed {first + number}: {why}\n\nThe shortest that fails:\n{steps}", False)
    assert run.crashes <= count // 10
    return {"sequences": count, "steps": sum(map(len, sequences)), "failed": 0}


def find_failure(run: Runner, sequences: list[Sequence]) -> tuple[int | None, str]:
    """Play the sequences; return the number of the first that fails, and why."""
    limit = 10 + 20 * len(sequences)
    outcome = run.attempt("interleavings", sequences=sequences, limit=limit, settle=10)
    if "failed" in outcome.figures:
        number, why = outcome.figures["failed"]
        return number, why
    if outcome.outcome == "passed":
        return None, ""
    # It crashed the page, or left something behind: the page can't tell which of them it was.
    known = run.cell.backend == "native" and outcome.crashed
    if known:
        run.crashes += 1
    if len(sequences) == 1:
        return (None, "") if known else (0, outcome.text)
    for number, sequence in enumerate(sequences):
        if why := find_failure(run, [sequence])[1]:
            return number, why
    return None, ""


def shorten(steps: Sequence, fails: Callable[[Sequence], str]) -> Sequence:
    """Return fewer steps that still fail: leave out halves, then quarters, down to single steps."""
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            rest = steps[:start] + steps[start + size :]
            if fails(rest):
                steps = rest
            else:
                start += size
        size //= 2
    return steps
