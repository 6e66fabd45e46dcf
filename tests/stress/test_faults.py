"""Network faults: each await ends in a defined error, in time, and what had arrived is delivered."""

from collections.abc import Sequence
from typing import Any

from tests.scenarios.stress.faults import CRASHES_NATIVE, FAULTS, RACES_NATIVE

from .conftest import CRASHES, Runner

ROUNDS = {False: 1, True: 20}
"""The number of times that each fault is repeated, in the short form and in the long one."""

LEAVES_A_WRITE = ("half-open while sending",)
"""The browser's own API has no call that frees a connection with a stuck write. It goes with the page;
if it fails before, the tab crashes (`failed_write_crash` of docs/backends.md)."""

SENDING = [name for name in FAULTS if "sending" in name]


def test_every_fault_ends_in_time(run: Runner, long: bool) -> None:
    """Each fault ends in the error that the table says, in time, and leaves nothing behind.

    Chromium's own WebSocketStream may crash the tab as a connection fails; that is counted.
    """
    left_out = CRASHES_NATIVE if run.cell.backend == "native" else ()
    strike(run, ROUNDS[long], [name for name in FAULTS if name not in left_out])


def test_safe_never_crashes(run: Runner, long: bool) -> None:
    """With the back end "safe" a page that sends without a pause survives every fault."""
    strike(run, ROUNDS[long], SENDING, backend="safe")


def strike(run: Runner, rounds: int, names: Sequence[str], **options: Any) -> None:
    """Repeat the faults; report the slowest time of each."""
    native = run.cell.backend == "native" and not options
    races = RACES_NATIVE if native else ()
    slowest = dict.fromkeys(names, 0.0)
    for _ in range(rounds):
        for name in names:
            live = run.unless_crashed if name in races else run
            figures = live("live_through", faults=[name], **options)
            if figures is not None:
                slowest[name] = max(slowest[name], figures[name])
            if native and name in LEAVES_A_WRITE:
                run.page.close()
    counted = {CRASHES: f"{run.crashes} of {rounds * len(races)}"} if races else {}
    with_safe = f", backend={options['backend']!r}" if options else ""
    run.report(f"Faults: the slowest of {rounds}, in seconds{with_safe}", slowest | counted)
    assert run.crashes <= rounds * len(races) // 3
