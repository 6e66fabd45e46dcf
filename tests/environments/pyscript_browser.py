"""A browser that opens PyScript pages, and functions that examine one."""

import warnings
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers

LIMIT = 180
"""Seconds to wait for anything on a page; starting Pyodide takes most of it."""

STARTED = "return document.querySelector('script-py') !== null"
"""True when Python is running and a script of the page begins."""

SEEN = "return document.body?.innerText"
LINES = "return [...document.querySelectorAll('script-py > div')].map((line) => line.textContent)"
BANNERS = "return [...document.querySelectorAll('.py-error')].map((banner) => banner.textContent)"
WHEELS = """
    const files = performance.getEntriesByType("resource").map((entry) => entry.name.split("/").pop());
    return files.filter((name) => name.endsWith(".whl"));
"""


class Browser:
    """The browser of one engine."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._start()

    def open(self, *addresses: str) -> list[str]:
        """Open each page in a tab of its own, wait until Python runs there, and return the tabs.

        The first tab is in front. If starting Pyodide crashes Chromium, the browser is started again,
        as for the pages of the matrix.
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
        # A page does not answer commands while it starts Pyodide.
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
        """Quit the browser."""
        drivers.kill(self.driver)


def wait_for(driver: WebDriver, script: str, *, errors: bool = False) -> Any:
    """Return the script's result once it is true. Fail at errors on the page, unless expected."""

    def check(driver: WebDriver) -> Any:
        if not errors:
            assert_no_errors(driver)
        return driver.execute_script(script)

    try:
        return WebDriverWait(driver, LIMIT, 0.2).until(check)
    except TimeoutException:
        pytest.fail(f"not within {LIMIT} s: {script}\non the page:\n{driver.execute_script(SEEN)}")


def once(condition: str, script: str) -> str:
    """Return a script with the result of another one, `found`, as soon as the condition on it holds."""
    return f"const found = (() => {{ {script} }})(); return ({condition}) && found"


def lines(driver: WebDriver, count: int) -> list[str]:
    """Return the lines that the page's scripts have displayed, once there are at least `count`."""
    return wait_for(driver, once(f"found.length >= {count}", LINES))


def loaded(driver: WebDriver) -> set[str]:
    """Return the packages whose wheels the interpreter of the page has loaded."""
    return {name.split("-")[0] for name in driver.execute_script(WHEELS)}


def assert_no_errors(driver: WebDriver) -> None:
    """Fail if there are errors on the page or, if the driver gives access to it, in the console."""
    found = driver.execute_script(BANNERS)
    assert not found, found
    if isinstance(driver, Chrome):
        log = driver.get_log("browser")  # type: ignore[no-untyped-call]
        said = [entry["message"] for entry in log if entry["level"] == "SEVERE"]
        # The guide's pages have no icon.
        assert [text for text in said if "/favicon.ico" not in text] == []
