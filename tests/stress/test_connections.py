"""Connections at once, up to the browser's limit, and one after the other: none is lost or leaks."""

from .conftest import Runner

IN_TURN = {False: 100, True: 2000}


def test_as_many_at_once_as_the_browser_allows(run: Runner, long: bool) -> None:
    """Each echoes; one too many fails with an error that names the limit; then there is room again."""
    try:
        run.report("Connections", run("connections_at_once", limit=200, settle=20))
    finally:
        run.page.close()


def test_one_after_the_other(run: Runner, long: bool) -> None:
    """No proxy, task, timer or listener is left behind."""
    run.report("Connections", run("connections_in_turn", count=IN_TURN[long], limit=300))
