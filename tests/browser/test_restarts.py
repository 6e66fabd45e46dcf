"""A page survives what a scenario can do to it: never ending, blocking, crashing the tab.

Each test costs a new start of the page, so they run on one page of each engine, or of one engine.
"""

import contextlib
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import pages
from .cells import PageSpec
from .pages import SCENARIO_LIMIT, Page
from .plugin import SELECTION
from .supervise import descendants
from .test_harness import run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pages = metafunc.config.stash[SELECTION].newest_pages()
    selected = [page for page in pages if page.thread == "main"]
    # One engine shows what Python reports of a scenario that never ends, and one that a worker that is
    # blocked leaves its page without an answer, too.
    if metafunc.function is test_a_scenario_that_never_ends_is_ended:
        selected = selected[:1]
    elif metafunc.function is test_a_page_that_blocks_is_given_up:
        selected += [page for page in pages if page.thread == "worker"][:1]
    metafunc.parametrize("spec", selected, ids=[page.id for page in selected])


def test_a_scenario_that_never_ends_is_ended(spec: PageSpec, page: Page) -> None:
    """The report shows where its tasks stood, down to the innermost function."""
    outcome = run(page, "never_ends", limit=0.5)
    assert outcome.outcome == "failed"
    assert "not finished after 0.5 s" in outcome.text
    assert "in _inner\n    await asyncio.get_running_loop().create_future()" in outcome.text
    assert not outcome.clean


def test_a_page_that_blocks_is_given_up(
    spec: PageSpec, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario that never yields fails, and the page is closed."""
    monkeypatch.setattr(pages, "GRACE", 1.0)
    outcome = run(page, "blocks", limit=0.5)
    assert outcome.outcome == "failed"
    assert "does not answer" in outcome.text
    assert not outcome.clean


def test_a_crashed_tab_is_noticed(spec: PageSpec, page: Page) -> None:
    """A crash in the middle of a scenario is reported at once; the next one gets a new page."""
    service = page.runner.driver.service
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        begun = time.monotonic()
        future = pool.submit(run, page, "never_ends_once_connected", server=url)
        connection, _ = server.accept()
        for pid in renderers(service.process.pid):
            os.kill(pid, signal.SIGKILL)
        outcome = future.result()
        connection.close()
    assert outcome.outcome == "failed"
    assert outcome.crashed
    assert time.monotonic() - begun < SCENARIO_LIMIT / 2
    assert run(page, "passes").outcome == "passed"


def renderers(supervisor: int) -> list[int]:
    """The processes in which an engine runs its tabs."""
    marks = (b"--type=renderer", b"WebKitWebProcess", b"-contentproc")
    found = []
    for pid in descendants(supervisor):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if any(mark in command for mark in marks):
                found.append(pid)
    return found
