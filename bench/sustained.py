"""``python -m bench.sustained``: what messages that come for minutes cost, compared with JavaScript.

The server sends 1,000 messages of 10 kB a second, and the page sends each of them back. Two browsers
do that at the same time, one with this package and one with a JavaScript loop, so both have the same
conditions. Reported are the CPU time of the page's thread, and by how much the memory of the page's
process and Python's heap grow after the first fifth of the time. A message that is lost is an error.
Needs Linux.
"""

import argparse
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from statistics import median
from textwrap import fill

from tests.browser.cells import BACKENDS, PageSpec, pyodide_versions
from tools.project import BUILD, ROOT, Problem, can_be_published, commit, main, replace_block, say

from . import server
from .pages import BenchPage, SampleFailed, page
from .plan import CONTENDERS, REFERENCES, Contender
from .processes import busiest, cpu, memory
from .report import ENGINES, WIDTH, table
from .server import BenchServer

RATE, SIZE = 1000, 10_000
BURN_MS = 500
"""How long the page keeps its thread busy, which shows which process it is."""

STILL_TO_COME = 60
"""Seconds after which a page that has fallen behind is given up."""

TABLE = BUILD / "bench" / "sustained.md"
_ids = map(str, count())


@dataclass
class Run:
    """One contender's page, and what it used."""

    contender: Contender
    page: BenchPage
    pid: int = 0
    cpu: float = 0.0
    """Microseconds for each message."""
    memory: list[int] = field(default_factory=list)
    """Bytes, each second."""
    heap: int = 0
    """By how many bytes Python's heap grew after the first fifth."""

    @property
    def growth(self) -> float:
        """By how many MB the process grew, from the second fifth of the time to the last one."""
        fifth = max(1, len(self.memory) // 5)
        return (median(self.memory[-fifth:]) - median(self.memory[fifth : 2 * fifth])) / 1e6

    def prepare(self) -> None:
        """Start the browser, and find the process that has the page."""
        self.page.take("connects", self.contender.client, url="", count=0)
        self.pid, _ = busiest(lambda: self.page.take("burn", "js-classic", ms=BURN_MS))

    def sustain(self, serving: BenchServer, messages: int) -> None:
        """Send the messages back."""
        id = next(_ids)
        what = {"kind": "binary", "size": SIZE, "count": messages, "rate": RATE}
        begun = cpu(self.pid)
        taken = self.page.take(
            "sustain",
            self.contender.client,
            within=messages / RATE + STILL_TO_COME,
            url=serving.url("/paced", id=id, **what),
            count=messages,
        )
        self.cpu = (cpu(self.pid) - begun) / messages
        self.heap = taken["grown"]
        report = serving.report(id)
        seen = [(report.messages, report.payload_bytes), (taken["messages"], taken["bytes"])]
        if any(numbers != (messages, messages * SIZE) for numbers in seen):
            raise SampleFailed(f"{self.contender.id}: {seen} instead of {messages, messages * SIZE}")


def compare(engine: str, ours: Contender, minutes: float) -> list[str]:
    """Measure one of ours and JavaScript at the same time; return the row of the table."""
    spec = PageSpec(engine, "main", pyodide_versions()[0])
    messages = round(minutes * 60 * RATE)
    with contextlib.ExitStack() as stack:
        serving = stack.enter_context(server.serve())
        runs = [
            Run(contender, stack.enter_context(page(spec)))
            for contender in (REFERENCES[ours.backend], ours)
        ]
        for run in runs:
            run.prepare()
        with ThreadPoolExecutor() as pool:
            works = [pool.submit(run.sustain, serving, messages) for run in runs]
            while wait(works, timeout=1).not_done:
                for run in runs:
                    run.memory.append(memory(run.pid))
        for work in works:
            work.result()
    reference, mine = runs
    return [
        f"{ENGINES[engine]}, {ours.backend}",
        *(f"{run.cpu:.0f} µs, {run.cpu * RATE / 1e4:.0f} %" for run in runs),
        f"{mine.cpu / reference.cpu:.2f}",
        *(f"{run.growth:+.1f} MB" for run in runs),
        f"{mine.heap / 1e6:+.1f} MB",
    ]


def rows(engines: list[str], minutes: float) -> Iterator[list[str]]:
    """The table, of which the first row is the head."""
    who = ("JavaScript", "websocketstream")
    yield [
        "",
        *(f"CPU, {name}" for name in who),
        "ratio",
        *(f"memory, {name}" for name in who),
        "Python's heap",
    ]
    for engine in engines:
        for ours in CONTENDERS:
            if ours.kind == "ours" and ours.backend in BACKENDS[engine]:
                say(f"{engine}, {ours.backend}: {minutes:g} minutes")
                row = compare(engine, ours, minutes)
                say("; ".join(row))
                yield row


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sustained", description=__doc__)
    parser.add_argument("engine", nargs="*", default=list(BACKENDS), help=", ".join(BACKENDS))
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--publish", action="store_true", help="put the table into docs/benchmarks.md")
    return parser.parse_args()


def sustained() -> None:
    """Measure, print the table, and publish it if that is asked for."""
    options = arguments()
    measured = commit()
    if options.publish and not can_be_published(measured):
        raise Problem("not to be published: the files are not those of a commit")
    try:
        text = table(rows(options.engine, options.minutes))
    except SampleFailed as failure:
        raise Problem(str(failure)) from None
    footer = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at {measured}, {options.minutes:g} minutes each, "
        f"with Pyodide {pyodide_versions()[0]}."
    )
    text = f"{text}\n{fill(footer, WIDTH)}\n"
    print(f"\n{text}")
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(text)
    if options.publish:
        replace_block(ROOT / "docs" / "benchmarks.md", "sustained", text)


if __name__ == "__main__":
    main(sustained)
