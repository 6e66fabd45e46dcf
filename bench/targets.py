"""What is to be reached."""

from dataclasses import dataclass

from tools.wheel import MAXIMUM_SIZE as WHEEL_BYTES

from .plan import BY_ID, CASES, DIRECT, JSPI, REFERENCES

__all__ = ["IMPORT_MS", "NAIVE", "NAIVE_FACTOR", "WHEEL_BYTES", "Target", "target"]

NAIVE = "naive"
NAIVE_FACTOR = 4

IMPORT_MS = 60

LARGE = frozenset(case.id for case in CASES if case.size >= 1 << 16)
LARGE_RATE = 0.9
LIBRARY_RATES = {"receive": (0.7, 0.85), "send": (0.5, 0.8)}
"""For small messages, and for large ones."""


@dataclass(frozen=True)
class Target:
    """A bound for a ratio."""

    bound: float
    at_least: bool

    def met(self, ratio: float) -> bool:
        """Whether the ratio, as it is shown, is on the right side."""
        shown = round(ratio, 2)
        return shown >= self.bound if self.at_least else shown <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"


def target(engine: str, scenario: str, case: str, ours: str, other: str) -> Target | None:
    """The goal for ours, or a library, compared with another contender; ``None``: there is none."""
    contender = BY_ID[ours]
    moves = scenario in ("receive", "send")
    if contender.kind == "library":
        return _library_target(scenario, case) if other == DIRECT else None
    if other == REFERENCES[contender.backend].id:
        if moves:
            return Target(_rate(engine, case, contender.backend), at_least=True)
        if scenario == "round-trip":
            return Target(_round_trip(engine, case, contender.backend), at_least=False)
        return None
    if other == NAIVE:
        return Target(NAIVE_FACTOR, at_least=True) if moves else None
    if BY_ID[other].kind == "peer" and scenario not in ("memory", "import"):
        return Target(1, at_least=moves or case.startswith("echo"))
    return None


def _rate(engine: str, case: str, backend: str) -> float:
    """The share of JavaScript's rate; a small message costs the page of WebKitGTK next to nothing."""
    if case in LARGE:
        return LARGE_RATE
    return 0.85 if backend == "native" else 0.8 if engine == "webkit" else 0.9


def _round_trip(engine: str, case: str, backend: str) -> float:
    """How many times JavaScript's time; a step of Python that can be suspended costs a turn."""
    if case == "p99":
        return 3
    return 2 if backend == "native" else 1.6 if engine in JSPI else 1.5


def _library_target(scenario: str, case: str) -> Target | None:
    if rates := LIBRARY_RATES.get(scenario):
        return Target(rates[case in LARGE], at_least=True)
    return Target(1.6, at_least=False) if (scenario, case) == ("round-trip", "p50") else None
