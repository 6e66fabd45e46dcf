"""Engines, pages and cells, and which of them a run covers.

Most pages make up the matrix. Further ones are started once, for the scenarios that are marked as
quick: other versions of Pyodide, and JavaScript runtimes that are no browsers; see runtimes.py.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.version import Version

from .engines import ENGINES

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = Path(os.environ.get("WEBSOCKETSTREAM_DISTRIBUTIONS", ROOT / ".build" / "pyodide"))
LIBRARIES = ROOT / ".build" / "libraries"
FURTHER_PINS = ROOT / "tests" / "environments" / "npm" / "package.json"
THREADS = ("main", "worker", "main+csp")
CONTEXTS = ("shared-worker", "service-worker", "sandboxed-frame", "cross-origin-frame")
"""Other places in a browser where Pyodide may start, which the matrix does not have."""
BACKENDS = {
    "chromium": ("native", "polyfill"),
    "firefox": ("polyfill",),
    "webkit": ("polyfill",),
}
RUNTIMES = {
    "node-22": ("polyfill",),
    "node-24": ("polyfill",),
    "node-26": ("polyfill",),
    "bun": ("polyfill",),
    "deno": ("polyfill",),
    "deno-unstable-net": ("polyfill",),
}
"""Runtimes without pages, and the back ends that scenarios run on there. With an option Deno has a
WebSocketStream of its own, which tells of some clean ends as of lost connections."""


@dataclass(frozen=True)
class PageSpec:
    """One browser with one Pyodide in it."""

    engine: str
    thread: str
    pyodide: str

    @property
    def id(self) -> str:
        return f"{self.engine}-{self.thread}-{self.pyodide}"

    @property
    def has_every_scenario(self) -> bool:
        """Whether all scenarios run here in every run.

        Two pages of each engine have them all. Between them each scenario meets the page and the
        worker, and the newest and the oldest Pyodide of the matrix.
        """
        versions = pyodide_versions()
        return (self.thread, self.pyodide) in (("main", versions[0]), ("worker", versions[-1]))

    @property
    def is_in_every_run(self) -> bool:
        """Whether this page is started in runs that are not asked for the whole matrix."""
        return self.has_every_scenario or self.thread == "main+csp"

    @property
    def cells(self) -> "list[Cell]":
        return [Cell(self, backend) for backend in (BACKENDS | RUNTIMES)[self.engine]]

    @property
    def scheme(self) -> str:
        """How its scenarios connect: ``"wss"`` on one page of each engine, ``"ws"`` on the others."""
        with_tls = (self.thread, self.pyodide) == ("worker", pyodide_versions()[-1])
        return "wss" if with_tls else "ws"


@dataclass(frozen=True)
class Cell:
    """A page and the back end that its scenarios use."""

    page: PageSpec
    backend: str

    @property
    def id(self) -> str:
        page = self.page
        return f"{page.engine}-{self.backend}-{page.thread}-{page.pyodide}"


@cache
def pyodide_versions() -> tuple[str, ...]:
    """The versions of the matrix, which package.json pins, newest first."""
    return _pinned(ROOT / "package.json")


@cache
def further_versions() -> tuple[str, ...]:
    """Other versions that ought to work, newest first."""
    return _pinned(FURTHER_PINS)


def _pinned(package: Path) -> tuple[str, ...]:
    dependencies = json.loads(package.read_text())["dependencies"]
    found = [name.removeprefix("pyodide-") for name in dependencies if name.startswith("pyodide-")]
    return tuple(sorted(found, key=Version, reverse=True))


def all_pages() -> list[PageSpec]:
    """Every page of the matrix, in the order in which they are run.

    The page under a strict policy exists with the newest Pyodide only: what it proves, that nothing
    needs eval, does not depend on the version.
    """
    versions = pyodide_versions()
    return [
        PageSpec(engine, thread, version)
        for engine in ENGINES
        for version in versions
        for thread in THREADS
        if thread != "main+csp" or version == versions[0]
    ]


def further_pages() -> list[PageSpec]:
    """Pages that are started once besides the matrix, in the order of their table.

    Firefox has the newest and the oldest Pyodide only: what is in between differs less.
    """
    versions = further_versions()
    return [
        *(PageSpec("chromium", "main", version) for version in versions),
        *(PageSpec("firefox", "main", version) for version in (versions[0], versions[-1])),
        *(PageSpec(runtime, "main", pyodide_versions()[0]) for runtime in RUNTIMES),
    ]


def context_pages() -> list[PageSpec]:
    """Pages that run Python in another context, with the newest Pyodide."""
    return [
        PageSpec(engine, context, pyodide_versions()[0]) for engine in ENGINES for context in CONTEXTS
    ]


@dataclass(frozen=True)
class Selection:
    """What the options of a run let through; an empty sequence lets everything through."""

    engines: Sequence[str] = ()
    backends: Sequence[str] = ()
    threads: Sequence[str] = ()
    pyodides: Sequence[str] = ()
    whole: bool = False
    """Whether the run has the whole matrix, and not only the pages that every run has."""

    def pages(self, among: Iterable[PageSpec] | None = None) -> list[PageSpec]:
        """What is let through of the matrix, or of other pages."""
        if among is None:
            among = [page for page in all_pages() if self.whole or page.is_in_every_run]
        return [
            page
            for page in among
            if _allows(self.engines, page.engine)
            and _allows(self.threads, page.thread)
            and _allows(self.pyodides, page.pyodide)
            and any(_allows(self.backends, cell.backend) for cell in page.cells)
        ]

    def pages_of_long_tests(self) -> list[PageSpec]:
        """The pages for tests that take minutes in WebKitGTK: there only if it is asked for."""
        asked_for = self.whole or "webkit" in self.engines
        return [page for page in self.pages() if asked_for or page.engine != "webkit"]

    def newest_pages(self) -> list[PageSpec]:
        """For each engine and thread, the page of this run with the newest Pyodide."""
        found: dict[tuple[str, str], PageSpec] = {}
        for page in self.pages():
            found.setdefault((page.engine, page.thread), page)
        return list(found.values())

    def cells(self, among: Iterable[PageSpec] | None = None) -> list[Cell]:
        """The cells of those pages that are let through."""
        return [
            cell
            for page in self.pages(among)
            for cell in page.cells
            if _allows(self.backends, cell.backend)
        ]


def _allows(chosen: Iterable[str], value: str) -> bool:
    return not chosen or value in chosen
