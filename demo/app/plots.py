"""A scrolling uPlot chart of the last 30 seconds, in the page's colours."""

from dataclasses import dataclass
from typing import Any

import js
import uplot

from .dom import js_value, on, on_resize
from .history import WINDOW_SECONDS


@dataclass(frozen=True)
class Line:
    """One line of a plot. `colour` and `fill` are names of CSS variables."""

    colour: str
    fill: str | None = None
    dashed: bool = False
    width: float = 2


class Plot:
    """A chart that fills an element. It is created again when the colour scheme changes."""

    def __init__(self, box: Any, *lines: Line) -> None:
        self._box = box
        self._lines = lines
        self._columns: list[list[float | None]] = [[] for _ in range(len(lines) + 1)]
        self._top = 1.0
        self._js_plot: Any = None
        self._make()
        on(js.matchMedia("(prefers-color-scheme: dark)"), "change", lambda event: self._make())
        on_resize(box, self._resize)

    def show(self, columns: list[list[float | None]], top: float) -> None:
        """Show these columns, the times first, on an axis from 0 to `top`."""
        self._columns, self._top = columns, top
        self._js_plot.setData(js_value(columns), False)
        self._js_plot.setScale("y", js_value({"min": 0, "max": top}))
        self._js_plot.redraw()

    def _make(self) -> None:
        if self._js_plot is not None:
            self._js_plot.destroy()
        style = js.getComputedStyle(js.document.documentElement)

        def colour(name: str) -> str:
            return str(style.getPropertyValue(f"--{name}").strip())

        family = js.getComputedStyle(js.document.body).fontFamily
        series: list[dict[str, Any]] = [{}]
        for line in self._lines:
            series.append(
                {
                    "stroke": colour(line.colour),
                    "width": line.width,
                    "points": {"show": False},
                    **({"fill": colour(line.fill)} if line.fill else {}),
                    **({"dash": [6, 5]} if line.dashed else {}),
                }
            )
        options = {
            "width": self._box.clientWidth,
            "height": self._box.clientHeight,
            "padding": [10, 2, 6, 0],
            "legend": {"show": False},
            "cursor": {"show": False},
            "scales": {
                "x": {"time": False, "auto": False, "min": -WINDOW_SECONDS, "max": 0},
                "y": {"auto": False, "min": 0, "max": self._top},
            },
            "axes": [
                {
                    "size": 1,
                    "incrs": [10],
                    "ticks": {"show": False},
                    "values": None,
                    "font": "1px sans-serif",
                    "stroke": "transparent",
                    "grid": {"stroke": colour("line"), "width": 1},
                },
                {
                    "size": 48,
                    "gap": 10,
                    "space": 32,
                    "font": f"12px {family}",
                    "stroke": colour("soft"),
                    "ticks": {"show": False},
                    "grid": {"stroke": colour("line"), "width": 1},
                },
            ],
            "series": series,
        }
        self._js_plot = uplot.default.new(js_value(options), js_value(self._columns), self._box)
        self._js_plot.setScale("x", js_value({"min": -WINDOW_SECONDS, "max": 0}))
        self._js_plot.setScale("y", js_value({"min": 0, "max": self._top}))

    def _resize(self) -> None:
        size = {"width": self._box.clientWidth, "height": self._box.clientHeight}
        if size["width"]:
            self._js_plot.setSize(js_value(size))
