"""Engines, pages and cells, and which of them a run covers."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .engines import ENGINES

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = Path(os.environ.get("WEBSOCKETSTREAM_DISTRIBUTIONS", ROOT / ".build" / "pyodide"))
LIBRARIES = ROOT / ".build" / "libraries"
THREADS = ("main", "worker", "main+csp")
BACKENDS = {
    "chromium": ("native", "polyfill"),
    "firefox": ("polyfill",),
    "webkit": ("polyfill",),
}


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
    def cells(self) -> "list[Cell]":
        return [Cell(self, backend) for backend in BACKENDS[self.engine]]


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
    """The versions that package.json pins, newest first."""
    dependencies = json.loads((ROOT / "package.json").read_text())["dependencies"]
    found = [name.removeprefix("pyodide-") for name in dependencies if name.startswith("pyodide-")]
    return tuple(sorted(found, key=lambda version: int(version.split(".")[0]), reverse=True))


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


@dataclass(frozen=True)
class Selection:
    """What the options of a run let through; an empty sequence lets everything through."""

    engines: Sequence[str] = ()
    backends: Sequence[str] = ()
    threads: Sequence[str] = ()
    pyodides: Sequence[str] = ()

    def pages(self) -> list[PageSpec]:
        return [
            page
            for page in all_pages()
            if _allows(self.engines, page.engine)
            and _allows(self.threads, page.thread)
            and _allows(self.pyodides, page.pyodide)
            and any(_allows(self.backends, cell.backend) for cell in page.cells)
        ]

    def cells(self) -> list[Cell]:
        return [
            cell for page in self.pages() for cell in page.cells if _allows(self.backends, cell.backend)
        ]


def _allows(chosen: Iterable[str], value: str) -> bool:
    return not chosen or value in chosen
