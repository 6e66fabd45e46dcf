"""The tables, in Markdown that is aligned, so that it can be read in a terminal too."""

from collections.abc import Iterable, Iterator, Sequence
from math import isinf
from textwrap import fill

from tools.project import can_be_published

from .plan import (
    BY_ID,
    CASES,
    CONNECTIONS,
    CONTENDERS,
    DIRECT,
    FEWEST_ROUNDS,
    REFERENCES,
    SCENARIOS,
    Contender,
)
from .results import Measurement, Ratio, Results
from .targets import IMPORT_MS, NAIVE, NAIVE_FACTOR, WHEEL_BYTES, target

ENGINES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKitGTK"}
BACKENDS = {"native": "WebSocketStream", "polyfill": "classic WebSocket"}

ROWS: dict[tuple[str, str], str] = {
    **{("receive", case.id): f"receive {case.label}" for case in CASES},
    **{("send", case.id): f"send {case.label}" for case in CASES},
    ("round-trip", "p50"): "round trip, p50",
    ("round-trip", "p99"): "round trip, p99",
    ("connect", "connect"): "connect",
    ("many", "open"): f"open {CONNECTIONS[-1]} connections",
    **{
        ("many", f"echo-{number}"): f"echo on {number} connection{'s' if number > 1 else ''}"
        for number in CONNECTIONS
    },
    ("memory", "ahead"): "slow reader: sent and not read",
    ("memory", "heap"): "slow reader: growth of Python's heap",
    ("import", "import"): "import",
    ("import", "compiled"): "import, compiled already",
    ("import", "first"): "first echo after a page load",
}
"""What is measured, by scenario and case, in the order of the tables."""

BULK = {case.id: case.size for case in CASES if case.size >= 1 << 16}
"""Messages whose rate is told in bytes."""

MET, MISSED, EVEN, OUT_OF_REACH = "✓", "✗", "≈", "○"
OPTION = "run_sync=False"
LEGEND = (
    "Ratios are shown with the interval that holds them with 95 % probability. ✓: the goal is met. "
    "✗: it is not. The goal against another client is to be faster. ≈: the interval includes 1. "
    "○: JavaScript itself would not reach the goal. *: the server was the limit."
)
WIDTH = 110

OVERVIEW_INTRODUCTION = (
    "Rates, compared with that of a JavaScript loop in the same browser on the same kind of socket. "
    "The last row is a time: less is better."
)
OVERVIEW = (
    *((scenario, case) for case in ("text-32", "binary-1024") for scenario in ("receive", "send")),
    *((scenario, case) for case in BULK for scenario in ("receive", "send")),
    ("round-trip", "p50"),
)
"""The rows of the README's table."""

type Row = Sequence[str]


def text(results: Results, engines: Iterable[str]) -> str:
    """All tables of these engines."""
    measured = [engine for engine in engines if engine in results.engines]
    parts = ["### All engines\n", against_javascript(results, measured)]
    parts += [section(results, engine) for engine in measured]
    ends = [fill(LEGEND, WIDTH), "", _footer(results), ""]
    return "\n".join([*parts, package(results), *ends])


def section(results: Results, engine: str) -> str:
    """One engine: what each of ours reaches, then what all contenders do."""
    parts = [f"### {ENGINES[engine]}\n"]
    for contender in CONTENDERS:
        if contender.kind == "ours" and (rows := list(_goals(results, engine, contender))):
            parts.append(
                f"{contender.label} on {BACKENDS[contender.backend]}, compared with the others:\n"
            )
            parts.append(table(rows))
    if rows := list(_libraries(results, engine)):
        parts.append(
            "Libraries through the gateway, compared with websocketstream on classic WebSocket:\n"
        )
        parts.append(table(rows))
    parts.append("What was measured:\n")
    parts.append(table(_figures(results, engine)))
    return "\n".join(parts)


def overview(results: Results) -> str:
    """The README's table: how ours compare with JavaScript, in some rows."""
    columns = _ours(results, ENGINES)
    rows = [["", *(f"{ENGINES[engine]}, {who.backend}" for engine, who in columns)]]
    for scenario, case in OVERVIEW:
        cells = [
            results.ratio(engine, scenario, case, who.id, REFERENCES[who.backend].id)
            for engine, who in columns
        ]
        label = "round trip, time" if scenario == "round-trip" else ROWS[scenario, case]
        rows.append([label, *(f"{found.estimate:.2f}" if found else "" for found in cells)])
    return f"{fill(OVERVIEW_INTRODUCTION, WIDTH)}\n\n{table(rows)}\n{_footer(results)}\n"


