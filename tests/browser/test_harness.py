"""The harness sees what it should see: scenarios of selfcheck.py that misbehave are reported."""

from typing import Any

import pytest

from . import selfcheck
from .cells import PageSpec
from .pages import SELFCHECK, Outcome, Page


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
        outcome = run(page, name, settle=0.2)
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
