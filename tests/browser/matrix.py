"""The table at the end of a run: engine × back end × thread × Pyodide, also as JSON.

What is run in further environments has a table of its own, of the same form, with what `support()` says
of each.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from .cells import ROOT, Cell, all_pages, context_pages, further_pages

RESULT = ROOT / ".build" / "matrix.json"
FURTHER_RESULT = ROOT / ".build" / "environments.json"


class Matrix:
    """A pytest plugin that counts the scenarios of each cell."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._tables = {
            path: {cell.id: cell for page in pages for cell in page.cells}
            for path, pages in (
                (RESULT, [*all_pages(), *context_pages()]),
                (FURTHER_RESULT, further_pages()),
            )
        }
        self._cells = {id: cell for cells in self._tables.values() for id, cell in cells.items()}
        self._support: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test; see plugin.py for the properties that reports carry."""
        properties = dict(report.user_properties)
        if support := properties.get("support"):
            self._support[str(properties["page"])] = support  # type: ignore[assignment]
        cell = self._cells.get(str(properties.get("cell")))
        if cell is None:
            return
        row = self._rows.setdefault(
            cell.id,
            {
                "engine": cell.page.engine,
                "engine_version": "",
                "backend": cell.backend,
                "thread": cell.page.thread,
                "pyodide": cell.page.pyodide,
                "scheme": cell.page.scheme,
                "passed": 0,
                "failed": 0,
                "skipped": [],
                "seconds": 0.0,
            },
        )
        row["seconds"] += report.duration
        row["engine_version"] = properties.get("engine_version") or row["engine_version"]
        if report.failed:
            row["failed"] += 1
        elif report.when == "call" and report.passed:
            row["passed"] += 1
        elif report.skipped:
            # pytest-xdist puts the group's name behind the bracket.
            test = report.nodeid.rpartition("]")[0].rpartition("::")[2]
            row["skipped"].append({"test": test, "reason": _reason(report)})

    def rows(self, cells: dict[str, Cell]) -> list[dict[str, Any]]:
        """One row per cell, in the order of the table."""
        found = []
        for id, cell in cells.items():
            if row := self._rows.get(id):
                more = {"support": support} if (support := self._support.get(cell.page.id)) else {}
                found.append(row | {"seconds": round(row["seconds"], 1)} | more)
        return found

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for path, cells in self._tables.items():
            if rows := self.rows(cells):
                self._summarise(terminalreporter, path, rows)

    def _summarise(
        self, terminalreporter: pytest.TerminalReporter, path: Path, rows: list[dict[str, Any]]
    ) -> None:
        write(rows, path)
        terminalreporter.section(path.stem)
        for line in table(rows):
            terminalreporter.line(line)
        reasons: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            for skip in row["skipped"]:
                reasons[skip["reason"]].add(skip["test"])
        if reasons:
            terminalreporter.line("")
            terminalreporter.line("skipped:")
        for reason, tests in sorted(reasons.items()):
            terminalreporter.line(f"  {reason} ({', '.join(sorted(tests))})")
        terminalreporter.line(f"written to {path.relative_to(ROOT)}")


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=2) + "\n")


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as aligned text."""
    heads = ("engine", "back end", "thread", "Pyodide", "URL", "passed", "failed", "skipped", "seconds")
    cells = [
        (
            f"{row['engine']} {_short(row['engine_version'])}",
            row["backend"],
            row["thread"],
            row["pyodide"],
            row["scheme"],
            str(row["passed"]),
            str(row["failed"]),
            str(len(row["skipped"])),
            f"{row['seconds']:.1f}",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if number > 4 else text.ljust(width)
            for number, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in (heads, *cells)
    ]


def _short(version: str) -> str:
    """The major version; with the minor one where, as in WebKitGTK, it is what changes."""
    parts = version.split(".")
    return ".".join(parts[: 1 if len(parts[0]) > 1 else 2])


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)
