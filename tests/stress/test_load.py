"""Very many messages, very many bytes, and a reader that stops: nothing is lost, and memory is flat."""

import pytest

from .conftest import Runner

MIB = 1 << 20

LOADS = {
    False: [("receive", 20_000, 32), ("send", 20_000, 32), ("receive", 64, MIB), ("send", 32, MIB)],
    True: [
        ("receive", 1_000_000, 32),
        ("send", 1_000_000, 32),
        ("receive", 4096, MIB),
        ("send", 1024, MIB),
    ],
}
"""The direction, the number of messages, and their size in bytes."""

PAUSE = {False: 0, True: 10}
"""Seconds that the reader stops, once the server is blocked."""


@pytest.mark.parametrize(
    "number", range(4), ids=["receive many", "send many", "receive much", "send much"]
)
def test_load(run: Runner, long: bool, number: int) -> None:
    """All messages arrive, in order and whole, and the page's memory does not grow with them."""
    verb, count, size = LOADS[long][number]
    run.report("Load", run(verb, count=count, size=size, limit=1200))


def test_reader_that_stops(run: Runner, long: bool) -> None:
    """While a reader stops, the server is held back or the page warns, and nothing is lost."""
    options = {"mark": MIB, "size": 10_000, "total": 40 * MIB // 10_000 * 10_000}
    figures = run("reader_that_stops", pause=PAUSE[long], limit=120, **options)
    run.report("A reader that stops in a flood", figures)


def test_overflow_error(run: Runner) -> None:
    """With overflow="error" a flood that can't be held back closes the connection."""
    if run.cell.backend == "native":
        pytest.skip("the server is held back, so nothing overflows")
    run.report("A reader that stops in a flood", run("overflow_closes"))
