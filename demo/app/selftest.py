"""The self-test: runs the package's quick scenarios on each back end of this browser."""

import asyncio
import time
import traceback
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import js
from scenarios.env import BrowserEnv, Skip
from scenarios.registry import Scenario, all_scenarios

from . import words
from .backend import BackendSwitch
from .dom import element, js_value, make, on, set_text, spawn
from .flood_panel import FloodPanel

MARKS = {"passed": "✓", "failed": "✕", "skipped": "–"}


ENGINES = {"edge": "chromium", "safari": "webkit"}
"""The engines of browsers whose names differ."""


@dataclass(frozen=True)
class Row:
    """The result of one scenario on one back end."""

    scenario: str
    backend: str
    outcome: str
    reason: str
    ms: int


class SelfTest:
    """The last panel: a button, the totals and the table."""

    def __init__(self, server: str | None, switch: BackendSwitch, flood: FloodPanel) -> None:
        self._server = server
        self._switch = switch
        self._flood = flood
        self._button = element("selftest-button")
        self._totals = element("totals")
        on(self._button, "click", lambda event: spawn(self.run()))
        if server is None:
            set_text(self._totals, "This page has no WebSocket server to test against.")
        else:
            element("selftest").disabled = False

    async def run(self, *, show: bool = False) -> None:
        """Run all scenarios, and store the result in `window.selftestReport` for scripts."""
        self._flood.stop()
        self._button.disabled = True
        rows: list[Row] = []
        try:
            rows = await self._run_all(show)
        finally:
            self._button.disabled = False
            outcomes = [row.outcome for row in rows]
            totals = {outcome: outcomes.count(outcome) for outcome in MARKS}
            report = {"rows": [asdict(row) for row in rows], **totals}
            js.window.selftestReport = js_value(report)
            passed = totals["passed"] and not totals["failed"]
            js.document.documentElement.dataset.selftest = "passed" if passed else "failed"

    async def _run_all(self, show: bool) -> list[Row]:
        if self._server is None:
            return []
        scenarios = [found for found in all_scenarios().values() if found.quick]
        backends = self._switch.available
        table = Table(scenarios, backends)
        if show:
            element("selftest-title").scrollIntoView()
        rows: list[Row] = []
        begun = time.monotonic()
        browser = words.browser(self._switch.support.runtime).split()[0].lower()
        engine = ENGINES.get(browser, browser)
        for backend in backends:
            for scenario in scenarios:
                done, all = len(rows), len(scenarios) * len(backends)
                set_text(self._totals, f"{done} of {all} done")
                table.begin(scenario.name, backend)
                env = BrowserEnv(backend=backend, server=self._server, thread="main", engine=engine)
                row = await _run_one(scenario, env)
                rows.append(row)
                table.show(row)
        table.bring_up(list(dict.fromkeys(row.scenario for row in rows if row.outcome == "failed")))
        self._show_totals(rows, time.monotonic() - begun)
        return rows

    def _show_totals(self, rows: list[Row], seconds: float) -> None:
        parts: list[Any] = []
        for outcome in MARKS:
            number = sum(row.outcome == outcome for row in rows)
            if number or outcome != "skipped":
                parts += [make("b", f"{number} {outcome}", class_=outcome if number else ""), ", "]
        self._totals.replaceChildren(*parts[:-1], f" in {seconds:.1f} s")


class Table:
    """The table of results: a row for each scenario, a column for each back end."""

    def __init__(self, scenarios: list[Scenario], backends: list[str]) -> None:
        names = ["Scenario", *backends]
        head = make("tr", *(make("th", name, scope="col") for name in names))
        element("results-head").replaceChildren(head)
        self._names: dict[str, Any] = {}
        self._cells: dict[tuple[str, str], Any] = {}
        self._lines: dict[str, Any] = {}
        for scenario in scenarios:
            title = scenario.name.replace("_", " ")
            head = make("th", title, make("small", *_with_code(scenario.doc)), scope="row")
            cells = [make("td", class_="waiting") for _ in backends]
            self._names[scenario.name] = head
            self._cells |= {
                (scenario.name, name): cell for name, cell in zip(backends, cells, strict=True)
            }
            self._lines[scenario.name] = make("tr", head, *cells)
        self._body = element("results-body")
        self._body.replaceChildren(*self._lines.values())
        element("results-box").hidden = False

    def begin(self, scenario: str, backend: str) -> None:
        set_text(self._cells[scenario, backend], "…")

    def show(self, row: Row) -> None:
        cell = self._cells[row.scenario, row.backend]
        cell.className = row.outcome
        spoken = make("span", row.outcome, class_="unseen")
        text = f"{row.ms} ms" if row.outcome == "passed" else row.outcome
        mark = make("span", f"{MARKS[row.outcome]} {text}", aria_hidden="true")
        cell.replaceChildren(spoken, mark)
        if row.reason:
            text = f"{row.outcome} on {row.backend}: {row.reason}"
            self._names[row.scenario].append(make("small", text, class_=row.outcome))

    def bring_up(self, scenarios: list[str]) -> None:
        """Move these to the top."""
        self._body.prepend(*(self._lines[name] for name in scenarios))


def _with_code(text: str) -> list[Any]:
    """Return the parts of a docstring, with ``code`` as elements."""
    parts = text.split("``")
    return [make("code", part) if index % 2 else part for index, part in enumerate(parts)]


async def _run_one(scenario: Scenario, env: BrowserEnv) -> Row:
    begun = time.monotonic()
    outcome, reason = "passed", ""
    limit = asyncio.timeout(scenario.timeout)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            async with limit:
                await scenario.run(env)
    except Skip as skip:
        outcome, reason = "skipped", str(skip)
    except Exception as error:
        late = f"not finished after {scenario.timeout:g} s"
        outcome, reason = "failed", late if limit.expired() else _explain(error)
    ms = round(1000 * (time.monotonic() - begun))
    return Row(scenario.name, env.backend, outcome, reason, ms)


def _explain(error: Exception) -> str:
    """Return the error, and the line of the scenario that raised it."""
    text = f"{words.error_name(error)}: {error}".rstrip(": ")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "/scenarios/" in frame.filename:
            return f"{text} ({frame.filename.rpartition('/')[2]}:{frame.lineno}: {frame.line})"
    return text
