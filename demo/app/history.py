"""The numbers of a flood in the last 30 seconds, ready for plotting. Pure Python."""

from collections import deque
from typing import NamedTuple

WINDOW_SECONDS = 30.0
RATE_SECONDS = 0.8
"""The time over which a rate is measured: steady enough to read, short enough to follow the slider."""


class Rate:
    """The growth of a total, per second."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def add(self, now: float, total: int) -> None:
        self._points.append((now, total))
        while len(self._points) > 2 and now - self._points[1][0] >= RATE_SECONDS:
            self._points.popleft()

    @property
    def per_second(self) -> float:
        if len(self._points) < 2:
            return 0.0
        (then, before), (now, total) = self._points[0], self._points[-1]
        return max(0.0, (total - before) / (now - then)) if now > then else 0.0


class Sample(NamedTuple):
    """The numbers at one moment; ``None`` interrupts a line."""

    time: float
    sent: float | None
    read: float | None
    waiting: float | None
    mark: float | None


class History:
    """The samples of the last `WINDOW_SECONDS`, as columns."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()

    def clear(self) -> None:
        self._samples.clear()

    def add(self, sample: Sample) -> None:
        self._samples.append(sample)
        while self._samples[0].time < sample.time - WINDOW_SECONDS:
            self._samples.popleft()

    def columns(self) -> list[list[float | None]]:
        """Return the times relative to the last sample (0 and less), then a column for each number."""
        if not self._samples:
            return [[] for _ in Sample._fields]
        now = self._samples[-1].time
        times, *rest = (list(column) for column in zip(*self._samples, strict=True))
        return [[time - now for time in times], *rest]


class Top:
    """The upper end of an axis: a round number that changes rarely."""

    def __init__(self, least: float) -> None:
        self._least = least
        self.value = least

    def fit(self, *columns: list[float | None]) -> float:
        highest = max((value or 0.0 for column in columns for value in column), default=0.0)
        if not 0.35 * self.value <= highest <= 0.95 * self.value:
            self.value = max(self._least, _round_up(highest * 1.1))
        return self.value


def _round_up(value: float) -> float:
    """Round up to 1, 2, 3, 5 or 8 times a power of ten."""
    power = 1e-6
    while power * 10 < value:
        power *= 10
    return next((power * step for step in (1, 2, 3, 5, 8) if power * step >= value), power * 10)