def against_javascript(results: Results, engines: Iterable[str]) -> str:
    """Compare ours with JavaScript, in a table with a column for each back end of these engines."""
    columns = _ours(results, engines)
    rows = [["", *(f"{ENGINES[engine]}, {who.backend}" for engine, who in columns)]]
    for (scenario, case), label in ROWS.items():
        if scenario in ("receive", "send", "round-trip"):
            cells = [
                _compare(results, engine, scenario, case, who.id, REFERENCES[who.backend].id)
                for engine, who in columns
            ]
            rows.append([label, *cells])
            cells = [_optional(results, engine, scenario, case, who) for engine, who in columns]
            if any(cells):
                rows.append([f"{label}, {OPTION}", *cells])
    return table(rows)


def _ours(results: Results, engines: Iterable[str]) -> list[tuple[str, Contender]]:
    """The engines, and which of ours has been measured in each."""
    measured = {(found.engine, found.contender) for found in _all(results)}
    return [
        (engine, contender)
        for engine in engines
        for contender in CONTENDERS
        if contender.kind == "ours" and (engine, contender.id) in measured
    ]


def _optional(results: Results, engine: str, scenario: str, case: str, ours: Contender) -> str:
    """Compare ours with an option that costs or saves time with JavaScript, if that was measured."""
    cells = [
        _compare(results, engine, scenario, case, found.id, REFERENCES[ours.backend].id)
        for found in CONTENDERS
        if found.kind == "option" and found.backend == ours.backend
    ]
    return "".join(cells)


def _footer(results: Results) -> str:
    """When this was measured, and with what."""
    facts = results.engines.values()
    days = sorted({fact["day"] for fact in facts})
    pyodides = ", ".join(sorted({fact["pyodide"] for fact in facts}))
    versions = ", ".join(f"{ENGINES[name]} {fact['version']}" for name, fact in results.engines.items())
    commits = " and ".join(sorted({found.commit for found in _all(results)}))
    return fill(f"Measured on {' and '.join(days)} at {commits}: {versions}; Pyodide {pyodides}.", WIDTH)


def missing(results: Results) -> list[str]:
    """What has not been measured, or not in the way in which it could be published."""
    commits = sorted({found.commit for found in _all(results)})
    mixed = [] if len(commits) == 1 else [f"one commit (there are {', '.join(commits)})"]
    mixed += [
        f"a commit without changes to it (measured: {commit or 'nobody knows what'})"
        for commit in commits
        if not can_be_published(commit)
    ]
    measured = {(found.engine, found.scenario) for found in _all(results)}
    never = [
        f"{engine} {scenario}"
        for engine in ENGINES
        for scenario in SCENARIOS
        if (engine, scenario) not in measured
    ]
    few = [
        f"{' '.join(found.key)} (rounds: {len(found.values)} of {FEWEST_ROUNDS})"
        for found in _all(results)
        if len(found.values) < FEWEST_ROUNDS
        and found.scenario not in ("memory", "import")
        and not found.error
    ]
    return mixed + never + few


def package(results: Results) -> str:
    """What does not depend on a connection."""
    imports = [
        f"{digits(found.median)} ms in {ENGINES[found.engine]} {_verdict(found.median <= IMPORT_MS)}"
        for found in _all(results)
        if found.key[1:] == ("import", "import", "ours-polyfill") and found.values
    ]
    size = f"{results.wheel_bytes / 1024:.1f} KiB {_verdict(results.wheel_bytes <= WHEEL_BYTES)}"
    parts = [f"The wheel has {size} (goal: {WHEEL_BYTES // 1024})."]
    if imports:
        parts.append(f"Importing it takes {', '.join(imports)} (goal: {IMPORT_MS} ms).")
    return f"{' '.join(parts)}\n"


def table(rows: Iterable[Row]) -> str:
    """Rows, of which the first is the head, as a Markdown table."""
    head, *body = rows
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    rule = [f"{'-' * (width - 1)}{':' if number else '-'}" for number, width in enumerate(widths)]
    lines = [head, rule, *body]
    return "".join(
        "| "
        + " | ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |\n"
        for line in lines
    )


