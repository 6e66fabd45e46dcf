"""Whatever a network does, each await ends in a defined error, in time, and what came is delivered."""

from collections.abc import Sequence
from typing import Any

from tests.scenarios.stress.faults import CRASHES_NATIVE, FAULTS

from .conftest import Runner

ROUNDS = {False: 1, True: 20}
"""How often each fault strikes, in the short form and in the long one."""

SENDING = [name for name in FAULTS if "sending" in name]


def test_every_fault_ends_in_time(run: Runner, long: bool) -> None:
    """Each fault of the table ends as it says, leaves nothing behind, and crashes nothing."""
    left_out = CRASHES_NATIVE if run.cell.backend == "native" else ()
    strike(run, ROUNDS[long], [name for name in FAULTS if name not in left_out])


def test_safe_never_crashes(run: Runner, long: bool) -> None:
    """With the back end "safe" a page that sends without pause lives through every fault."""
    strike(run, ROUNDS[long], SENDING, backend="safe")


def strike(run: Runner, rounds: int, names: Sequence[str], **options: Any) -> None:
    """Let the faults strike again and again; report the slowest."""
    slowest = dict.fromkeys(names, 0.0)
    for _ in range(rounds):
        for name in names:
            slowest[name] = max(slowest[name], run("live_through", faults=[name], **options)[name])
    with_safe = f", backend={options['backend']!r}" if options else ""
    run.report(f"Faults: the slowest of {rounds}, in seconds{with_safe}", slowest)
