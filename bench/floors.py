"""``python -m bench.floors``: where the time goes between JavaScript's loop and this package.

A ladder is a row of clients of which each does one thing more than the one before it: JavaScript's loop,
Python that only calls the browser, and so on up to the package. They take turns on one page, so the
rung from which on a goal is missed can be seen: the floor, which no client in Python gets below, or
what the package adds to it. See "Where the time goes" in docs/benchmarks.md.

Reported are the ratio to the first rung, of rates or, for round trips, of times, and the CPU time of
the page's thread. Needs Linux. All of it takes about eight minutes.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from statistics import quantiles
from textwrap import fill

from tests.browser.cells import BACKENDS, PageSpec, pyodide_versions
from tools.project import BUILD, ROOT, Problem, can_be_published, commit, main, replace_block, say

from . import server
from .floors_plan import BY_NAME, Ladder, Rung, case_id, climbs
from .measure import Bench, Sample, Scale
from .pages import SampleFailed, page
from .plan import FEWEST_ROUNDS, Case, Contender, Selection
from .processes import busiest
from .report import ENGINES, WIDTH, Row, digits, ratio_text, table
from .results import Ratio, Results, ratio

SECONDS, ROUNDS = 0.1, 10
ECHOES = 200
BURN_MS = 300
"""How long the page keeps its thread busy, which shows which process it is."""

STARTS, START_MESSAGES = 3, 2
"""How many samples, of how few messages, tell what it takes to open and close a connection."""

CPU = "cpu"
TABLES = BUILD / "bench" / "floors.md"
LEGEND = (
    "Ratios to the first row, with the interval that holds them with 95 % probability: of rates, or of "
    "times for round trips. Then the CPU time that a message takes on the page's thread. "
    "**Bold**: the floor for a client in Python."
)


class Climber(Bench):
    """Measures ladders in one engine."""

    def climb(self, ladder: Ladder, case: Case | None) -> None:
        """Measure all rungs."""
        say(f"{self._engine}: {ladder.title}{f', {case.label}' if case else ''}")
        prepared: dict[str, tuple[int, float]] = {}
        id = case_id(case)

        def sample(rung: Contender) -> Sample:
            if not self._page_pid:
                self._find_page()
            try:
                if rung.id not in prepared:
                    prepared[rung.id] = self._prepare(ladder.scenario, case, rung)
                number, overhead = prepared[rung.id]
                taken = self._take(ladder.scenario, case, rung, number)
            except SampleFailed:
                self._page_pid = 0  # The browser has been closed.
                raise
            used = (taken.cpu - overhead) / max(1, number - START_MESSAGES)
            return Sample({id: taken.values[id], cpu_of(id): used}, number, taken.busy)

        rungs: list[Contender] = [*ladder.rungs_of(self._engine, case)]
        units = {id: "messages/s" if case else "ms", cpu_of(id): "µs"}
        self._alternate(ladder.name, units, rungs, sample, self._scale.fewest)

    def _find_page(self) -> None:
        self._page.take("connects", "js-classic", url="", count=0)  # The browser runs from here on.
        self._page_pid, _ = busiest(lambda: self._page.take("burn", "js-classic", ms=BURN_MS))

    def _prepare(self, scenario: str, case: Case | None, rung: Contender) -> tuple[int, float]:
        """How many messages a sample has, and the CPU time that it takes for other things."""
        number = self._calibrate(scenario, case, rung) if case else ECHOES
        starts = [self._take(scenario, case, rung, START_MESSAGES).cpu for _ in range(STARTS)]
        # The least: now and then one has to collect the garbage of an earlier sample.
        return number, min(starts)

    def _take(self, scenario: str, case: Case | None, rung: Contender, number: int) -> Sample:
        return self._rate(scenario, case, rung, number) if case else self._echoes(rung, number)

    def _echoes(self, rung: Contender, number: int) -> Sample:
        id = next(self._ids)
        url = self._server.url("/echo", id=id, page=self._page_pid)
        times = self._page.take("round_trips", rung.client, url=url, count=number)["times"]
        report = self._server.report(id)
        return Sample({case_id(None): quantiles(times, n=100)[49]}, number, cpu=report.cpu)


def cpu_of(case: str) -> str:
    """The name of a case's CPU time among the results."""
    return f"{case} {CPU}"


