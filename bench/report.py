"""The tables, in Markdown that is aligned, so that it can be read in a terminal too."""

from collections.abc import Iterable, Iterator, Sequence

from .plan import BY_ID, CASES, CONTENDERS, DIRECT, REFERENCES, ROUNDS, SCENARIOS, Contender
from .results import Measurement, Results, Spread
from .targets import IMPORT_MS, NAIVE, NAIVE_FACTOR, WHEEL_BYTES, target

ENGINES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKitGTK"}
BACKENDS = {"native": "WebSocketStream", "polyfill": "classic WebSocket"}

ROWS: dict[tuple[str, str], str] = {
    **{("receive", case.id): f"receive {case.label}" for case in CASES},
    **{("send", case.id): f"send {case.label}" for case in CASES},
    ("round-trip", "p50"): "round trip, p50",
    ("round-trip", "p99"): "round trip, p99",
    ("connect", "connect"): "connect",
    ("many", "open"): "open 150 connections",
    ("many", "echo"): "echo on 150 connections",
    ("memory", "ahead"): "slow reader: sent and not read",
    ("memory", "heap"): "slow reader: growth of Python's heap",
    ("import", "import"): "import",
    ("import", "compiled"): "import, compiled already",
}
"""What is measured, by scenario and case, in the order of the tables."""

BULK = {case.id: case.size for case in CASES if case.size >= 1 << 16}
"""Messages whose rate is told in bytes."""

MET, MISSED, EVEN, OUT_OF_REACH = "✓", "✗", "≈", "○"
LEGEND = (
    "Ratios are medians of the rounds' ratios, with the lowest and the highest. ✓: the goal is met. "
    "✗: it is not. The goal against another client is to be faster. ≈: faster in some rounds, slower in "
    "others. ○: JavaScript itself would not reach the goal. *: the server was the limit."
)

type Row = Sequence[str]


def text(results: Results, engines: Iterable[str]) -> str:
    """All tables of these engines."""
    measured = [engine for engine in engines if engine in results.engines]
    parts = ["### All engines\n", against_javascript(results, measured)]
    parts += [section(results, engine) for engine in measured]
    return "\n".join([*parts, package(results), LEGEND, f"\n{_footer(results)}\n"])


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
    """Two sentences for the README: how ours compare with JavaScript, over all engines and messages."""
    rates = [*_medians(results, "receive"), *_medians(results, "send")]
    trips = [*_medians(results, "round-trip", "p50")]
    return (
        f"Sending and receiving reach {min(rates):.2f} to {max(rates):.2f} of the rate of a JavaScript "
        "loop in the same browser on the same kind of socket, and a round trip takes "
        f"{min(trips):.1f} to {max(trips):.1f} times as long. {_footer(results)}\n"
    )


def against_javascript(results: Results, engines: Iterable[str]) -> str:
    """Compare ours with JavaScript, in a table with a column for each back end of these engines."""
    columns = [
        (engine, contender)
        for engine in engines
        for contender in CONTENDERS
        if contender.kind == "ours"
        and any(found.key[0] == engine and found.contender == contender.id for found in _all(results))
    ]
    rows = [["", *(f"{ENGINES[engine]}, {who.backend}" for engine, who in columns)]]
    for (scenario, case), label in ROWS.items():
        if scenario in ("receive", "send", "round-trip"):
            cells = [
                _compare(results, engine, scenario, case, who.id, REFERENCES[who.backend].id, wide=False)
                for engine, who in columns
            ]
            rows.append([label, *cells])
    return table(rows)


def _medians(results: Results, scenario: str, case: str | None = None) -> Iterator[float]:
    """The ratios of ours to JavaScript in this scenario, one for each engine, back end and case."""
    for found in _all(results):
        who = BY_ID[found.contender]
        if found.scenario == scenario and who.kind == "ours" and case in (None, found.case):
            spread = results.ratio(*found.key, REFERENCES[who.backend].id)
            if spread is not None:
                yield spread.median


def _footer(results: Results) -> str:
    """When this was measured, and with what."""
    facts = results.engines.values()
    days = sorted({fact["day"] for fact in facts})
    pyodides = ", ".join(sorted({fact["pyodide"] for fact in facts}))
    versions = ", ".join(f"{ENGINES[name]} {fact['version']}" for name, fact in results.engines.items())
    return f"Measured on {' and '.join(days)}: {versions}; Pyodide {pyodides}."


def missing(results: Results) -> list[str]:
    """What has not been measured, or in too few rounds to be published."""
    measured = {(found.engine, found.scenario) for found in _all(results)}
    never = [
        f"{engine} {scenario}"
        for engine in ENGINES
        for scenario in SCENARIOS
        if (engine, scenario) not in measured
    ]
    return never + [
        f"{' '.join(found.key)} (rounds: {len(found.values)} of {ROUNDS})"
        for found in _all(results)
        if len(found.values) < ROUNDS and found.scenario != "memory" and not found.error
    ]


def package(results: Results) -> str:
    """What does not depend on a connection."""
    imports = [
        f"{_digits(found.median)} ms in {ENGINES[found.engine]} {_verdict(found.median <= IMPORT_MS)}"
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
        aim = target(scenario, case, ours.id, others[0].id)
        cells = [_compare(results, engine, scenario, case, ours.id, other.id) for other in others]
        if any(cells):
            rows.append([label, str(aim or ""), *cells])
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
            rows.append([label, str(target(scenario, case, libraries[0].id, DIRECT) or ""), *cells])
    if rows:
        yield ["", "goal", *(found.label for found in libraries)]
        yield from rows


def _compare(
    results: Results, engine: str, scenario: str, case: str, ours: str, other: str, wide: bool = True
) -> str:
    """The ratio of two contenders, and whether the goal is met."""
    if scenario == "memory":
        # An amount that is nothing for some; the figures tell all there is to say.
        return ""
    spread = results.ratio(engine, scenario, case, ours, other)
    if spread is None:
        found = results.find(engine, scenario, case, other)
        return "(failed)" if found and found.error else ""
    shown = _ratio(spread) if wide else f"{spread.median:.2f}"
    aim = target(scenario, case, ours, other)
    if aim is None:
        return shown
    if BY_ID[other].kind == "peer" and spread.low <= 1 <= spread.high:
        return f"{shown} {EVEN}"
    met = aim.met(spread.median)
    limit = results.ratio(engine, scenario, case, REFERENCES[BY_ID[ours].backend].id, other)
    beyond = not met and other == NAIVE and limit is not None and limit.median < NAIVE_FACTOR
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
    return f"{_digits(value)} {unit}{mark}"


def _verdict(met: bool) -> str:
    return MET if met else MISSED


def _digits(value: float) -> str:
    """Three digits or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"
