"""The option for the long form, and the figures of a run as tables. Loaded by tests/conftest.py."""

import json
from typing import Any

import pytest

from tests.browser.cells import ROOT

FOLDER = ROOT / ".build" / "stress"
LONG = pytest.StashKey[bool]()

type Table = dict[str, dict[str, Any]]
"""Values by row and column."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("matrix").addoption(
        "--long", action="store_true", help="the long form of the stress tests, which takes hours"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(long=config.option.long), "websocketstream-stress")


class Figures:
    """Gathers what the tests have measured: tables with a column for each cell of the matrix."""

    def __init__(self, *, long: bool) -> None:
        self._long = long
        self._tables: dict[str, Table] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":  # has what the other phases have
            for name, value in report.user_properties:
                if name == "figures":
                    self._enter(*json.loads(str(value)))

    def _enter(self, title: str, column: str, values: dict[str, Any]) -> None:
        table = self._tables.setdefault(title, {})
        for row, value in values.items():
            table.setdefault(row, {})[column] = value

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tables:
            return
        form = "long" if self._long else "short"
        text = "\n".join(markdown(title, table) for title, table in self._tables.items())
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{form}.md").write_text(f"# Load and faults, {form} form\n\n{text}")
        (FOLDER / f"{form}.json").write_text(json.dumps(self._tables, indent=2) + "\n")
        terminalreporter.section("load and faults")
        terminalreporter.write(text)
        terminalreporter.line(f"written to {FOLDER.relative_to(ROOT) / form}.md and .json")


def markdown(title: str, table: Table) -> str:
    """Return a table as Markdown."""
    columns = sorted({column for values in table.values() for column in values})
    lines = [["", *columns], ["---" for _ in ("", *columns)]]
    lines += [
        [row, *(_shown(values.get(column)) for column in columns)] for row, values in table.items()
    ]
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(line)} |" for line in lines), "", ""])


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def report(item: pytest.Item, title: str, column: str, values: dict[str, Any]) -> None:
    """Enter one column of a table."""
    item.user_properties.append(("figures", json.dumps([title, column, values])))
