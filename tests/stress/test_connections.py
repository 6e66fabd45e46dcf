"""Many connections, at once and one after the other: none is lost or leaks."""

from .conftest import Runner

IN_TURN = {False: 100, True: 2000}


def test_as_many_at_once_as_the_browser_allows(run: Runner, long: bool) -> None:
    """One connection too many raises an error that names the limit; the others work."""
    try:
        run.report("Connections", run("connections_at_once", limit=200, settle=20))
    finally:
        run.page.close()


def test_one_after_the_other(run: Runner, long: bool) -> None:
    """Connections that are made one after the other leave no proxy, task, timer or listener behind."""
    run.report("Connections", run("connections_in_turn", count=IN_TURN[long], limit=300))


def test_life_in_short(run: Runner) -> None:
    """A connection that is used while others come and go keeps nothing; see test_long_life.py."""
    run.report("A page that lives for 3 seconds", run("long_life", seconds=3, pace=0.01, limit=120))
