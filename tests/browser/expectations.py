"""Which skips are expected, from expected_skips.toml. Any other skip fails its test."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .cells import Cell

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
