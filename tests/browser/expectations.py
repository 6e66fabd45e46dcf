"""What becomes of a scenario's outcome. A skip fails its test, unless expected_skips.toml has it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.registry import Scenario

from .cells import Cell
from .pages import Outcome

FILE = Path(__file__).with_name("expected_skips.toml")


@dataclass(frozen=True)
class Expectation:
    """Scenarios that can't hold in some cells, and why."""

    reason: str
    scenarios: tuple[str, ...]
    cells: tuple[tuple[str, tuple[str, ...]], ...]

    def covers(self, scenario: str, cell: Cell, reason: str) -> bool:
        facts = {
            "engine": cell.page.engine,
            "backend": cell.backend,
            "thread": cell.page.thread,
            "pyodide": cell.page.pyodide,
        }
        return (
            reason.startswith(self.reason)
            and scenario in self.scenarios
            and all(facts[name] in values for name, values in self.cells)
        )


@cache
def expectations() -> tuple[Expectation, ...]:
    """The file's entries."""
    return tuple(
        Expectation(
            entry["reason"],
            tuple(entry["scenarios"]),
            tuple((name, tuple(values)) for name, values in entry.get("cells", {}).items()),
        )
        for entry in tomllib.loads(FILE.read_text()).get("skip", ())
    )


def is_expected(scenario: str, cell: Cell, reason: str) -> bool:
    """Whether the file has this skip."""
    return any(entry.covers(scenario, cell, reason) for entry in expectations())


def judge(scenario: Scenario, cell: Cell, outcome: Outcome) -> None:
    """Pass, fail or skip the test of a scenario."""
    if outcome.output:
        print(outcome.output)
    if outcome.outcome == "failed":
        pytest.fail(f"{scenario.doc}\n\n{outcome.text}", pytrace=False)
    if outcome.outcome == "skipped":
        if not is_expected(scenario.name, cell, outcome.reason):
            pytest.fail(f"skipped, but no such skip is expected: {outcome.reason}", pytrace=False)
        pytest.skip(outcome.reason)
