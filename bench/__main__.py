"""``./build.sh bench``: measure, print the tables, write them and the plot.

Without options everything is measured, which takes a quarter of an hour, and README.md and docs get the
results. With options only what they name is; the rest of the results stays as it was.
"""

import argparse
import os
from datetime import UTC, datetime

from tests.browser.cells import BACKENDS, PageSpec, pyodide_versions
from tools import wheel
from tools.project import BUILD, Problem, main

from . import report, server
from .measure import ROUNDS, SECONDS, Bench
from .pages import download_peers, page
from .plan import BY_ID, CASES, SCENARIOS, Selection
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
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"length of a sample (default: {SECONDS})"
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
    print(f"\n{report.text(results, engines)}")
    if failed := [
        found for found in results.measurements.values() if found.error and "ours" in found.contender
    ]:
        raise Problem("\n".join(f"{', '.join(found.key)}: {found.error}" for found in failed))


def measure(results: Results, selection: Selection, options: argparse.Namespace) -> None:
    """Measure engine by engine, and keep what there is after each."""
    download_peers()
    results.wheel_bytes = wheel.find().stat().st_size
    with server.serve() as serving:
        for engine in selection.engines:
            with page(PageSpec(engine, "main", options.pyodide)) as opened:
                Bench(
                    engine,
                    opened,
                    serving,
                    selection,
                    results,
                    rounds=options.rounds,
                    seconds=options.seconds,
                ).run()
                results.engines[engine] = {
                    "version": opened.version,
                    "pyodide": options.pyodide,
                    "day": f"{datetime.now(UTC):%Y-%m-%d}",
                }
            results.save(RESULTS)


if __name__ == "__main__":
    main(bench)
