"""The benchmark's arithmetic: ratios, goals and tables."""

import re
from pathlib import Path

import pytest

from bench import plot, report
from bench.plan import CASES, CONTENDERS, Selection
from bench.results import Measurement, Ratio, Results, _means_outside, ratio
from bench.targets import target
from tools.project import Problem, replace_block


def measured(contender: str, *values: float, case: str = "text-32", **more: object) -> Measurement:
    """A measurement of received messages in Chromium."""
    fields = {
        "scenario": "receive",
        "unit": "messages/s",
        "engine": "chromium",
        "commit": "c0ffee",
    } | more
    return Measurement(case=case, contender=contender, values=list(values), **fields)  # type: ignore[arg-type]


def results_of(*measurements: Measurement) -> Results:
    results = Results(
        {"chromium": {"version": "156.0", "pyodide": "314.0.7", "day": "2026-01-01"}}, 51_200
    )
    for measurement in measurements:
        results.add(measurement)
    return results


def test_ratios_are_made_round_by_round() -> None:
    """A slow machine changes no ratio, and a round that went wrong changes the estimate little."""
    found = ratio(
        measured("ours-native", 90, 9, 90, 9, 90, 9, 90, 10),
        measured("js-native", 100, 10, 100, 10, 100, 10, 100, 100),
    )
    assert found is not None
    assert [round(value, 3) for value in (found.low, found.estimate, found.high)] == [0.3, 0.9, 0.9]


def test_few_rounds_have_no_interval() -> None:
    """With five the smallest and the largest are not far enough apart for 95 %."""
    assert Ratio.of([1.0] * 5) == Ratio(1.0)
    assert not Ratio.of([1.0] * 5).precise
    assert Ratio.of([1.0] * 6) == Ratio(1.0, 1.0, 1.0)
    assert Ratio.of([1.0] * 6).precise


def test_the_interval_is_wilcoxons() -> None:
    """The critical values of his signed-rank test, two-sided, at 5 %."""
    known = {6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52}
    assert {rounds: _means_outside(rounds) for rounds in known} == known


def test_an_interval_is_precise_within_a_tenth() -> None:
    """On both sides."""
    assert Ratio(1.0, 0.91, 1.09).precise
    assert not Ratio(1.0, 0.89, 1.0).precise
    assert not Ratio(1.0, 1.0, 1.11).precise


def test_there_is_no_ratio_with_a_failure() -> None:
    """Neither of one that failed, nor of one that has no values or is zero."""
    fine = measured("js-native", 1)
    assert ratio(measured("ours-native", 1, error="tab crashed"), fine) is None
    assert ratio(fine, measured("ours-native", 1, error="tab crashed")) is None
    assert ratio(measured("ours-native"), fine) is None
    assert ratio(fine, measured("ours-native", 0)) is None


@pytest.mark.parametrize(("busy", "bound"), [([], False), ([0.9, 0.7, 0.7], False), ([0.8], True)])
def test_a_busy_server_is_told(busy: list[float], bound: bool) -> None:
    """Its median share of the time decides."""
    assert measured("js-native", 1, busy=busy).server_bound is bound


@pytest.mark.parametrize(
    ("scenario", "case", "ours", "other", "text"),
    [
        ("receive", "text-32", "ours-native", "js-native", "≥ 0.85"),
        ("receive", "text-32", "ours-polyfill", "js-classic", "≥ 0.9"),
        ("send", "text-1024", "ours-polyfill", "js-classic", "≥ 0.9"),
        ("send", "binary-65536", "ours-native", "js-native", "≥ 0.9"),
        ("round-trip", "p50", "ours-native", "js-native", "≤ 2"),
        ("round-trip", "p50", "ours-polyfill", "js-classic", "≤ 1.6"),
        ("round-trip", "p99", "ours-native", "js-native", "≤ 3"),
        ("receive", "text-1024", "websockets", "ours-polyfill", "≥ 0.7"),
        ("send", "binary-65536", "websockets", "ours-polyfill", "≥ 0.8"),
        ("round-trip", "p50", "websockets", "ours-polyfill", "≤ 1.6"),
        ("many", "echo-50", "ours-native", "js-native", "None"),
        ("many", "echo-50", "ours-native", "pyscript", "≥ 1"),
        ("many", "open", "ours-native", "pyscript", "≤ 1"),
        ("send", "text-32", "ours-native", "naive", "≥ 4"),
        ("round-trip", "p50", "ours-native", "naive", "None"),
        ("send", "text-32", "ours-polyfill", "pyscript", "≥ 1"),
        ("connect", "connect", "ours-polyfill", "niquests", "≤ 1"),
        ("memory", "heap", "ours-polyfill", "niquests", "None"),
    ],
)
def test_goals(scenario: str, case: str, ours: str, other: str, text: str) -> None:
    """Each scenario has its goal for each contender that it is compared with."""
    assert str(target("chromium", scenario, case, ours, other)) == text