def _all(results: Results) -> Iterator[Measurement]:
    return iter(results.measurements.values())


def _goals(results: Results, engine: str, ours: Contender) -> Iterator[Row]:
    """Compare one of ours with JavaScript, naive use and the peers."""
    others = [REFERENCES[ours.backend]]
    others += [
        found
        for found in CONTENDERS
        if (found.kind == "naive" and ours.backend == "native") or found.kind == "peer"
    ]
    rows = []
    for (scenario, case), label in ROWS.items():
        if not results.find(engine, scenario, case, ours.id):
            continue
        aim = target(engine, scenario, case, ours.id, others[0].id)
        cells = [_compare(results, engine, scenario, case, ours.id, other.id) for other in others]
        if any(cells):
            rows.append([label, str(aim or ""), *cells])
        if optional := _optional(results, engine, scenario, case, ours):
            rows.append([f"{label}, {OPTION}", str(aim or ""), optional, *[""] * (len(others) - 1)])
    if rows:
        yield ["", "goal", *(other.label for other in others)]
        yield from rows


def _libraries(results: Results, engine: str) -> Iterator[Row]:
    """Compare each library with the stream that it uses."""
    libraries = [found for found in CONTENDERS if found.kind == "library"]
    rows = []
    for (scenario, case), label in ROWS.items():
        cells = [_compare(results, engine, scenario, case, found.id, DIRECT) for found in libraries]
        if any(cells):
            aim = target(engine, scenario, case, libraries[0].id, DIRECT)
            rows.append([label, str(aim or ""), *cells])
    if rows:
        yield ["", "goal", *(found.label for found in libraries)]
        yield from rows


def _compare(results: Results, engine: str, scenario: str, case: str, ours: str, other: str) -> str:
    """The ratio of two contenders, and whether the goal is met."""
    if scenario == "memory":
        # An amount that is nothing for some; the figures tell all there is to say.
        return ""
    ratio = results.ratio(engine, scenario, case, ours, other)
    if ratio is None:
        found = results.find(engine, scenario, case, other)
        return "(failed)" if found and found.error else ""
    shown = ratio_text(ratio)
    aim = target(engine, scenario, case, ours, other)
    if aim is None:
        return shown
    if BY_ID[other].kind == "peer" and ratio.low <= 1 <= ratio.high:
        return f"{shown} {EVEN}"
    met = aim.met(ratio.estimate)
    limit = results.ratio(engine, scenario, case, REFERENCES[BY_ID[ours].backend].id, other)
    beyond = not met and other == NAIVE and limit is not None and limit.estimate < NAIVE_FACTOR
    return f"{shown} {OUT_OF_REACH if beyond else _verdict(met)}"


def _figures(results: Results, engine: str) -> Iterator[Row]:
    """Every contender's own figures."""
    mine = [found for found in _all(results) if found.engine == engine]
    who = [
        contender for contender in CONTENDERS if any(found.contender == contender.id for found in mine)
    ]
    yield ["", *(f"{contender.label}, {contender.backend}" for contender in who)]
    for (scenario, case), label in ROWS.items():
        cells = [results.find(engine, scenario, case, contender.id) for contender in who]
        if any(cells):
            yield [label, *(_figure(found) for found in cells)]


def _figure(found: Measurement | None) -> str:
    """One figure with its unit."""
    if found is None:
        return ""
    if not found.values:
        return "(failed)"
    mark = "*" if found.server_bound else ""
    value, unit = found.median, found.unit
    if unit == "messages/s" and (size := BULK.get(found.case)):
        value, unit = value * size / 1e6, "MB/s"
    elif unit.endswith("/s"):
        value, unit = value / 1000, "k/s"
    return f"{digits(value)} {unit}{mark}"


def _verdict(met: bool) -> str:
    return MET if met else MISSED


def digits(value: float) -> str:
    """Three digits or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio_text(ratio: Ratio) -> str:
    """A ratio with its interval, if there is one."""
    interval = "" if isinf(ratio.high) else f" ({ratio.low:.2f}–{ratio.high:.2f})"
    return f"{ratio.estimate:.2f}{interval}"
