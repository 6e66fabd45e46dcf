"""The list of the web-platform-tests' cases is complete, and names scenarios that exist."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from tests.browser.cells import BACKENDS, all_pages, pyodide_versions
from tests.scenarios.registry import all_scenarios

ROOT = Path(__file__).parents[2]
EXPECTATIONS: dict[str, Any] = tomllib.loads((ROOT / "tests/scenarios/expectations.toml").read_text())
CASES: list[dict[str, Any]] = EXPECTATIONS["case"]
ENTRIES: list[dict[str, Any]] = [*CASES, *EXPECTATIONS["deviating"]]


def test_every_case_is_listed_once() -> None:
    """Each file of the suite has as many cases as it should have, no two of the same words."""
    assert Counter(case["file"] for case in CASES) == Counter(EXPECTATIONS["cases_per_file"])
    names = Counter((case["file"], case["case"]) for case in CASES)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_case_has_a_scenario() -> None:
    """Each case names at least one scenario, and each scenario that is named exists."""
    scenarios = all_scenarios()
    for entry in ENTRIES:
        assert entry["scenarios"], entry
        assert [name for name in entry["scenarios"] if name not in scenarios] == []


def test_every_deviation_and_limit_is_explained() -> None:
    """Deviations and limits that cases name are the ones that are listed and that the docs explain."""
    text = (ROOT / "docs/expectations.md").read_text()
    explained = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    deviations, limits = EXPECTATIONS["deviations"], EXPECTATIONS["limits"]
    assert {entry["deviation"] for entry in ENTRIES if "deviation" in entry} == set(deviations)
    assert {entry["limit"] for entry in ENTRIES if "limit" in entry} == set(limits)
    assert sorted(explained) == sorted([*deviations, *limits])


def test_a_self_test_is_marked() -> None:
    """The demo's self-test has enough scenarios to be worth the name, and is quick."""
    quick = [scenario for scenario in all_scenarios().values() if scenario.quick]
    assert len(quick) >= 25
    assert all(scenario.timeout <= 20 for scenario in quick)


def test_every_scenario_meets_both_threads_and_each_pyodide() -> None:
    """For each engine and back end, all scenarios run on the page and in the worker, old and new."""
    pages = [page for page in all_pages() if page.has_every_scenario]
    for engine in BACKENDS:
        found = [page for page in pages if page.engine == engine]
        assert {page.thread for page in found} == {"main", "worker"}
        assert {page.pyodide for page in found} == set(pyodide_versions())
