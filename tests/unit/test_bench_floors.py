"""The ladders: what they measure, their tables, and what may be published."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench import floors
from bench.floors import Climber, check_whole, tables
from bench.floors_plan import BY_NAME, LADDERS, climbs
from bench.measure import Scale
from bench.pages import SampleFailed
from bench.plan import CASES, JSPI, Selection
from bench.results import Results
from bench.server import Report
from tests.browser.cells import BACKENDS
from tools.project import Problem

BENCH = Path(floors.__file__).parent
OPENING = 700
"""Microseconds that the page takes for a connection without messages."""


class Page:
    """Takes a millisecond for a message or an echo, and twice as long in Python."""

    def __init__(self, failing: str = "") -> None:
        self.asked: list[str] = []
        self.burnt = 0
        self._failing = failing

    def take(self, sample: str, client: str, **options: Any) -> dict[str, Any]:
        if sample in ("connects", "burn"):
            self.burnt += sample == "burn"
            return {}
        self.asked.append(client)
        if client == self._failing:
            raise SampleFailed("tab crashed")
        times, count = 1 if client.startswith("js-") else 2, options["count"]
        if sample == "round_trips":
            return {"times": [1.0 * times] * count}
        return {"ms": count * times, "messages": count, "bytes": count * options["size"]}


class Server:
    """Has seen all that was announced, and a page that works 5 µs for each message."""

    def __init__(self) -> None:
        self._announced: dict[str, Any] = {}

    def url(self, path: str, **query: Any) -> str:
        self._announced = query
        return path

    def report(self, id: str) -> Report:
        assert self._announced["page"] == 4711
        count = self._announced.get("count", floors.ECHOES)
        size = count * self._announced.get("size", 0)
        return Report(id, count, size, busy=0.0, cpu=OPENING + 5 * count)


def climb(
    monkeypatch: pytest.MonkeyPatch, page: Page, *names: str, engine: str = "firefox", rounds: int = 6
) -> Results:
    """Measure ladders."""

    def busiest(work: Any) -> tuple[int, float]:
        work()
        return 4711, 0.0

    monkeypatch.setattr(floors, "busiest", busiest)
    results = Results()
    chosen, scale = Selection([engine]), Scale(fewest=rounds, most=rounds)
    climber = Climber(engine, page, Server(), chosen, results, scale)  # type: ignore[arg-type]
    for ladder, case in climbs(engine, list(names)):
        climber.climb(ladder, case)
    return results


def test_rungs_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them in each round, after each has been prepared; the page is looked for once."""
    page = Page()
    climb(monkeypatch, page, "round-trip-classic", engine="webkit")
    who = [rung.client for rung in BY_NAME["round-trip-classic"].rungs_of("webkit", None)]
    assert page.burnt == 1
    assert page.asked[-len(who) :] == [*who[1:], who[0]]
    assert [page.asked.count(client) for client in who] == [6 + floors.STARTS] * len(who)


def test_tables_have_ratio_and_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a connection itself takes does not count, and the floor is marked."""
    results = climb(monkeypatch, Page(), "receive-classic")
    (table,) = tables(results, ["firefox"], ["receive-classic", "receive-native"])
    head, _, case, *rungs = table.splitlines()
    assert re.split(r"\s*\|\s*", head) == ["", "Receiving, classic WebSocket", "Firefox", ""]
    assert case.startswith("| **text 32 B**")
    assert re.search(r"listener that counts +\| +1\.00, 5.00 µs", rungs[0])
    assert re.search(r"drops them +\| +0\.50 \(0\.50–0\.50\), 5.00 µs", rungs[1])
    assert re.search(r"bytes +\| \*\*0\.50 \(0\.50–0\.50\), 5.00 µs\*\*", rungs[2])


def test_a_rung_that_fails_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on, in a browser whose page has to be looked for again."""
    page = Page(failing="gather")
    results = climb(monkeypatch, page, "receive-classic")
    (table,) = tables(results, ["firefox"], ["receive-classic"])
    assert table.count("(failed)") == len(BY_NAME["receive-classic"].cases)
    assert table.count("0.50 (0.50–0.50)") == 2 * len(BY_NAME["receive-classic"].cases)
    assert page.burnt == 1 + len(BY_NAME["receive-classic"].cases)


def test_rungs_that_say_nothing_are_left_out() -> None:
    """Text is not copied, and callPromising() is only where JSPI is."""
    text, binary = CASES[0], CASES[-1]
    ladder = BY_NAME["send-classic"]
    copied = [rung for rung in ladder.rungs if rung.copies]
    assert set(ladder.rungs_of("firefox", binary)) - set(ladder.rungs_of("firefox", text)) == {*copied}
    assert ladder.floors_of("firefox", binary) == copied
    assert [rung.client for rung in ladder.floors_of("firefox", text)] == ["prepared"]
    assert "webkit" not in JSPI
    assert [rung.client for rung in BY_NAME["round-trip-classic"].rungs_of("webkit", None)] == [
        "js-classic",
        "listener",
        "awaiting",
        "ours-polyfill",
    ]
    assert BY_NAME["event"].engines() == list(JSPI)
    assert BY_NAME["send-native"].engines() == ["chromium"]


def test_all_ladders_begin_with_javascript_and_have_a_floor_below_the_package() -> None:
    """Except for the event, which is a floor itself."""
    for ladder in LADDERS:
        if ladder.name != "event":
            names = [rung.client for rung in ladder.rungs]
            floor = max(number for number, rung in enumerate(ladder.rungs) if rung.floor)
            assert names[0].startswith("js-")
            assert floor < min(n for n, name in enumerate(names) if name.startswith("ours-"))
    assert {(ladder.scenario, ladder.backend) for ladder in LADDERS} == {
        (scenario, backend)
        for scenario in ("receive", "send", "round-trip")
        for backend in BACKENDS["chromium"]
    }


def test_the_page_has_every_client() -> None:
    """By the names in its files, which can't be imported here."""
    texts = [
        path.read_text()
        for path in (
            BENCH / "page" / "loops.js",
            BENCH / "inpage" / "clients.py",
            BENCH / "inpage" / "floors.py",
        )
    ]
    for ladder in LADDERS:
        for rung in ladder.rungs:
            assert any(f'"{rung.client}":' in text for text in texts), rung.client


def test_all_of_one_commit_is_published() -> None:
    """The whole of it, with enough rounds for an interval."""
    everything = [*BACKENDS], [*BY_NAME], 6, "c0ffee"
    check_whole(*everything)


@pytest.mark.parametrize(
    ("engines", "names", "rounds", "measured"),
    [
        (["firefox"], [*BY_NAME], 6, "c0ffee"),
        ([*BACKENDS], ["event"], 6, "c0ffee"),
        ([*BACKENDS], [*BY_NAME], 5, "c0ffee"),
        ([*BACKENDS], [*BY_NAME], 6, "c0ffee-changed"),
        ([*BACKENDS], [*BY_NAME], 6, ""),
    ],
)
def test_a_part_is_not_published(
    engines: list[str], names: list[str], rounds: int, measured: str
) -> None:
    """Nor what was measured in a working tree with changes."""
    with pytest.raises(Problem, match="not to be published"):
        check_whole(engines, names, rounds, measured)
