"""The harness sees what it should see: scenarios of selfcheck.py that misbehave are reported."""

import contextlib
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from . import pages, selfcheck
from .cells import PageSpec
from .pages import SCENARIO_LIMIT, SELFCHECK, Outcome, Page
from .supervise import descendants


def run(page: Page, name: str, *, server: str = "", **options: Any) -> Outcome:
    """Run one scenario of selfcheck.py."""
    cell = page.spec.cells[0]
    return page.run_scenario(name, cell, server, registry=SELFCHECK, **options)


@pytest.mark.parametrize("name", ["passes", "prints", "makes_expected_noise", "cleans_up"])
def test_good_scenarios_pass(page_spec: PageSpec, page: Page, name: str) -> None:
    """What is cleaned up, expected or only printed is no reason to fail."""
    outcome = run(page, name)
    assert (outcome.outcome, outcome.text) == ("passed", "")


def test_misbehaviour_is_reported(page_spec: PageSpec, page: Page) -> None:
    """Each way to misbehave fails its scenario, with the reason, and spoils no other one."""
    unseen = {}
    for name, reported in selfcheck.REPORTED.items():
        outcome = run(page, name)
        if outcome.outcome != "failed" or reported not in outcome.text or not outcome.clean:
            unseen[name] = outcome
        if (after := run(page, "passes")).outcome != "passed":
            unseen[f"passes, after {name}"] = after
    assert not unseen


def test_a_skip_keeps_its_reason(page_spec: PageSpec, page: Page) -> None:
    """A scenario that can't hold here says why."""
    outcome = run(page, "skips")
    assert (outcome.outcome, outcome.reason) == ("skipped", "for this reason")


def test_output_is_kept(page_spec: PageSpec, page: Page) -> None:
    """What a scenario prints comes back with it."""
    assert run(page, "prints").output == "a line for the report"


def test_a_scenario_that_never_ends_is_ended(page_spec: PageSpec, page: Page) -> None:
    """The report shows where its tasks stood, down to the innermost function."""
    outcome = run(page, "never_ends", limit=0.5)
    assert outcome.outcome == "failed"
    assert "not finished after 0.5 s" in outcome.text
    assert "in _inner\n    await asyncio.get_running_loop().create_future()" in outcome.text
    assert not outcome.clean


def test_a_page_that_blocks_is_given_up(
    page_spec: PageSpec, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario that never yields fails, and the next one gets a fresh page."""
    monkeypatch.setattr(pages, "GRACE", 1.0)
    outcome = run(page, "blocks", limit=0.5)
    assert outcome.outcome == "failed"
    assert "does not answer" in outcome.text
    assert run(page, "passes").outcome == "passed"


def test_a_crashed_tab_is_noticed(page_spec: PageSpec, page: Page) -> None:
    """A crash in the middle of a scenario is reported at once, and the next one gets a new tab."""
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
    assert outcome.text.startswith("tab crashed")
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
