"""What was measured, and its arithmetic.

A measurement holds one value per round. Contenders take turns within a round, so that what disturbs the
machine for a while disturbs all of them. So ratios are made round by round, and an estimate is made of
them, with the interval that holds the true ratio with 95 % probability.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from math import exp, inf, log
from pathlib import Path
from statistics import median
from typing import Any, Self

CONFIDENCE = 0.95
PRECISION = 0.1
"""How far the ends of an interval may be from the estimate, as a share of it."""

SERVER_LIMIT = 0.8
"""The share of the time from which on a busy server is held to be what limits the rate."""


@dataclass
class Measurement:
    """One contender in one case."""

    engine: str
    scenario: str
    case: str
    contender: str
    unit: str
    values: list[float] = field(default_factory=list)
    """One for each round."""
    busy: list[float] = field(default_factory=list)
    """For each round, the share of the time that the server worked instead of waiting."""
    count: int = 0
    """Messages, echoes or connections in each round."""
    error: str = ""
    """Why there are no more values."""
    commit: str = ""
    """The commit that was measured; see `tools.project.commit`."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.engine, self.scenario, self.case, self.contender

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def server_bound(self) -> bool:
        """Whether the server was the limit."""
        return bool(self.busy) and median(self.busy) >= SERVER_LIMIT


@dataclass(frozen=True)
class Ratio:
    """An estimate of a ratio, and its interval, which is open if there were too few rounds for one."""

    estimate: float
    low: float = 0.0
    high: float = inf

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Estimate the ratio from those of the rounds.

        The estimate is Hodges and Lehmann's: the median of the geometric means of all pairs of rounds,
        including each round with itself. The interval is that of Wilcoxon's signed-rank test. It is
        exact for few rounds, a round that went wrong does not move it much, and it assumes of the
        logarithms only that they are spread evenly to both sides.
        """
        logs = [log(value) for value in values]
        means = sorted((one + other) / 2 for i, one in enumerate(logs) for other in logs[i:])
        outside = _means_outside(len(logs))
        if outside < 0:
            return cls(exp(median(means)))
        return cls(exp(median(means)), exp(means[outside]), exp(means[-1 - outside]))

    @property
    def precise(self) -> bool:
        """Whether the interval is narrow enough to end the measurement."""
        room = PRECISION * self.estimate
        return self.estimate - self.low <= room and self.high - self.estimate <= room


@cache
def _means_outside(rounds: int) -> int:
    """How many of the pairs' means lie below the interval, and as many above; -1 if there is none."""
    ways = [1]
    """How many choices of ranks have each sum."""
    for rank in range(1, rounds + 1):
        without, with_it = ways + [0] * rank, [0] * rank + ways
        ways = [a + b for a, b in zip(without, with_it, strict=True)]
    most = (1 - CONFIDENCE) / 2 * 2**rounds
    outside, beyond = -1, ways[0]
    while beyond <= most:
        outside += 1
        beyond += ways[outside + 1]
    return outside


def ratio(measured: Measurement, reference: Measurement) -> Ratio | None:
    """How many times the reference, round by round; nothing if one of them failed, or is zero."""
    pairs = list(zip(measured.values, reference.values, strict=False))
    if not pairs or measured.error or reference.error or 0 in measured.values + reference.values:
        return None
    return Ratio.of([value / other for value, other in pairs])


@dataclass
class Results:
    """All measurements, and what they were made with."""

    engines: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each engine its version, Pyodide's, and the day."""
    wheel_bytes: int = 0
    measurements: dict[tuple[str, str, str, str], Measurement] = field(default_factory=dict)

    def add(self, measurement: Measurement) -> None:
        """Put in a measurement, in place of an older one."""
        self.measurements[measurement.key] = measurement

    def find(self, engine: str, scenario: str, case: str, contender: str) -> Measurement | None:
        return self.measurements.get((engine, scenario, case, contender))

    def ratio(self, engine: str, scenario: str, case: str, who: str, reference: str) -> Ratio | None:
        """How many times the reference, if both have been measured."""
        found = self.find(engine, scenario, case, who)
        other = self.find(engine, scenario, case, reference)
        return ratio(found, other) if found and other else None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the results of earlier runs; none if there were none."""
        if not path.exists():
            return cls()
        data: dict[str, Any] = json.loads(path.read_text())
        results = cls(data["engines"], data["wheel_bytes"])
        for entry in data["measurements"]:
            results.add(Measurement(**entry))
        return results

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        data = {
            "engines": self.engines,
            "wheel_bytes": self.wheel_bytes,
            "measurements": [asdict(found) for found in self.measurements.values()],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=1) + "\n")
