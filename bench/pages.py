"""The benchmark's page: the harness's, with other files in it and none of its checks.

It is isolated from other origins, because browsers then give it precise clocks.
"""

import contextlib
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.browser import bundle, drivers, webserver
from tests.browser.cells import DISTRIBUTIONS, PageSpec
from tests.browser.runners import BOOT_LIMIT, HARNESS, NoAnswer, TabCrashed, _HarnessPage
from tools import compiled
from tools.distributions import PEERS
from tools.project import NODE_MODULES, files_under
from tools.wheel import find

HERE = Path(__file__).parent
PYSCRIPT = NODE_MODULES / "@pyscript" / "core" / "src" / "stdlib"
COMPILED = "compiled"
"""The folder of the bundle that has the compiled package."""

SAMPLE_LIMIT = 60
"""Seconds for one sample."""


class SampleFailed(Exception):
    """A client gave an error, no answer, or took the tab with it."""


class BenchPage:
    """One browser with the page in it; started again after a failure."""

    def __init__(self, spec: PageSpec, port: int) -> None:
        self._spec, self._port = spec, port
        self._runner: _HarnessPage | None = None

    @property
    def version(self) -> str:
        """The browser's version."""
        return str(self._running().driver.capabilities["browserVersion"])

    def take(
        self, sample: str, client: str, *, within: float = SAMPLE_LIMIT, **options: Any
    ) -> dict[str, Any]:
        """Take one sample, within so many seconds."""
        value: dict[str, Any] = self._call("sample", within, sample=sample, client=client, **options)
        return value

    def measure_import(self, module: str, compiled: bool = False) -> float:
        """How many milliseconds it takes to import a module in an interpreter that is new.

        With `compiled` it is the package as in the wheel that is compiled already.
        """
        folder = COMPILED if compiled else ""
        return float(self._call("import", BOOT_LIMIT, module=module, folder=folder))

    def first_message(self, client: str, url: str) -> dict[str, float]:
        """The time to the first echo in a page that is new, and how much of it the import took."""
        values: dict[str, float] = self._call("first", BOOT_LIMIT, client=client, url=url)
        return values

    def reload(self) -> None:
        """Begin with a new interpreter."""
        if self._runner is None:
            self._running()  # Firefox would go on with a page that is left while it loads
        else:
            self._runner.prepare_driver()

    def close(self) -> None:
        """End the browser, if it runs."""
        runner, self._runner = self._runner, None
        if runner is not None:
            drivers.kill(runner.driver)

    def _running(self) -> _HarnessPage:
        if self._runner is None:
            self._runner = HARNESS[self._spec.engine](self._spec, self._port)
        return self._runner

    def _call(self, method: str, limit: float, **payload: Any) -> Any:
        try:
            answer = self._running().call(method, limit, **payload)
        except (NoAnswer, TabCrashed) as error:
            self.close()
            raise SampleFailed(str(error).partition("\n")[0]) from None
        if answer["outcome"] != "passed":
            # What the client has left behind would be measured with the others.
            self.close()
            raise SampleFailed(answer["text"])
        return answer["value"]


@contextlib.contextmanager
def page(spec: PageSpec) -> Iterator[BenchPage]:
    """A page that is closed at the end. The browser starts with the first sample."""
    distribution = DISTRIBUTIONS / spec.pyodide
    wheel = compiled.path(find(), spec.pyodide)
    make = partial(_bundle, wheel)
    serving = webserver.serve(distribution, make, folders=[HERE / "page"], headers=webserver.ISOLATED)
    with serving as port, contextlib.closing(BenchPage(spec, port)) as opened:
        yield opened


def _bundle(wheel: Path) -> bytes:
    """The page's Python: ours, the peers as they are published, and what is compiled already."""
    folders = ((HERE, HERE / "inpage"), (PYSCRIPT, PYSCRIPT / "pyscript"), (PEERS, PEERS))
    files: list[tuple[str, Path | zipfile.Path]] = [
        (str(path.relative_to(base)), path) for base, folder in folders for path in files_under(folder)
    ]
    with zipfile.ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if name.endswith(".pyc")]
        files += [(f"{COMPILED}/{name}", zipfile.Path(archive, name)) for name in modules]
        return bundle.pack(files)