@pytest.mark.parametrize(
    ("scenario", "case", "text"),
    [
        ("receive", "binary-1024", "≥ 0.8"),
        ("send", "binary-1048576", "≥ 0.9"),
        ("round-trip", "p50", "≤ 1.5"),
    ],
)
def test_goals_without_run_sync(scenario: str, case: str, text: str) -> None:
    """WebKitGTK has no JSPI, and its JavaScript needs little time for a small message."""
    assert str(target("webkit", scenario, case, "ours-polyfill", "js-classic")) == text


def test_a_goal_is_met_by_what_is_shown() -> None:
    """0.849 is shown as 0.85, and 3.004 as 3.00."""
    at_least, at_most = (
        target("chromium", "receive", "text-32", "ours-native", "js-native"),
        target("chromium", "round-trip", "p99", "ours-native", "js-native"),
    )
    assert at_least is not None
    assert at_most is not None
    assert [at_least.met(value) for value in (0.849, 0.844, 2)] == [True, False, True]
    assert [at_most.met(value) for value in (3.004, 3.006, 1)] == [True, False, True]


def test_every_rate_has_a_goal_against_its_reference() -> None:
    """No message was forgotten."""
    for case in CASES:
        assert target("chromium", "send", case.id, "ours-native", "js-native")
        assert target("firefox", "receive", case.id, "ours-polyfill", "js-classic")


def test_the_tables_tell_ratio_and_goal() -> None:
    """Met, missed, even, or out of JavaScript's own reach; failures, and a busy server."""
    text = report.section(
        results_of(
            measured("js-native", *[10_000] * 6, busy=[0.9] * 6),
            measured("ours-native", *[8_000, 9_400] * 3),
            measured("naive", *[5_000] * 6),
            measured("pyscript", error="no answer"),
            measured("handwritten", *[8_100, 9_300] * 3),
            measured("js-native", 100, case="binary-1048576"),
            measured("ours-native", 80, case="binary-1048576"),
        ),
        "chromium",
    )
    assert text.startswith("### Chromium\n")
    goals, figures = (
        [cell.strip() for cell in line.split("|")]
        for line in text.splitlines()
        if "receive text" in line
    )
    assert goals == [
        "",
        "receive text 32 B",
        "≥ 0.85",
        "0.87 (0.80–0.94) ✓",
        "1.73 (1.60–1.88) ○",
        "(failed)",
        "1.00 (0.99–1.01) ≈",
        "",
        "",
    ]
    values = ["10.0 k/s*", "8.70 k/s", "5.00 k/s", "(failed)", "8.70 k/s"]
    assert figures == ["", "receive text 32 B", *values, ""]
    assert "| 0.80 ✗" in re.sub(" +", " ", text)
    assert "83.9 MB/s" in text


def test_tables_are_aligned() -> None:
    """They are to be read in a terminal too."""
    assert report.table([["", "a"], ["long", "12345"]]) == (
        "|      |     a |\n| ---- | ----: |\n| long | 12345 |\n"
    )


def test_all_engines_have_one_table() -> None:
    """It has a column for each of ours, and shows what has not been measured as empty."""
    results = results_of(
        measured("js-native", 10),
        measured("ours-native", 9),
        measured("js-classic", 10),
        measured("ours-polyfill", 5),
    )
    text = report.text(results, ["chromium", "firefox"])
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]
    assert text.startswith("### All engines\n")
    assert lines[0] == ["", "Chromium, native", "Chromium, polyfill"]
    assert lines[2] == ["receive text 32 B", "0.90 ✓", "0.50 ✗"]
    assert lines[3] == ["receive text 1 KiB", "", ""]
    assert "\n\nMeasured on 2026-01-01 at c0ffee: Chromium 156.0; Pyodide 314.0.7." in text


def test_an_option_has_a_row_of_its_own() -> None:
    """Below that of ours without it, with the same goal."""
    echo = {"scenario": "round-trip", "case": "p50", "unit": "ms"}
    results = results_of(
        measured("js-classic", 1.0, **echo),
        measured("ours-polyfill", 1.7, **echo),
        measured("ours-polyfill-no-run-sync", 1.4, **echo),
    )
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in report.section(results, "chromium").splitlines()
        if line.startswith("| round trip")
    ]
    assert rows[0][:3] == ["round trip, p50", "≤ 1.6", "1.70 ✗"]
    assert rows[1][:3] == ["round trip, p50, run_sync=False", "≤ 1.6", "1.40 ✓"]
    assert "| round trip, p50, run_sync=False |" in report.text(results, ["chromium"])


