"""The ladders of ``python -m bench.floors``: what each rung adds to the one before it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.browser.cells import BACKENDS

from .plan import CASES, JSPI, Case, Contender

P50 = "p50"
MOVED = [
    case for case in CASES if case.id in ("text-32", "binary-1024", "binary-65536", "binary-1048576")
]
"""What is received and sent; the others would say nothing else."""


@dataclass(frozen=True)
class Rung(Contender):
    """A client that does a part of what the package does."""

    floor: bool = False
    """Whether no client in Python can do with less."""
    jspi: bool = False
    """Whether it needs JSPI, or differs from the one before it only where that is."""
    copies: bool = False
    """Whether it differs from the one before it only where bytes are copied."""


@dataclass(frozen=True)
class Ladder:
    """Rungs that take turns, the first of which is JavaScript or the least that there is."""

    name: str
    title: str
    scenario: str
    """"receive", "send" or "round-trip"."""
    backend: str
    rungs: tuple[Rung, ...]

    def engines(self) -> list[str]:
        """The engines that have the socket, and more than one rung."""
        return [
            engine
            for engine, backends in BACKENDS.items()
            if self.backend in backends and len(self.rungs_of(engine, None)) > 1
        ]

    @property
    def cases(self) -> list[Case | None]:
        """The messages; ``None`` is the one that is echoed."""
        return [None] if self.scenario == "round-trip" else [*MOVED]

    def rungs_of(self, engine: str, case: Case | None) -> list[Rung]:
        """The rungs that say something in this engine and this case."""
        return [
            rung
            for rung in self.rungs
            if (engine in JSPI or not rung.jspi)
            and not (rung.copies and case is not None and case.kind == "text")
        ]

    def floors_of(self, engine: str, case: Case | None) -> list[Rung]:
        """The floors; where bytes are copied, sending without a copy is none."""
        return [
            rung
            for rung, following in pairwise(self.rungs_of(engine, case))
            if rung.floor and not following.copies
        ]


def case_id(case: Case | None) -> str:
    return case.id if case else P50


def _rungs(backend: str, *rungs: tuple[str, ...]) -> tuple[Rung, ...]:
    """Make rungs of the name of the client, the label, and what is true of it."""
    return tuple(
        Rung(
            client,
            label,
            backend,
            client,
            "rung",
            floor="floor" in marks,
            jspi="jspi" in marks,
            copies="copies" in marks,
        )
        for client, label, *marks in rungs
    )


LADDERS = (
    Ladder(
        "receive-classic",
        "Receiving, classic WebSocket",
        "receive",
        "polyfill",
        _rungs(
            "polyfill",
            ("js-classic", "JavaScript: a listener that counts"),
            ("gather", "JavaScript gathers events, Python drops them"),
            ("convert", "… Python converts them to str and bytes", "floor"),
            ("ours-polyfill", "websocketstream: async for message in ws"),
        ),
    ),
    Ladder(
        "receive-native",
        "Receiving, native WebSocketStream",
        "receive",
        "native",
        _rungs(
            "native",
            ("js-native", "JavaScript: await reader.read()"),
            ("js-native-pipes", "JavaScript: a pipe into a sink that counts"),
            ("call-pipe", "a pipe into a function of Python's that counts"),
            ("gather-pipe", "a pipe that gathers in JavaScript, Python drops"),
            ("convert-pipe", "… Python converts to str and bytes", "floor"),
            ("ours-native", "websocketstream: async for message in ws"),
        ),
    ),
    Ladder(
        "send-classic",
        "Sending, classic WebSocket",
        "send",
        "polyfill",
        _rungs(
            "polyfill",
            ("js-classic", "JavaScript: send(), 16 MiB may wait"),
            ("prepared", "Python calls send() with one string or array", "floor"),
            ("copied", "… with a copy of the bytes each time", "floor", "copies"),
            ("ours-polyfill-js-mark", "websocketstream: await ws.send(), 16 MiB may wait"),
            ("ours-polyfill", "… 1 MiB may wait, the default"),
            ("js-classic-default-mark", "JavaScript: send(), 1 MiB may wait"),
        ),
    ),
    Ladder(
        "send-native",
        "Sending, native WebSocketStream",
        "send",
        "native",
        _rungs(
            "native",
            ("js-native", "JavaScript: await writer.ready; writer.write()"),
            ("js-native-pipes", "JavaScript: a pipe from a source"),
            ("prepared-pipe", "a pipe from a function of Python's", "floor"),
            ("copied-pipe", "… with a copy of the bytes each time", "floor", "copies"),
            ("ours-native-js-mark", "websocketstream: await ws.send(), 16 MiB may wait"),
            ("ours-native", "… 1 MiB may wait, the default"),
        ),
    ),
    Ladder(
        "round-trip-classic",
        "Round trip, classic WebSocket",
        "round-trip",
        "polyfill",
        _rungs(
            "polyfill",
            ("js-classic", "JavaScript"),
            ("listener", "a listener in Python that sends in its own call"),
            ("awaiting", "a task that waits, resumed in the listener's call", "floor"),
            ("awaiting-promising", "… resumed through callPromising()", "floor", "jspi"),
            ("ours-polyfill-no-run-sync", "websocketstream, run_sync=False", "jspi"),
            ("ours-polyfill", "websocketstream"),
        ),
    ),
    Ladder(
        "round-trip-native",
        "Round trip, native WebSocketStream",
        "round-trip",
        "native",
        _rungs(
            "native",
            ("js-native", "JavaScript"),
            ("listener-pipe", "a sink in Python that enqueues in its own call"),
            ("awaiting-pipe", "a task that waits, resumed in the sink's call"),
            ("awaiting-pipe-later", "… which answers two turns later, against crashes", "floor"),
            (
                "awaiting-pipe-promising",
                "… resumed through callPromising(), one turn later",
                "floor",
                "jspi",
            ),
            ("ours-native-no-run-sync", "websocketstream, run_sync=False", "jspi"),
            ("ours-native", "websocketstream"),
        ),
    ),
    Ladder(
        "event",
        "An event without a WebSocket",
        "round-trip",
        "polyfill",
        _rungs(
            "polyfill",
            ("event", "calls an empty function of Python's"),
            ("event-promising", "… through callPromising()", "jspi"),
        ),
    ),
)
BY_NAME = {ladder.name: ladder for ladder in LADDERS}


def climbs(engine: str, names: Iterable[str]) -> Iterator[tuple[Ladder, Case | None]]:
    """What there is to measure in an engine."""
    for name in names:
        ladder = BY_NAME[name]
        if engine in ladder.engines():
            yield from ((ladder, case) for case in ladder.cases)
