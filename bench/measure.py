"""Measure: one scenario after the other, the contenders taking turns in each round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median, quantiles
from time import monotonic
from typing import Any

from tools.project import say

from .pages import BenchPage, SampleFailed
from .plan import (
    CONNECTIONS,
    DIRECT,
    FEWEST_ROUNDS,
    FIRST_MESSAGE,
    MOST_ROUNDS,
    OUR_MODULE,
    PEER_MODULES,
    Case,
    Contender,
    Selection,
    compared,
)
from .results import Measurement, Results, ratio
from .server import BenchServer

MAX_BYTES, MAX_MESSAGES = 1 << 29, 400_000
"""The size of the largest sample."""

TOGETHER = 10
"""How many connections are opened at a time; Chromium delays what is more."""

ECHOES, ECHOES_EACH = 400, 8
"""How many there are in all, and at least on each of many connections."""

FLOOD = Case("binary", 1 << 16)
FLOOD_MESSAGES = 2048
PAUSE_MS = 20
"""How long a slow reader waits after each message."""

NEW_INTERPRETERS = 2
"""The rounds in which each sample takes a new interpreter, which takes seconds to start."""

VARYING = ("p99",)
"""Cases whose ratios would take hundreds of rounds to be known well."""

type Units = dict[str, str]
"""The cases of a scenario, and the unit of each."""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    fewest: int = FEWEST_ROUNDS
    most: int = MOST_ROUNDS
    seconds: float = 0.15
    """How long a sample is meant to take, as far as its size can be chosen."""
    connections: Sequence[int] = CONNECTIONS
    flood_seconds: float = 2


@dataclass(frozen=True)
class Sample:
    """One round of one contender."""

    values: dict[str, float]
    """By case."""
    count: int
    busy: float | None = None
    cpu: float = 0.0
    """Microseconds of the page's thread, if its process was given."""