def test_the_overview_is_a_small_table() -> None:
    """It has ours in all engines, compared with JavaScript, in some rows and without intervals."""
    echo = {"scenario": "round-trip", "case": "p50", "unit": "ms"}
    text = report.overview(
        results_of(
            measured("js-native", *[10] * 6),
            measured("ours-native", *[9] * 6),
            measured("js-classic", 10),
            measured("ours-polyfill", 5),
            measured("naive", 1),
            measured("js-native", 10, **echo),
            measured("ours-native", 16, **echo),
        )
    )
    lines = text[text.index("|") :].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert rows[0] == ["", "Chromium, native", "Chromium, polyfill"]
    assert rows[2] == ["receive text 32 B", "0.90", "0.50"]
    assert rows[10] == ["round trip, time", "1.60", ""]
    assert text.splitlines()[-1] == "Measured on 2026-01-01 at c0ffee: Chromium 156.0; Pyodide 314.0.7."


def test_nothing_incomplete_is_published() -> None:
    """Scenarios without results are named, and results of too few rounds."""
    missing = report.missing(results_of(measured("js-native", 1, 2)))
    assert "chromium receive" not in missing
    assert {"chromium send", "webkit import"} < set(missing)
    assert missing[-1] == "chromium receive text-32 js-native (rounds: 2 of 6)"


@pytest.mark.parametrize(
    ("commits", "problems"),
    [
        (["c0ffee", "c0ffee"], []),
        (["c0ffee", "decade"], ["one commit (there are c0ffee, decade)"]),
        (["c0ffee-changed"] * 2, ["a commit without changes to it (measured: c0ffee-changed)"]),
        (["", ""], ["a commit without changes to it (measured: nobody knows what)"]),
    ],
)
def test_only_one_commit_is_published(commits: list[str], problems: list[str]) -> None:
    """A tree with changes is none."""
    one, other = commits
    results = results_of(measured("js-native", 1, commit=one), measured("naive", 1, commit=other))
    assert [problem for problem in report.missing(results) if "commit" in problem] == problems


def test_results_are_kept(tmp_path: Path) -> None:
    """What is read is what was written, and a newer measurement takes the place of an older one."""
    path = tmp_path / "bench" / "results.json"
    assert Results.load(path) == Results()
    results = results_of(measured("js-native", 1), measured("naive", error="why", busy=[0.5]))
    results.add(measured("js-native", 2))
    results.save(path)
    assert Results.load(path) == results
    assert [found.values for found in Results.load(path).measurements.values()] == [[2], []]


def test_the_plot_depends_on_the_results_alone(tmp_path: Path) -> None:
    """It shows every Python client, and the same results give the same file."""
    results = results_of(measured("js-native", 10), measured("ours-native", 9))
    for name in ("a.svg", "b.svg"):
        plot.draw(results, tmp_path / name)
    drawn = (tmp_path / "a.svg").read_text()
    assert drawn == (tmp_path / "b.svg").read_text()
    for label in ("websocketstream, native", "naive FFI", "niquests", "Receiving, Chromium"):
        assert label in drawn


def test_references_are_always_measured() -> None:
    """Whatever contenders are chosen; and arrays are made anew only where there are some."""
    chosen = Selection(["chromium"], contenders=["ours-polyfill"])
    assert [found.id for found in chosen.who("chromium")] == ["js-native", "js-classic", "ours-polyfill"]
    assert [found.id for found in chosen.who("firefox")] == ["js-classic", "ours-polyfill"]
    everybody = Selection(["chromium"])
    kinds = {
        "send": {"option"},
        "receive": {"option", "variant"},
        "round-trip": {"variant"},
        "connect": {"option", "variant", "streams"},
    }
    for scenario, left_out in kinds.items():
        expected = {found.kind for found in CONTENDERS} - left_out
        assert {found.kind for found in everybody.who("chromium", scenario, CASES[2])} == expected
    assert "variant" not in {found.kind for found in everybody.who("chromium", "send", CASES[0])}
    assert "option" not in {found.kind for found in everybody.who("webkit", "round-trip")}


def test_a_block_is_replaced_between_its_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the file stays as it is; a file without the comments is an error."""
    monkeypatch.setattr("tools.project.ROOT", tmp_path)
    path = tmp_path / "a.md"
    path.write_text("a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n")
    replace_block(path, "x", "new\n")
    assert path.read_text() == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"
    with pytest.raises(Problem, match=r"a\.md has no <!-- y:begin -->"):
        replace_block(path, "y", "new\n")
