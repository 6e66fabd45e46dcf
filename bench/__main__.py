"""``./build.sh bench``: measure, print the tables, write them and the plot.

Everything that is there is written into `.build/bench`. A run without options measures everything, which
takes at most 25 minutes, and puts it into README.md and docs/ too. With options only what they name is
measured, and the rest of the results stays as it was: so a whole run can be made of parts, all at one
commit.
"""

import argparse
import os
from dataclasses import replace
from datetime import UTC, datetime

from tests.browser.cells import BACKENDS, PageSpec, pyodide_versions
from tools import wheel
from tools.project import BUILD, ROOT, Problem, can_be_published, commit, main, replace_block, say

from . import plot, report, server
from .measure import Bench, Scale
from .pages import page
from .plan import BY_ID, CASES, FEWEST_ROUNDS, MOST_ROUNDS, SCENARIOS, Selection
from .results import Results

RESULTS = BUILD / "bench" / "results.json"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./build.sh bench", description="Measure.")
    for option, choices, what in (
        ("--engine", BACKENDS, "engines"),
        ("--backend", ("native", "polyfill"), "back ends"),
        ("--only", SCENARIOS, "scenarios"),
        ("--case", [case.id for case in CASES], "messages, where they are sent or received"),
        ("--contender", BY_ID, "contenders, and the references"),
    ):
        parser.add_argument(
            option,
            action="append",
            default=[],
            choices=list(choices),
            metavar="NAME",
            help=f"only these {what}; may be repeated: {', '.join(choices)}",
        )
    parser.add_argument("--pyodide", default=pyodide_versions()[0], choices=pyodide_versions())
    default = Scale()
    parser.add_argument(
        "--rounds",
        type=int,
        help=f"default: {FEWEST_ROUNDS}, and up to {MOST_ROUNDS} until a ratio is known within 10 %%",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=default.seconds,
        help=f"length of a sample (default: {default.seconds})",
    )
    parser.add_argument(
        "--update", action="store_true", help="put the results there are into README.md and docs/"
    )
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser.parse_args()


def bench() -> None:
    """Measure what was asked for, and report."""
    options = arguments()
    allowed = os.environ.get("WEBSOCKETSTREAM_ENGINES", "")
    engines = options.engine or [name for name in allowed.split(",") if name] or list(BACKENDS)
    parts = (options.backend, options.only, options.contender, options.case)
    selection = Selection(engines, *parts)
    everything = not any(parts) and set(engines) == set(BACKENDS)
    results = Results() if everything and not options.report else Results.load(RESULTS)
    if not options.report:
        measure(results, selection, options)
    if not results.measurements:
        raise Problem("nothing has been measured yet")
    print(f"\n{report.text(results, engines)}")
    write(results)
    ours = (found for found in results.measurements.values() if BY_ID[found.contender].kind == "ours")
    if failed := [found for found in ours if found.error]:
        raise Problem("\n".join(f"{', '.join(found.key)}: {found.error}" for found in failed))
    if options.update or (everything and not options.report and options.rounds is None):
        publish(results)


def measure(results: Results, selection: Selection, options: argparse.Namespace) -> None:
    """Measure engine by engine, and keep what there is after each."""
    scale = Scale(seconds=options.seconds)
    if options.rounds:
        scale = replace(scale, fewest=options.rounds, most=options.rounds)
    results.wheel_bytes = wheel.find().stat().st_size
    measured = commit()
    if not can_be_published(measured):
        say("not to be published: the files are not those of a commit")
    with server.serve() as serving:
        for engine in selection.engines:
            with page(PageSpec(engine, "main", options.pyodide)) as opened:
                Bench(engine, opened, serving, selection, results, scale, measured).run()
                results.engines[engine] = {
                    "version": opened.version,
                    "pyodide": options.pyodide,
                    "day": f"{datetime.now(UTC):%Y-%m-%d}",
                }
            results.save(RESULTS)


def write(results: Results) -> None:
    """Write the tables and the plot next to the figures."""
    tables = RESULTS.with_suffix(".md")
    tables.write_text(f"# Benchmarks\n\n{report.text(results, results.engines)}")
    plot.draw(results, RESULTS.with_suffix(".svg"))
    for path in (RESULTS, tables, RESULTS.with_suffix(".svg")):
        say(f"written: {path.relative_to(ROOT)}")


def publish(results: Results) -> None:
    """Put the results into the README and the docs, if nothing is missing."""
    if missing := report.missing(results):
        raise Problem(f"not published, for want of: {', '.join(missing)}")
    replace_block(ROOT / "README.md", "bench", report.overview(results))
    replace_block(ROOT / "docs" / "benchmarks.md", "bench", report.text(results, results.engines))
    plot.draw(results, ROOT / "docs" / "benchmarks.svg")


if __name__ == "__main__":
    main(bench)
