"""What was measured, and its arithmetic.

A measurement holds one value per round. Contenders take turns within a round, so that what disturbs the
machine for a while disturbs all of them: ratios are made round by round, and their median is taken.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

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
class Spread:
    """A median, and the values around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        ordered = sorted(values)
        return cls(median(ordered), ordered[0], ordered[-1])


def ratio(measured: Measurement, reference: Measurement) -> Spread | None:
    """How many times the reference, round by round; nothing if one of them failed."""
    pairs = list(zip(measured.values, reference.values, strict=False))
    if not pairs or measured.error or reference.error:
        return None
    return Spread.of(value / other for value, other in pairs)


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

    def ratio(self, engine: str, scenario: str, case: str, who: str, reference: str) -> Spread | None:
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