class Bench:
    """Measures one engine."""

    def __init__(
        self,
        engine: str,
        page: BenchPage,
        server: BenchServer,
        selection: Selection,
        results: Results,
        scale: Scale,
        commit: str = "",
    ) -> None:
        self._engine, self._page, self._server = engine, page, server
        self._selection, self._results, self._scale, self._commit = selection, results, scale, commit
        self._ids = map(str, count())
        self._page_pid = 0

    def run(self) -> None:
        """Measure what was selected."""
        for scenario, measure in {
            "receive": self._rates,
            "send": self._rates,
            "round-trip": self._round_trips,
            "connect": self._connects,
            "many": self._many,
            "memory": self._memory,
            "import": self._imports,
        }.items():
            if self._selection.allows(scenario):
                measure(scenario)

    def _rates(self, scenario: str) -> None:
        for case in self._selection.messages():
            self._rates_of(scenario, case)

    def _rates_of(self, scenario: str, case: Case) -> None:
        say(f"{self._engine}: {scenario} {case.label}")
        counts: dict[str, int] = {}

        def sample(contender: Contender) -> Sample:
            if contender.id not in counts:
                counts[contender.id] = self._calibrate(scenario, case, contender)
            return self._rate(scenario, case, contender, counts[contender.id])

        who = self._selection.who(self._engine, scenario, case)
        self._alternate(scenario, {case.id: "messages/s"}, who, sample)

    def _calibrate(self, scenario: str, case: Case, contender: Contender) -> int:
        """How many messages the contender moves in the time of a sample. Also warms it up."""
        most = max(1, min(MAX_MESSAGES, MAX_BYTES // case.size))
        number = max(1, min(500, (4 << 20) // case.size))
        while True:
            rate = self._rate(scenario, case, contender, number).values[case.id]
            wanted = min(most, max(1, round(rate * self._scale.seconds)))
            if wanted <= number * 3:
                return wanted
            number = min(wanted, number * 20)

    def _rate(self, scenario: str, case: Case, contender: Contender, number: int) -> Sample:
        id = next(self._ids)
        what: dict[str, Any] = {"kind": case.kind, "size": case.size, "count": number}
        url = self._server.url(
            "/flood" if scenario == "receive" else "/sink", id=id, page=self._page_pid, **what
        )
        taken = self._page.take(scenario, contender.client, url=url, fresh=contender.fresh, **what)
        report = self._server.report(id)
        seen = [(report.messages, report.payload_bytes)]
        if scenario == "receive":
            seen.append((taken["messages"], taken["bytes"]))
        if any(numbers != (number, number * case.size) for numbers in seen):
            raise SampleFailed(f"messages and bytes: {seen} instead of {number, number * case.size}")
        seconds = taken["ms"] / 1000
        return Sample({case.id: number / seconds}, number, report.busy / seconds, report.cpu)

    def _round_trips(self, scenario: str) -> None:
        say(f"{self._engine}: round trip")
        url = self._server.url("/echo")
        number = max(2, round(2000 * self._scale.seconds))

        def sample(contender: Contender) -> Sample:
            times = self._page.take("round_trips", contender.client, url=url, count=number)["times"]
            percentiles = quantiles(times, n=100)
            return Sample({"p50": percentiles[49], "p99": percentiles[98]}, number)

        who = self._selection.who(self._engine, scenario)
        self._alternate(scenario, {"p50": "ms", "p99": "ms"}, who, sample)

    def _connects(self, scenario: str) -> None:
        say(f"{self._engine}: connect")
        url = self._server.url("/echo")
        number = max(2, round(100 * self._scale.seconds))

        def sample(contender: Contender) -> Sample:
            times = self._page.take("connects", contender.client, url=url, count=number)["times"]
            return Sample({"connect": median(times)}, number)

        self._alternate(scenario, {"connect": "ms"}, self._who(), sample)

    def _many(self, scenario: str) -> None:
        steps = [(number, max(ECHOES_EACH, ECHOES // number)) for number in self._scale.connections]
        say(f"{self._engine}: {steps[-1][0]} connections")
        url = self._server.url("/echo")

        def sample(contender: Contender) -> Sample:
            taken = self._page.take("many", contender.client, url=url, steps=steps, together=TOGETHER)
            rates = {
                f"echo-{connections}": connections * echoes * 1000 / ms
                for (connections, echoes), ms in zip(steps, taken["echo_ms"], strict=True)
            }
            return Sample({"open": taken["open_ms"], **rates}, steps[-1][0])

        echoes = {f"echo-{number}": "echoes/s" for number in self._scale.connections}
        # A sample takes a second or more.
        rounds = self._scale.fewest
        self._alternate(scenario, {"open": "ms", **echoes}, self._who(), sample, rounds)

    def _memory(self, scenario: str) -> None:
        say(f"{self._engine}: memory")
        what = {"kind": FLOOD.kind, "size": FLOOD.size, "count": FLOOD_MESSAGES}
        seconds = self._scale.flood_seconds

        def sample(contender: Contender) -> Sample:
            # WebAssembly's memory only grows.
            self._page.reload()
            id = next(self._ids)
            url = self._server.url("/flood", id=id, seconds=seconds, **what)
            taken = self._page.take(
                "slow", contender.client, url=url, seconds=seconds, pause_ms=PAUSE_MS
            )
            report = self._server.report(id)
            if report.messages != taken["messages"]:
                raise SampleFailed(f"{taken['messages']} of {report.messages} messages arrived")
            ahead = report.payload_bytes - taken["read"] * FLOOD.size
            values = {"ahead": ahead / 1e6, "heap": taken["grown"] / 1e6}
            return Sample(values, report.messages)

        # Amounts, not times: they don't vary.
        self._alternate(scenario, {"ahead": "MB", "heap": "MB"}, self._who(), sample, rounds=1)

    def _imports(self, scenario: str) -> None:
        say(f"{self._engine}: import")
        url = self._server.url("/echo")

        def sample(contender: Contender) -> Sample:
            self._page.reload()
            if contender.id not in FIRST_MESSAGE:
                return Sample({"import": self._page.measure_import(PEER_MODULES[contender.id])}, 1)
            values = self._page.first_message(contender.client, url)
            if contender.kind != "ours":
                values.pop("import", None)  # It is the benchmark's own code.
            elif contender.id == DIRECT:
                self._page.reload()
                values["compiled"] = self._page.measure_import(OUR_MODULE, compiled=True)
            return Sample(values, 1)

        who = [found for found in self._who() if found.id in (*FIRST_MESSAGE, *PEER_MODULES)]
        rounds = min(NEW_INTERPRETERS, self._scale.most)
        units = {"import": "ms", "compiled": "ms", "first": "ms"}
        self._alternate(scenario, units, who, sample, rounds)

    def _who(self) -> list[Contender]:
        return self._selection.who(self._engine)

    def _alternate(
        self,
        scenario: str,
        units: Units,
        contenders: list[Contender],
        sample: Callable[[Contender], Sample],
        rounds: int | None = None,
    ) -> None:
        """Let contenders take a sample each, in rounds of which each begins with another one.

        Unless the number of rounds is given, there are more than the fewest only for contenders that are
        compared with each other, until their ratio is known precisely. Two that have been compared
        are out of it for good, so each has values of the first rounds without a gap.
        """
        begun = monotonic()
        made = {
            contender: {
                case: Measurement(self._engine, scenario, case, contender.id, unit, commit=self._commit)
                for case, unit in units.items()
            }
            for contender in contenders
        }
        fewest, most = (rounds, rounds) if rounds else (self._scale.fewest, self._scale.most)
        left, pairs = list(contenders), compared(contenders)
        number = 0
        while left and number < most:
            turn = number % len(left)
            for contender in [*left[turn:], *left[:turn]]:
                try:
                    taken = sample(contender)
                except SampleFailed as failure:
                    say(f"{self._engine}: {scenario}: {contender.id} failed: {failure}")
                    left.remove(contender)
                    for entry in made[contender].values():
                        entry.error = str(failure)
                    continue
                for case, value in taken.values.items():
                    entry = made[contender][case]
                    entry.count = taken.count
                    entry.values.append(value)
                    entry.busy += [] if taken.busy is None else [taken.busy]
            number += 1
            if fewest <= number < most:
                pairs = [(one, other) for one, other in pairs if not _is_known(made[one], made[other])]
                left = [found for found in left if any(found in pair for pair in pairs)]
        say(f"  {number} rounds, {monotonic() - begun:.0f} s")
        for entries in made.values():
            for entry in entries.values():
                if entry.values or entry.error:
                    self._results.add(entry)


def _is_known(measured: dict[str, Measurement], reference: dict[str, Measurement]) -> bool:
    """Whether further rounds would say no more about the ratio of two contenders."""
    ratios = [ratio(found, reference[case]) for case, found in measured.items() if case not in VARYING]
    return all(found is None or found.precise for found in ratios)
