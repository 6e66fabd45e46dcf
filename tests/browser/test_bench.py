"""The benchmark runs: each contender moves the messages that it claims to move, in each engine."""

import pytest

from bench import server
from bench.measure import Bench, Scale
from bench.pages import page as bench_page
from bench.plan import CASES, SCENARIOS, Selection
from bench.results import Results

from .cells import PageSpec
from .plugin import SELECTION

TINY = Scale(rounds=1, seconds=0.005, connections=10, flood_seconds=0.1)
RELOADING = ("memory", "import")
"""Scenarios that begin with a new interpreter each time, which takes seconds."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    selected = metafunc.config.stash[SELECTION].pages()
    # The newest Pyodide comes first.
    pages = {spec.engine: spec for spec in reversed(selected) if spec.thread == "main"}
    metafunc.parametrize("spec", pages.values(), ids=list(pages))


def test_every_contender_moves_what_it_claims(spec: PageSpec) -> None:
    """Counts and bytes are the server's and the page's own; nobody fails."""
    results = Results()
    others = [scenario for scenario in SCENARIOS if scenario not in RELOADING]
    everybody = Selection([spec.engine], scenarios=others)
    ours = Selection([spec.engine], ["polyfill"], RELOADING, ["ours-polyfill"])
    with server.serve() as serving, bench_page(spec) as page:
        for selection in (everybody, ours):
            Bench(spec.engine, page, serving, selection, results, TINY).run()

    found = list(results.measurements.values())
    assert {entry.key: entry.error for entry in found if entry.error} == {}
    assert [entry.key for entry in found if not entry.values or entry.count < 1] == []
    expected = {
        (scenario, case.id, contender.id)
        for scenario in ("receive", "send")
        for case in CASES
        for contender in everybody.who(spec.engine, case=case if scenario == "send" else None)
    } | {
        (scenario, case, contender.id)
        for scenario, case in (("round-trip", "p50"), ("connect", "connect"), ("many", "echo"))
        for contender in everybody.who(spec.engine)
    }
    assert expected <= {entry.key[1:] for entry in found}
    assert {
        ("memory", "heap", "ours-polyfill"),
        ("import", "import", "ours-polyfill"),
        ("import", "compiled", "ours-polyfill"),
    } <= {entry.key[1:] for entry in found}