def tables(results: Results, engines: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """A table for each ladder, with a column for each engine."""
    for ladder in (BY_NAME[name] for name in names):
        columns = [engine for engine in ladder.engines() if engine in engines]
        if columns:
            rows: list[Row] = [[ladder.title, *(ENGINES[engine] for engine in columns)]]
            for case in ladder.cases:
                rows += _case_rows(results, ladder, case, columns)
            yield table(rows)


def _case_rows(
    results: Results, ladder: Ladder, case: Case | None, columns: Sequence[str]
) -> Iterator[Row]:
    if case:
        yield [f"**{case.label}**", *("" for _ in columns)]
    for rung in ladder.rungs:
        cells = [_cell(results, engine, ladder, case, rung) for engine in columns]
        if any(cells):
            yield [rung.label, *cells]


def _cell(results: Results, engine: str, ladder: Ladder, case: Case | None, rung: Rung) -> str:
    """The ratio to the first rung, and the CPU time."""
    id = case_id(case)
    found = results.find(engine, ladder.name, id, rung.id)
    first = results.find(engine, ladder.name, id, ladder.rungs[0].id)
    used = results.find(engine, ladder.name, cpu_of(id), rung.id)
    if found is None:
        return ""
    if found.error or used is None or not found.values:
        return "(failed)"
    shown = ratio(found, first) if first and rung is not ladder.rungs[0] else Ratio(1)
    mark = "*" if found.server_bound else ""
    cell = f"{ratio_text(shown) if shown else '?'}{mark}, {digits(used.median)} µs"
    return f"**{cell}**" if rung in ladder.floors_of(engine, case) else cell


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.floors", description=__doc__)
    parser.add_argument("engine", nargs="*", default=list(BACKENDS), help=", ".join(BACKENDS))
    parser.add_argument(
        "--ladder",
        action="append",
        choices=list(BY_NAME),
        metavar="NAME",
        help=f"only this one; may be repeated: {', '.join(BY_NAME)}",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--publish", action="store_true", help="put the tables into docs/benchmarks.md")
    return parser.parse_args()


def measure(results: Results, engine: str, names: Sequence[str], rounds: int) -> str:
    """Measure ladders in an engine; return its version."""
    with server.serve() as serving, page(PageSpec(engine, "main", pyodide_versions()[0])) as opened:
        scale = Scale(fewest=rounds, most=rounds, seconds=SECONDS)
        climber = Climber(engine, opened, serving, Selection([engine]), results, scale)
        for ladder, case in climbs(engine, names):
            climber.climb(ladder, case)
        return f"{ENGINES[engine]} {opened.version}"


def floors() -> None:
    """Measure, print the tables, and publish them if that is asked for."""
    options = arguments()
    names = options.ladder or list(BY_NAME)
    measured = commit()
    if options.publish:
        check_whole(options.engine, names, options.rounds, measured)
    results = Results()
    versions = [measure(results, engine, names, options.rounds) for engine in options.engine]
    footer = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at {measured}: {', '.join(versions)}; "
        f"Pyodide {pyodide_versions()[0]}."
    )
    ends = (f"{fill(text, WIDTH)}\n" for text in (LEGEND, footer))
    text = "\n".join([*tables(results, options.engine, names), *ends])
    print(f"\n{text}")
    TABLES.parent.mkdir(parents=True, exist_ok=True)
    TABLES.write_text(text)
    if failed := [found for found in results.measurements.values() if found.error]:
        raise Problem("\n".join(f"{', '.join(found.key)}: {found.error}" for found in failed))
    if options.publish:
        replace_block(ROOT / "docs" / "benchmarks.md", "floors", text)


def check_whole(engines: Sequence[str], names: Sequence[str], rounds: int, measured: str) -> None:
    """Refuse to publish a part, or what nobody can measure again.

    Raises:
        Problem: it can't be published.
    """
    if not can_be_published(measured):
        raise Problem("not to be published: the files are not those of a commit")
    if set(engines) != set(BACKENDS) or set(names) != set(BY_NAME) or rounds < FEWEST_ROUNDS:
        raise Problem("not to be published: only a part is asked for")


if __name__ == "__main__":
    main(floors)
