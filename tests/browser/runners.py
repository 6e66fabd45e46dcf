"""pytest-pyodide runners for the three engines.

`RUNNERS` are for pytest-pyodide's own fixtures (`selenium`, `selenium_worker`…); `register()` puts
them into its private tables, WebKit as a further runtime, so its version is pinned. `HARNESS` are
the same engines on the harness's own pages, which also work in a worker and without eval.
"""

import json
from typing import Any

import pytest_pyodide.fixture
import pytest_pyodide.hook
from pytest_pyodide.config import get_global_config
from pytest_pyodide.decorator import initialize_decorator
from pytest_pyodide.runner import (
    SeleniumChromeRunner,
    SeleniumFirefoxRunner,
    _BrowserWorkerRunnerMixin,
    _SeleniumBaseRunner,
)
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError, ReadTimeoutError

from . import drivers
from .cells import CONTEXTS, PageSpec

BOOT_LIMIT = 180
"""Seconds within which Pyodide and the code must be loaded."""


class _SupervisedRunner(_SeleniumBaseRunner):  # type: ignore[misc]
    """Starts the browser through drivers.py."""

    engine: str

    def get_driver(self, jspi: bool = False) -> WebDriver:
        # Where JSPI exists it needs no flag any more.
        return drivers.start(self.engine, self._config.flags.get(self.browser, []))


class ChromiumRunner(_SupervisedRunner, SeleniumChromeRunner):  # type: ignore[misc]
    engine = "chromium"


class FirefoxRunner(_SupervisedRunner, SeleniumFirefoxRunner):  # type: ignore[misc]
    engine = "firefox"


class WebKitRunner(_SupervisedRunner):
    browser = engine = "webkit"


class ChromiumWorkerRunner(_BrowserWorkerRunnerMixin, ChromiumRunner):  # type: ignore[misc]
    pass


class FirefoxWorkerRunner(_BrowserWorkerRunnerMixin, FirefoxRunner):  # type: ignore[misc]
    pass


class WebKitWorkerRunner(_BrowserWorkerRunnerMixin, WebKitRunner):  # type: ignore[misc]
    pass


RUNNERS = {
    ("selenium", "chrome", "main"): ChromiumRunner,
    ("selenium", "firefox", "main"): FirefoxRunner,
    ("selenium", "webkit", "main"): WebKitRunner,
    ("selenium", "chrome", "worker"): ChromiumWorkerRunner,
    ("selenium", "firefox", "worker"): FirefoxWorkerRunner,
    ("selenium", "webkit", "worker"): WebKitWorkerRunner,
}


def register() -> None:
    """Let pytest-pyodide's fixtures use these runners. Must happen before pytest is configured."""
    if "webkit" not in pytest_pyodide.hook.RUNTIMES:
        pytest_pyodide.hook.RUNTIMES.append("webkit")
    config = get_global_config()
    config.set_flags("webkit", [])
    config.set_load_pyodide_script("webkit", config.get_load_pyodide_script("firefox"))
    pytest_pyodide.fixture._runner_map().update(RUNNERS)


class NoAnswer(Exception):
    """The page's thread is blocked, or its WebDriver is."""


class TabCrashed(Exception):
    """The page is gone."""


class _HarnessPage(_SupervisedRunner):
    """A runner on one of the harness's pages, whose Python is reached through `call` only.

    No code is evaluated in JavaScript apart from the one fixed script that WebDriver runs, so the
    same calls work on the page's thread, in a worker and under a strict policy.
    """

    _CALL = """
        const [method, payload, done] = arguments;
        const failed = (error) => done(JSON.stringify(
            {outcome: "failed", text: `${error}\\n${error && error.stack}`, clean: false}));
        const call = () => globalThis.harness
            ? globalThis.harness.call(method, payload).then(done, failed)
            : failed(`the script of ${location} did not run`);
        document.readyState === "complete" ? call() : addEventListener("load", call);
    """

    # The WebDriver's own limit must never be the first to be reached; see drivers.limit_commands.
    script_timeout = 3600

    def __init__(self, spec: PageSpec, port: int) -> None:
        self.spec = spec
        self._decorator_ready = False
        try:
            super().__init__(port, load_pyodide=False)
        except BaseException:
            if hasattr(self, "driver"):
                self.quit()
            raise

    @property
    def engine_version(self) -> str:
        return str(self.driver.capabilities["browserVersion"])

    def kill(self) -> None:
        """End the browser without asking it: it may be blocked, and has nothing to save."""
        drivers.kill(self.driver)

    def prepare_driver(self) -> None:
        thread, _, policy = self.spec.thread.partition("+")
        folder = f"harness/{policy}" if policy else "harness"
        file = f"context.html?{thread}" if thread in CONTEXTS else f"{thread}.html"
        self.goto(f"{self.base_url}/{folder}/{file}")

    def javascript_setup(self) -> None:
        """Nothing: the page brings what it needs."""

    def call(self, method: str, within: float, /, **payload: Any) -> dict[str, Any]:
        """Call into the page's Python.

        Raises `NoAnswer` after `within` seconds, and `TabCrashed`.
        """
        drivers.limit_commands(self.driver, within)
        try:
            answer = self.driver.execute_async_script(self._CALL, method, json.dumps(payload))
        except ReadTimeoutError:
            raise NoAnswer(f"the page does not answer any more, after {within:g} s") from None
        except (WebDriverException, HTTPError) as error:
            raise TabCrashed(f"tab crashed\n{error}") from error
        if answer is None:
            # That is how Firefox's driver says it.
            raise TabCrashed("tab crashed")
        drivers.limit_commands(self.driver, drivers.COMMAND_LIMIT)
        return json.loads(answer)

    def run_async(self, code: str) -> Any:
        """Run Python in the page and return its value."""
        answer = self.call("python", 60, code=code)
        if answer["outcome"] != "passed":
            raise self.JavascriptException(answer["text"], "")
        return answer["value"]

    run = run_async

    def run_js(self, code: str, pyodide_checks: bool = True) -> Any:
        raise NotImplementedError("a harness page runs Python only, through run_async")

    def load_package(self, packages: str | list[str]) -> None:
        """Load packages of the distribution, and what `@run_in_pyodide` needs in the page."""
        if not self._decorator_ready:
            initialize_decorator(self)
            self._decorator_ready = True
        self.run_async(f"import pyodide_js\nawait pyodide_js.loadPackage({json.dumps(packages)})\nNone")


class _ChromiumPage(_HarnessPage, ChromiumRunner):
    pass


class _FirefoxPage(_HarnessPage, FirefoxRunner):
    pass


class _WebKitPage(_HarnessPage, WebKitRunner):
    pass


HARNESS: dict[str, type[_HarnessPage]] = {
    "chromium": _ChromiumPage,
    "firefox": _FirefoxPage,
    "webkit": _WebKitPage,
}
