"""What is to be reached."""

from dataclasses import dataclass

from .plan import BY_ID, DIRECT, REFERENCES

NAIVE = "naive"
NAIVE_FACTOR = 4

_RATES = {
    ("receive", "polyfill"): (0.9, 0.8, 0.75, 0.85, 0.85),
    ("receive", "native"): (0.85, 0.8, 0.75, 0.85, 0.85),
    ("send", "polyfill"): (0.9, 0.8, 0.8, 0.85, 0.85),
    ("send", "native"): (0.9, 0.8, 0.8, 0.85, 0.85),
}
_CASES = ("text-32", "binary-32", "binary-1024", "binary-65536", "binary-1048576")
_TIMES = {("round-trip", "p50"): 1.5, ("round-trip", "p99"): 3.0}

_LIBRARY_RATES = {"receive": (0.7, 0.7, 0.7, 0.85, 0.85), "send": (0.5, 0.5, 0.5, 0.8, 0.8)}
_LIBRARY_TIMES = {("round-trip", "p50"): 1.6}

IMPORT_MS = 60
WHEEL_BYTES = 60 * 1024


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


def target(scenario: str, case: str, ours: str, other: str) -> Target | None:
    """The goal for ours, or a library, compared with another contender; ``None``: there is none."""
    if BY_ID[ours].kind == "library":
        return _library_target(scenario, case) if other == DIRECT else None
    backend = BY_ID[ours].backend
    rates = _RATES.get((scenario, backend))
    if other == REFERENCES[backend].id:
        if rates is not None:
            return Target(rates[_CASES.index(case)], at_least=True)
        bound = _TIMES.get((scenario, case))
        return None if bound is None else Target(bound, at_least=False)
    if other == NAIVE:
        return Target(NAIVE_FACTOR, at_least=True) if rates is not None else None
    if BY_ID[other].kind == "peer" and scenario not in ("memory", "import"):
        return Target(1, at_least=rates is not None or case == "echo")
    return None


def _library_target(scenario: str, case: str) -> Target | None:
    rates = _LIBRARY_RATES.get(scenario)
    if rates is not None:
        return Target(rates[_CASES.index(case)], at_least=True)
    bound = _LIBRARY_TIMES.get((scenario, case))
    return None if bound is None else Target(bound, at_least=False)
