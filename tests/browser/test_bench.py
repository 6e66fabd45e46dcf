"""The benchmark runs: each contender moves the messages that it claims to move."""

from collections.abc import Sequence

import pytest

from bench import server
from bench.floors import Climber
from bench.floors_plan import BY_NAME
from bench.measure import Bench, Scale
from bench.pages import page as bench_page
from bench.plan import CASES, SCENARIOS, Selection
from bench.results import Results

from .cells import PageSpec
from .plugin import SELECTION

TINY = Scale(fewest=1, most=1, seconds=0.005, connections=(1, 10), flood_seconds=0.1)
RELOADING = ("memory", "import")
"""Scenarios that begin with a new interpreter each time, which takes seconds. One engine runs them."""
EXTREMES = [case for case in CASES if case.size in (32, 1 << 20)]
"""The cases unless all are asked for: the sizes in between are sent by the same code."""
LADDERS = ("receive-native",)
"""The ladders that are tried: their clients use pipes, which can hang."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selection = metafunc.config.stash[SELECTION]
    pages = [page for page in selection.newest_pages() if page.thread == "main"]
    if metafunc.function is test_new_interpreters_are_measured or not selection.whole:
        pages = pages[:1]
    metafunc.parametrize("spec", pages, ids=[page.engine for page in pages])


def test_every_contender_moves_what_it_claims(spec: PageSpec, pytestconfig: pytest.Config) -> None:
    """Counts and bytes are the server's and the page's own; nobody fails."""
    cases = CASES if pytestconfig.stash[SELECTION].whole else EXTREMES
    everybody = Selection(
        [spec.engine],
        scenarios=[scenario for scenario in SCENARIOS if scenario not in RELOADING],
        cases=[case.id for case in cases],
    )
    ladders = [name for name in LADDERS if spec.engine in BY_NAME[name].engines()]
    measured = measure(spec, everybody, ladders)
    expected = {
        (scenario, case.id, contender.id)
        for scenario in ("receive", "send")
        for case in cases
        for contender in everybody.who(spec.engine, scenario, case)
    } | {
        (scenario, case, contender.id)
        for scenario, case in (("round-trip", "p50"), ("connect", "connect"), ("many", "echo-10"))
        for contender in everybody.who(spec.engine, scenario)
    }
    expected |= {
        (name, CASES[0].id, rung.id)
        for name in ladders
        for rung in BY_NAME[name].rungs_of(spec.engine, CASES[0])
    }
    assert expected <= measured


def test_new_interpreters_are_measured(spec: PageSpec) -> None:
    """The heap of an interpreter that is new, the import, as source and compiled, and the first echo."""
    ours = Selection([spec.engine], ["polyfill"], RELOADING, ["ours-polyfill"])
    assert measure(spec, ours) >= {
        ("memory", "heap", "ours-polyfill"),
        ("import", "import", "ours-polyfill"),
        ("import", "compiled", "ours-polyfill"),
        ("import", "first", "ours-polyfill"),
        ("import", "first", "js-classic"),
    }


def measure(spec: PageSpec, selection: Selection, ladders: Sequence[str] = ()) -> set[tuple[str, ...]]:
    """Measure with a tiny scale; return the scenario, case and contender of each measurement.

    Of ladders only the first case is measured.
    """
    results = Results()
    with server.serve() as serving, bench_page(spec) as page:
        what = spec.engine, page, serving, selection, results, TINY
        Bench(*what).run()
        for ladder in (BY_NAME[name] for name in ladders):
            Climber(*what).climb(ladder, ladder.cases[0])
    found = list(results.measurements.values())
    assert {entry.key: entry.error for entry in found if entry.error} == {}
    assert [entry.key for entry in found if not entry.values or entry.count < 1] == []
    return {entry.key[1:] for entry in found}
