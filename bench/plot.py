"""The plot: every Python client compared with JavaScript, in one picture."""

from math import isinf
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.browser.cells import BACKENDS

from .plan import CASES, CONTENDERS, REFERENCES
from .report import ENGINES
from .results import Results

COLOURS = {
    "ours-native": "#0b5cad",
    "ours-polyfill": "#58a6e8",
    "naive": "#b0b0b0",
    "pyscript": "#e2a13c",
    "handwritten": "#c4593f",
    "niquests": "#6a9f58",
}
SETTINGS: Any = {"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "websocketstream"}
SCENARIOS = {"receive": "Receiving", "send": "Sending"}
TOP = 1.5
"""Where the axis ends; no bar is longer than JavaScript's by much."""


def draw(results: Results, path: Path) -> None:
    """Write the plot as SVG, with the same bytes for the same results."""
    engines = [engine for engine in ENGINES if engine in results.engines]
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(4.2 * len(engines), 6), layout="constrained")
        panels = figure.subplots(len(SCENARIOS), len(engines), sharey=True, squeeze=False)
        for row, (scenario, title) in zip(panels, SCENARIOS.items(), strict=True):
            for panel, engine in zip(row, engines, strict=True):
                _draw_panel(panel, results, engine, scenario)
                panel.set_title(f"{title}, {ENGINES[engine]}")
            row[0].set_ylabel("rate, JavaScript = 1")
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(COLOURS), frameon=False)
        figure.savefig(path, format="svg", facecolor="white", metadata={"Date": None})


def _draw_panel(panel: Axes, results: Results, engine: str, scenario: str) -> None:
    """One scenario in one engine: a group of bars for each message, with the intervals of the ratios."""
    shown = [found for found in CONTENDERS if found.id in COLOURS and found.backend in BACKENDS[engine]]
    width = 0.8 / len(shown)
    for number, contender in enumerate(shown):
        reference = REFERENCES[contender.backend].id
        ratios = [results.ratio(engine, scenario, case.id, contender.id, reference) for case in CASES]
        places = [group + (number - (len(shown) - 1) / 2) * width for group in range(len(CASES))]
        label = contender.label + (f", {contender.backend}" if contender.kind == "ours" else "")
        heights = [ratio.estimate if ratio else 0.0 for ratio in ratios]
        panel.bar(places, heights, width, color=COLOURS[contender.id], label=label)
        for place, ratio in zip(places, ratios, strict=True):
            if ratio and not isinf(ratio.high):
                panel.vlines(place, ratio.low, ratio.high, color="#222", linewidth=0.8)
    panel.axhline(1, color="#222", linewidth=1, linestyle="--")
    panel.set_ylim(0, TOP)
    panel.set_xticks(range(len(CASES)), [case.label.replace(" ", "\n", 1) for case in CASES])
    panel.tick_params(axis="x", length=0)
    panel.spines[["top", "right"]].set_visible(False)
