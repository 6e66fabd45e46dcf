"""An engine that opens PyScript pages, and what is to be seen of such a page."""

import warnings
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers

LIMIT = 180
"""Seconds for anything on a page to happen; starting Pyodide takes most of it."""

STARTED = "return document.querySelector('script-py') !== null"
"""Python is there, and a script of the page begins."""

SEEN = "return document.body?.innerText"
LINES = "return [...document.querySelectorAll('script-py > div')].map((line) => line.textContent)"
BANNERS = "return [...document.querySelectorAll('.py-error')].map((banner) => banner.textContent)"
WHEELS = """
    const files = performance.getEntriesByType("resource").map((entry) => entry.name.split("/").pop());
    return files.filter((name) => name.endsWith(".whl"));
"""


class Browser:
    """One engine."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._start()

    def open(self, *addresses: str) -> list[str]:
        """Open each page in a tab of its own, wait until Python runs there, and return the tabs.

        The first is in front. A start of Pyodide that crashes Chromium is made once more, as for the
        pages of the matrix.
        """
        try:
            return self._open(addresses)
        except WebDriverException as error:
            if "tab crashed" not in str(error):
                raise
            warnings.warn(f"{self._engine} is started again: {error}", stacklevel=2)
            self.close()
            self._start()
            return self._open(addresses)

    def _start(self) -> None:
        self.driver = drivers.desktop(self._engine, 1280, 900)
        # A page that starts Pyodide does not answer for a while.
        drivers.limit_commands(self.driver, LIMIT)

    def _open(self, addresses: tuple[str, ...]) -> list[str]:
        tabs: list[str] = []
        for address in addresses:
            if tabs:
                self.driver.switch_to.new_window("tab")
            self.driver.get(address)
            tabs.append(self.driver.current_window_handle)
            wait_for(self.driver, STARTED)
        self.driver.switch_to.window(tabs[0])
        return tabs

    def close(self) -> None:
        """End the engine."""
        drivers.kill(self.driver)


def wait_for(driver: WebDriver, script: str, *, errors: bool = False) -> Any:
    """Return what the script returns, once that is true; fail if there are errors, unless expected."""

    def look(driver: WebDriver) -> Any:
        if not errors:
            assert_no_errors(driver)
        return driver.execute_script(script)

    try:
        return WebDriverWait(driver, LIMIT, 0.2).until(look)
    except TimeoutException:
        pytest.fail(f"not within {LIMIT} s: {script}\non the page:\n{driver.execute_script(SEEN)}")


def once(condition: str, script: str) -> str:
    """A script that returns what another does, as soon as a condition on that, `found`, holds."""
    return f"const found = (() => {{ {script} }})(); return ({condition}) && found"


def lines(driver: WebDriver, count: int) -> list[str]:
    """Return what the page's script has displayed, once it is so many lines."""
    return wait_for(driver, once(f"found.length >= {count}", LINES))


def loaded(driver: WebDriver) -> set[str]:
    """Return the packages whose wheels the page's own interpreter has loaded."""
    return {name.split("-")[0] for name in driver.execute_script(WHEELS)}


def assert_no_errors(driver: WebDriver) -> None:
    """Nothing was reported, neither on the page nor, where the driver tells, in the console."""
    found = driver.execute_script(BANNERS)
    assert not found, found
    if isinstance(driver, Chrome):
        log = driver.get_log("browser")  # type: ignore[no-untyped-call]
        said = [entry["message"] for entry in log if entry["level"] == "SEVERE"]
        # The guide's pages name no icon.
        assert [text for text in said if "/favicon.ico" not in text] == []
