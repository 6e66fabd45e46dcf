"""How the benchmark measures, on a page and a server that only say so."""

from typing import Any

from bench.measure import Bench, Scale
from bench.pages import SampleFailed
from bench.plan import Selection
from bench.results import Results
from bench.server import Report


class Page:
    """Answers at once, and remembers who was asked, in order."""

    def __init__(self, *, failing: str = "", rate: float = 1000, lost: int = 0) -> None:
        self.asked: list[str] = []
        self.counts: list[int] = []
        self._failing, self._rate, self._lost = failing, rate, lost

    def take(self, sample: str, client: str, **options: Any) -> dict[str, Any]:
        self.asked.append(client)
        if client == self._failing:
            raise SampleFailed("tab crashed")
        if sample == "round_trips":
            return {"times": [1.0] * 99 + [50.0]}
        count, size = options["count"], options["size"]
        self.counts.append(count)
        received = {"messages": count - self._lost, "bytes": (count - self._lost) * size}
        return {"ms": count / self._rate * 1000, **received}


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


def measure(page: Page, rounds: int = 3, **selection: Any) -> Results:
    """Measure in an engine without the native stream."""
    results = Results()
    chosen = Selection(["firefox"], **selection)
    Bench("firefox", page, Server(), chosen, results, Scale(rounds=rounds)).run()  # type: ignore[arg-type]
    return results


def test_contenders_take_turns() -> None:
    """Each round has everybody, and begins with another one."""
    page = Page()
    results = measure(page, scenarios=["round-trip"])
    who = ["js-classic", "ours-polyfill", "streams-polyfill", "pyscript", "wasmsockets", "websockets"]
    who.append("aiohttp")
    assert page.asked == [*who, *who[1:], *who[:1], *who[2:], *who[:2]]
    found = results.find("firefox", "round-trip", "p50", "pyscript")
    assert found is not None
    assert (found.values, found.unit) == ([1.0] * 3, "ms")


def test_a_failure_ends_nothing_but_its_contender() -> None:
    """It is kept, for every case that the others were measured in, and not tried again."""
    page = Page(failing="pyscript")
    results = measure(page, scenarios=["round-trip"])
    assert page.asked.count("pyscript") == 1
    for case in ("p50", "p99"):
        failed = results.find("firefox", "round-trip", case, "pyscript")
        assert failed is not None
        assert (failed.error, failed.values) == ("tab crashed", [])
        other = results.find("firefox", "round-trip", case, "wasmsockets")
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
