"""Very many messages, very many bytes, and a reader that stops: nothing is lost, memory is flat."""

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
"""Which way, how many messages, of how many bytes."""

PAUSE = {False: 0, True: 10}
"""Seconds that the reader stops, once the server is blocked."""


@pytest.mark.parametrize(
    "number", range(4), ids=["receive many", "send many", "receive much", "send much"]
)
def test_load(run: Runner, long: bool, number: int) -> None:
    """All arrives, in order and whole, in a page whose memory does not grow with it."""
    verb, count, size = LOADS[long][number]
    run.report("Load", run(verb, count=count, size=size, limit=1200))


def test_reader_that_stops(run: Runner, long: bool) -> None:
    """The server is held back at the mark, or the page warns once; no message is lost either way."""
    options = {"mark": MIB, "size": 10_000, "total": 40 * MIB // 10_000 * 10_000}
    figures = run("reader_that_stops", pause=PAUSE[long], limit=120, **options)
    run.report("A reader that stops in a flood", figures)


def test_overflow_error(run: Runner) -> None:
    """Where the server can't be held back, overflow="error" ends the connection, in order."""
    if run.cell.backend == "native":
        pytest.skip("the server is held back, so nothing overflows")
    run.report("A reader that stops in a flood", run("overflow_closes"))
