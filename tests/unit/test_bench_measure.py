"""How the benchmark measures, on a page and a server that only say so."""

from typing import Any

import pytest

from bench.measure import Bench, Scale
from bench.pages import SampleFailed
from bench.plan import Selection
from bench.results import Results
from bench.server import Report

TURNS = ["js-classic", "ours-polyfill", "pyscript"]


class Page:
    """Answers at once, and remembers who was asked, in order."""

    def __init__(
        self, *, failing: str = "", varying: str = "", rate: float = 1000, lost: int = 0
    ) -> None:
        self.asked: list[str] = []
        self.counts: list[int] = []
        self.reloads = 0
        self._failing, self._varying, self._rate, self._lost = failing, varying, rate, lost

    def take(self, sample: str, client: str, **options: Any) -> dict[str, Any]:
        self.asked.append(client)
        if client == self._failing:
            raise SampleFailed("tab crashed")
        if sample == "many":
            return {"open_ms": 7.0, "echo_ms": [1.0 for _ in options["steps"]]}
        if sample == "round_trips":
            twice = client == self._varying and self.asked.count(client) % 2
            return {"times": [2.0 if twice else 1.0] * 99 + [50.0]}
        count, size = options["count"], options["size"]
        self.counts.append(count)
        received = {"messages": count - self._lost, "bytes": (count - self._lost) * size}
        return {"ms": count / self._rate * 1000, **received}

    def reload(self) -> None:
        self.reloads += 1

    def measure_import(self, module: str, compiled: bool = False) -> float:
        return 8.0 if compiled else 9.0

    def first_message(self, client: str, url: str) -> dict[str, float]:
        return {"first": 2.0} if client == "js-classic" else {"import": 20.0, "first": 30.0}


class Server:
    """Has seen all that was announced."""

    def __init__(self) -> None:
        self._announced: dict[str, Any] = {}

    def url(self, path: str, **query: Any) -> str:
        self._announced = query
        return path

    def report(self, id: str) -> Report:
        count = self._announced["count"]
        return Report(id, count, count * self._announced["size"], busy=0.0)


def measure(page: Page, fewest: int = 3, most: int = 3, **selection: Any) -> Results:
    """Measure in an engine without the native stream."""
    results = Results()
    chosen = Selection(["firefox"], **selection)
    scale = Scale(fewest=fewest, most=most, seconds=0.4)
    Bench("firefox", page, Server(), chosen, results, scale, "c0ffee").run()  # type: ignore[arg-type]
    return results


def test_contenders_take_turns() -> None:
    """Each round has everybody, and begins with another one."""
    page = Page()
    results = measure(page, scenarios=["round-trip"])
    who = page.asked[: len(page.asked) // 3]
    assert {"js-classic", "ours-polyfill", "pyscript", "websockets"} < set(who)
    assert page.asked == [*who, *who[1:], *who[:1], *who[2:], *who[:2]]
    found = results.find("firefox", "round-trip", "p50", "pyscript")
    assert found is not None
    assert (found.values, found.unit, found.commit) == ([1.0] * 3, "ms", "c0ffee")


def test_rounds_end_when_the_ratios_are_known() -> None:
    """Without a difference between rounds there are the fewest."""
    page = Page()
    measure(page, 6, 9, scenarios=["round-trip"], contenders=["ours-polyfill", "pyscript"])
    assert page.asked == [*TURNS, *TURNS[1:], TURNS[0], TURNS[2], *TURNS[:2]] * 2


@pytest.mark.parametrize(
    ("varying", "going_on"),
    [
        ("pyscript", set()),
        ("ours-polyfill", {"js-classic", "ours-polyfill", "websockets"}),
        ("websockets", {"ours-polyfill", "websockets"}),
    ],
)
def test_rounds_go_on_while_a_ratio_is_uncertain(varying: str, going_on: set[str]) -> None:
    """For the two whose ratio it is; nobody waits for a peer, and none has a gap between its rounds."""
    page = Page(varying=varying)
    who = ["ours-polyfill", "pyscript", "websockets"]
    results = measure(page, 6, 9, scenarios=["round-trip"], contenders=who)
    for contender in ("js-classic", *who):
        found = results.find("firefox", "round-trip", "p50", contender)
        assert found is not None
        assert len(found.values) == (9 if contender in going_on else 6)


def test_echoes_are_measured_with_more_and_more_connections() -> None:
    """Each number of connections has a rate of its own."""
    page = Page()
    results = measure(page, scenarios=["many"], contenders=["js-classic"])
    assert {found.case: found.median for found in results.measurements.values()} == {
        "open": 7.0,
        "echo-1": 400_000.0,
        "echo-10": 400_000.0,
        "echo-50": 400_000.0,
        "echo-150": 1_200_000.0,
    }


def test_the_first_message_takes_a_new_page() -> None:
    """Each sample has one; of ours the import is part of it."""
    page = Page()
    results = measure(page, scenarios=["import"], contenders=["ours-polyfill", "pyscript"])
    assert page.reloads == 2 * 4
    assert {found.key[2:]: found.values for found in results.measurements.values()} == {
        ("first", "js-classic"): [2.0] * 2,
        ("import", "ours-polyfill"): [20.0] * 2,
        ("compiled", "ours-polyfill"): [8.0] * 2,
        ("first", "ours-polyfill"): [30.0] * 2,
        ("import", "pyscript"): [9.0] * 2,
    }


def test_a_failure_ends_nothing_but_its_contender() -> None:
    """It is kept, for every case that the others were measured in, and not tried again."""
    page = Page(failing="pyscript")
    results = measure(page, scenarios=["round-trip"])
    assert page.asked.count("pyscript") == 1
    for case in ("p50", "p99"):
        failed = results.find("firefox", "round-trip", case, "pyscript")
        assert failed is not None
        assert (failed.error, failed.values) == ("tab crashed", [])
        other = results.find("firefox", "round-trip", case, "niquests")
        assert other is not None
        assert len(other.values) == 3


def test_samples_are_sized_by_time() -> None:
    """A first try, larger ones if it was much too small, then rounds of the time that was asked for."""
    page = Page(rate=100_000)
    measure(page, scenarios=["receive"], cases=["text-32"], contenders=["js-classic"])
    assert page.counts == [500, 10_000, 40_000, 40_000, 40_000, 40_000]
    slow = Page(rate=1)
    measure(slow, scenarios=["receive"], cases=["binary-1048576"], contenders=["js-classic"])
    assert slow.counts == [4, 1, 1, 1]


def test_lost_messages_are_a_failure() -> None:
    """Who does not receive everything has no rate."""
    results = measure(Page(lost=1), scenarios=["receive"], cases=["text-32"], contenders=["js-classic"])
    (found,) = results.measurements.values()
    assert found.values == []
    assert found.error == "messages and bytes: [(500, 16000), (499, 15968)] instead of (500, 16000)"
