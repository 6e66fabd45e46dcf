"""Who is measured, and what."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.browser.cells import BACKENDS


@dataclass(frozen=True)
class Contender:
    """A WebSocket client, and a way to use it."""

    id: str
    label: str
    backend: str
    """What it stands on: "native", the browser's WebSocketStream, or "polyfill", classic WebSocket."""
    client: str
    """What the page calls it."""
    kind: str
    """"reference", "ours", "naive", "peer", "library" for one that runs through the gateway, "streams"
    for ours through a reader and a writer, "option" for ours with an option, or "variant" for another
    way to use a reference."""
    fresh: bool = False
    """Whether it sends a new array each time."""


CONTENDERS = (
    Contender("js-native", "JavaScript", "native", "js-native", "reference"),
    Contender("ours-native", "websocketstream", "native", "ours-native", "ours"),
    Contender("streams-native", "streams of websocketstream", "native", "streams-native", "streams"),
    Contender("naive", "naive FFI", "native", "naive", "naive"),
    Contender("js-native-fresh", "JavaScript, fresh arrays", "native", "js-native", "variant", True),
    Contender("js-classic", "JavaScript", "polyfill", "js-classic", "reference"),
    Contender("ours-polyfill", "websocketstream", "polyfill", "ours-polyfill", "ours"),
    Contender(
        "streams-polyfill", "streams of websocketstream", "polyfill", "streams-polyfill", "streams"
    ),
    Contender(
        "ours-native-no-run-sync",
        "websocketstream, run_sync=False",
        "native",
        "ours-native-no-run-sync",
        "option",
    ),
    Contender(
        "ours-polyfill-no-run-sync",
        "websocketstream, run_sync=False",
        "polyfill",
        "ours-polyfill-no-run-sync",
        "option",
    ),
    Contender("pyscript", "pyscript.WebSocket", "polyfill", "pyscript", "peer"),
    Contender("handwritten", "js.WebSocket by hand", "polyfill", "handwritten", "peer"),
    Contender("niquests", "niquests", "polyfill", "niquests", "peer"),
    Contender("websockets", "websockets", "polyfill", "websockets", "library"),
    Contender("aiohttp", "aiohttp", "polyfill", "aiohttp", "library"),
    Contender("js-classic-fresh", "JavaScript, fresh arrays", "polyfill", "js-classic", "variant", True),
)
BY_ID = {contender.id: contender for contender in CONTENDERS}
REFERENCES = {found.backend: found for found in CONTENDERS if found.kind == "reference"}


@dataclass(frozen=True)
class Case:
    """A kind of message."""

    kind: str
    size: int

    @property
    def id(self) -> str:
        return f"{self.kind}-{self.size}"

    @property
    def label(self) -> str:
        return f"{self.kind} {_bytes(self.size)}"


CASES = (
    Case("text", 32),
    Case("text", 1 << 10),
    Case("binary", 32),
    Case("binary", 1 << 10),
    Case("binary", 1 << 16),
    Case("binary", 1 << 20),
)
FEWEST_ROUNDS, MOST_ROUNDS = 6, 12
"""An interval of 95 % takes six rounds; after twelve a ratio is left as uncertain as it is."""
JSPI = ("chromium", "firefox")
"""The engines in which Python can call `run_sync()`, which costs time; see docs/benchmarks.md."""
CONNECTIONS = (1, 10, 50, 150)
"""How many there are at a time in the scenario "many"."""
SCENARIOS = ("receive", "send", "round-trip", "connect", "import", "memory", "many")
PEER_MODULES = {
    "pyscript": "pyscript",
    "niquests": "niquests",
    "websockets": "websockets.asyncio.client",
    "aiohttp": "aiohttp",
}
DIRECT = "ours-polyfill"
"""What libraries are compared with: the stream that they stand on, used directly."""
OUR_MODULE = "websocketstream"
FIRST_MESSAGE = ("js-native", "ours-native", "js-classic", "ours-polyfill", "handwritten")
"""Whose first message after a page load is measured; see inpage/first.py."""


def compared(contenders: Sequence[Contender]) -> list[tuple[Contender, Contender]]:
    """The pairs whose ratio is to be known precisely: those with a goal that is not about a peer."""
    baselines = {
        found: DIRECT if found.kind == "library" else REFERENCES[found.backend].id
        for found in contenders
        if found.kind in ("ours", "library", "option")
    }
    return [(found, BY_ID[other]) for found, other in baselines.items() if BY_ID[other] in contenders]


@dataclass(frozen=True)
class Selection:
    """What the options of a run let through; an empty sequence lets everything through."""

    engines: Sequence[str]
    backends: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    contenders: Sequence[str] = ()
    cases: Sequence[str] = ()

    def allows(self, scenario: str) -> bool:
        return not self.scenarios or scenario in self.scenarios

    def messages(self) -> list[Case]:
        return [case for case in CASES if not self.cases or case.id in self.cases]

    def who(self, engine: str, scenario: str = "", case: Case | None = None) -> list[Contender]:
        """The contenders of an engine, references always among them.

        Variants take part in binary sends only, readers and writers where messages move, and options
        where they matter.
        """
        left_out = set()
        if scenario != "send" or case is None or case.kind != "binary":
            left_out.add("variant")
        if scenario not in ("receive", "send", "round-trip"):
            left_out.add("streams")
        if scenario != "round-trip" or engine not in JSPI:
            left_out.add("option")
        backends = [name for name in BACKENDS[engine] if not self.backends or name in self.backends]
        return [
            contender
            for contender in CONTENDERS
            if contender.backend in backends
            and contender.kind not in left_out
            and (not self.contenders or contender.id in self.contenders or contender.kind == "reference")
        ]


def _bytes(size: int) -> str:
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size // factor} {unit}"
    return f"{size} B"
