"""Half an hour in the life of a page, in every cell at the same time. In the long form only:
test_connections.py has a short life in each cell.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.browser.pages import Page, page_pool
from tests.browser.plugin import SELECTION
from tests.browser.supervise import descendants
from tests.scenarios.stress.long_life import COMPARED
from tests.server import ThreadedServer

from .conftest import Runner, is_covered

SECONDS = 30 * 60
EVERY = 10
"""Seconds between two readings of the browsers' memory."""
GROWTH = "growth of the browser's processes (MB)"
SLOWER = 1.25
"""Times that a round trip of the old connection may take, compared with that of a fresh one."""
LARGER = 100
"""Megabytes by which a browser may grow. It collects garbage when it likes."""


@pytest.fixture
def lives(request: pytest.FixtureRequest, ws_server: ThreadedServer) -> Iterator[list[Runner]]:
    """A runner for each cell, with a browser of its own."""
    cells = [cell for cell in request.config.stash[SELECTION].cells() if is_covered(cell.page)]
    with ExitStack() as pools:
        pages = [pools.enter_context(page_pool()).get(cell.page) for cell in cells]
        yield [
            Runner(request.node, cell, page, ws_server) for cell, page in zip(cells, pages, strict=True)
        ]


def test_long_life(lives: list[Runner]) -> None:
    """A connection that is used in bursts, and one per second that comes and goes, keep nothing."""
    for run in lives:
        run("long_life", seconds=6, pace=0.02)  # starts the page, and does everything once
    options = {"seconds": SECONDS, "pace": 1, "limit": SECONDS + 120}
    with ThreadPoolExecutor(len(lives)) as threads:
        running = [threads.submit(run, "long_life", **options) for run in lives]
        sizes: list[list[float]] = [[] for _ in lives]
        while wait(running, timeout=EVERY).not_done:
            for run, readings in zip(lives, sizes, strict=True):
                readings.append(memory_of(run.page))
    for run, life, readings in zip(lives, running, sizes, strict=True):
        sixth = len(readings) // 6
        growth = min(readings[-sixth:]) - min(readings[sixth : 2 * sixth])
        if life.exception() is None:
            life.result()[GROWTH] = round(growth, 1)
            run.report(f"A page that lives for {SECONDS // 60} minutes", life.result())
    for life in running:
        figures = life.result()
        assert figures[GROWTH] < LARGER, figures
        assert figures[f"{COMPARED}: at the end"] < SLOWER, figures


def memory_of(page: Page) -> float:
    """Return the megabytes that the processes of a page's browser occupy, shared ones in proportion."""
    total = 0
    for process in descendants(page.runner.driver.service.process.pid):
        with suppress(OSError):  # it has ended
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000
