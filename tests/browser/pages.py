"""A page that runs scenarios, and the pool that keeps one page open at a time."""

import contextlib
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import bundle, webserver
from .cells import DISTRIBUTIONS, RUNTIMES, Cell, PageSpec
from .runners import BOOT_LIMIT, HARNESS, NoAnswer, TabCrashed, _HarnessPage
from .runtimes import RuntimePage

SCENARIO_LIMIT = 30.0
"""Seconds for one scenario, unless it asks for another limit."""

SETTLE_LIMIT = 2.0
"""Seconds that a scenario's remains have to go away by themselves."""

GRACE = 15.0
"""Seconds more until a page that does not answer at all is given up."""


@dataclass(frozen=True)
class Registry:
    """Where scenarios come from, as names inside the page."""

    module: str
    env_class: str
    part: str = ""
    """What of it the page prepares for, if not for all of it."""


SELFCHECK = Registry("selfcheck", "selfcheck.Env")
EXAMPLES = Registry("examples", "scenarios.env.BrowserEnv")
SCENARIOS = Registry("scenarios.registry", "scenarios.env.BrowserEnv")
GATEWAY = Registry("scenarios.gateway.registry", "scenarios.gateway.env.GatewayEnv", "websockets-17")
GATEWAY_STRESS = Registry(
    "scenarios.gateway.stress.registry",
    "scenarios.gateway.stress.env.GatewayStressEnv",
    GATEWAY.part,
)
STRESS = Registry("scenarios.stress.registry", "scenarios.stress.env.StressEnv")


def library(name: str) -> Registry:
    """The examples of one library, which is installed when they are first asked for."""
    return Registry("library_page", "scenarios.env.BrowserEnv", name)


def programs(group: str, requirement: str) -> Registry:
    """The programs of tests/programs, with a version of a library from the index of a group."""
    return Registry("programs_page", "scenarios.env.BrowserEnv", f"{group}:{requirement}")


@dataclass
class Outcome:
    """How one scenario ended."""

    outcome: str
    text: str = ""
    reason: str = ""
    output: str = ""
    seconds: float = 0.0
    clean: bool = True
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def crashed(self) -> bool:
        """Whether the tab has."""
        return self.text.startswith("tab crashed")


class StartFailed(Exception):
    """Pyodide itself has not started."""


class Page:
    """One browser with Pyodide and the code in it; started when first needed, again after a crash."""

    def __init__(self, spec: PageSpec, port: int) -> None:
        self.spec = spec
        self.starts: list[float] = []
        self._port = port
        self._runner: _HarnessPage | None = None
        self._prepared: set[Registry] = set()

    @property
    def runner(self) -> _HarnessPage:
        """pytest-pyodide's view of the page, ready for calls."""
        if self._runner is None:
            begun = time.monotonic()
            self._start()
            self._prepare(SELFCHECK)
            self.starts.append(time.monotonic() - begun)
        assert self._runner is not None
        return self._runner

    def _start(self) -> None:
        """Start the browser and Pyodide in it, and import nothing.

        About one start of Pyodide in a hundred crashes Chromium 156: a fault in its own code, on a
        stack that WebAssembly switched to. In WebKitGTK a start has failed with "Out of bounds memory
        access", seen once. No code of this repository has run by then. Such a start is made once more,
        and reported.
        """
        try:
            self._boot()
        except (TabCrashed, StartFailed) as error:
            warnings.warn(f"{self.spec.id} is started again: {error}", stacklevel=2)
            self._boot()

    def _boot(self) -> None:
        kind = RuntimePage if self.spec.engine in RUNTIMES else HARNESS[self.spec.engine]
        self._runner = runner = kind(self.spec, self._port)
        try:
            answer = runner.call("python", BOOT_LIMIT, code="None")
            if answer["outcome"] != "passed":
                raise StartFailed(str(answer.get("text", answer)).partition("\n")[0])
        except BaseException:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Whether the browser runs; otherwise the next call starts it."""
        return self._runner is not None

    @property
    def engine_version(self) -> str:
        return self.runner.engine_version

    def run_async(self, code: str) -> Any:
        """Run any Python in the page and return its value, as far as JSON can carry it."""
        try:
            return self.runner.run_async(code)
        except (NoAnswer, TabCrashed):
            self.close()
            raise

    def _prepare(self, registry: Registry) -> None:
        """Have the page import a registry and what it needs, once."""
        if registry in self._prepared:
            return
        try:
            parts = {"part": registry.part} if registry.part else {}
            answer = self.runner.call("prepare", BOOT_LIMIT, registry=registry.module, **parts)
            if answer["outcome"] != "passed" or answer["problems"]:
                reasons = [answer.get("text", ""), *map(str, answer.get("problems", ()))]
                raise RuntimeError("\n".join([f"{self.spec.id} is not ready:", *filter(None, reasons)]))
        except BaseException:
            self.close()
            raise
        self._prepared.add(registry)

    def run_scenario(
        self,
        name: str,
        cell: Cell,
        server: str,
        *,
        limit: float | None = None,
        settle: float = SETTLE_LIMIT,
        registry: Registry = SCENARIOS,
        **more: Any,
    ) -> Outcome:
        """Run one scenario and the checks after it; `more` is for its environment.

        Raises if the page can't be started, and for nothing that the scenario does.
        """
        self._prepare(registry)
        limit = limit or SCENARIO_LIMIT
        env = {
            "backend": cell.backend,
            "server": server,
            "thread": self.spec.thread,
            "engine": self.spec.engine,
            **more,
        }
        try:
            answer = self.runner.call(
                "scenario",
                limit + GRACE,
                registry=registry.module,
                name=name,
                env=env,
                env_class=registry.env_class,
                limit=limit,
                settle=settle,
            )
        except (NoAnswer, TabCrashed) as error:
            outcome = Outcome("failed", str(error), clean=False)
        else:
            outcome = Outcome(**answer)
        if not outcome.clean:
            self.close()
        return outcome

    def close(self) -> None:
        """End the browser, if it runs."""
        self._prepared.clear()
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.kill()


class PagePool:
    """Gives out pages, one open at a time, and owns the web servers that they load from."""

    def __init__(self) -> None:
        self._resources = contextlib.ExitStack()
        self._ports: dict[str, int] = {}
        self._page: Page | None = None

    def get(self, spec: PageSpec) -> Page:
        """The page for `spec`; closes another one that is open."""
        if self._page is None or self._page.spec != spec:
            self.release()
            self._page = Page(spec, self._port(spec.pyodide))
        return self._page

    def release(self) -> None:
        """Close the open page, if there is one."""
        page, self._page = self._page, None
        if page is not None:
            page.close()

    def close(self) -> None:
        """Close the page and the servers."""
        self.release()
        self._resources.close()
        self._ports.clear()

    def _port(self, version: str) -> int:
        if version not in self._ports:
            distribution = DISTRIBUTIONS / version
            if not (distribution / "pyodide-lock.json").exists():
                raise FileNotFoundError(f"no Pyodide {version} in {DISTRIBUTIONS}: run ./build.sh test")
            server = webserver.serve(distribution, bundle.make)
            self._ports[version] = self._resources.enter_context(server)
        return self._ports[version]


@contextlib.contextmanager
def page_pool() -> Iterator[PagePool]:
    """A pool that is closed at the end."""
    pool = PagePool()
    try:
        yield pool
    finally:
        pool.close()
