"""Open the demo in every browser there is, wait for its self-test, and keep screenshots.

The page runs its self-test by itself when its address ends in `?selftest`, and tells the result
in `document.documentElement.dataset.selftest` ("passed" or "failed") and in
`window.selftestReport.rows`, a list of objects that make the table printed here.
"""

import json
import os
from typing import Any

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers, engines
from tools.project import BUILD, Problem, say

SCREENSHOTS = BUILD / "screenshots"
DESKTOP = (1280, 900)
PHONE = (390, 844)
LIMIT = 300
"""Seconds for Pyodide to load and the self-test to run."""

REPORT = "return JSON.stringify(window.selftestReport ?? {})"
SHOW_IN_FRAME = """
const frame = document.createElement("iframe");
[frame.width, frame.height] = arguments;
frame.style = "position: fixed; inset: 0; border: 0";
frame.src = location;
document.body.replaceChildren(frame);
document.body.style = "background: gray; overflow: hidden";
"""
"""A frame can be as narrow as a phone; windows can't in every engine, and show gray beside it."""


def check(address: str) -> None:
    """Check every engine that is here; fail if the self-test fails in one, or if none is here."""
    # WebKitGTK tells pages this language. Where it is C, which is none, uPlot does not start.
    os.environ["LC_ALL"] = "en_US.UTF-8"
    missing = engines.missing()
    for reason in missing.values():
        say(f"left out: {reason}")
    results = {}
    for engine in engines.ENGINES:
        if engine not in missing:
            results[engine] = check_in(engine, address)
    failed = [engine for engine, state in results.items() if state != "passed"]
    if failed or not results:
        raise Problem(f"the self-test did not pass in: {', '.join(failed or engines.ENGINES)}")
    say(f"the demo's self-test passed in: {', '.join(results)}")


def check_in(engine: str, address: str) -> str:
    """Run the self-test in one engine, print its table, and take the screenshots."""
    say(f"{engine}: running the demo's self-test")
    driver = drivers.desktop(engine, *DESKTOP)
    try:
        driver.get(f"{address}?selftest")
        state = wait_for(driver, "document")
        report = json.loads(driver.execute_script(REPORT))
        print(f"\n{table(report.get('rows', []))}\n\n{engine}: {state}\n", flush=True)
        photograph(driver, "window", f"{engine}-desktop")

        driver.execute_script(SHOW_IN_FRAME, *PHONE)
        resize(driver, *PHONE)
        frame = "document.querySelector('iframe')"
        on_phone = wait_for(driver, f"{frame}.contentDocument")
        photograph(driver, f"{frame}.contentWindow", f"{engine}-phone")
        return state if state != "passed" else on_phone
    finally:
        driver.quit()


def wait_for(driver: WebDriver, document: str) -> str:
    """Wait for the self-test's result in this document."""
    script = f"return {document}?.documentElement?.dataset.selftest"
    try:
        return str(WebDriverWait(driver, LIMIT).until(lambda d: d.execute_script(script)))
    except TimeoutException:
        return f"no result within {LIMIT} seconds"


def resize(driver: WebDriver, width: int, height: int) -> None:
    """Give the window's page this size in CSS pixels, or the nearest that the engine allows."""
    inner = driver.execute_script("return [innerWidth, innerHeight]")
    outer = driver.get_window_size()
    driver.set_window_size(outer["width"] + width - inner[0], outer["height"] + height - inner[1])


def photograph(driver: WebDriver, window: str, name: str) -> None:
    """Save pictures of the page as the self-test left it, and of its top."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))
    driver.execute_script(f"{window}.scrollTo({{top: 0, behavior: 'instant'}})")
    driver.save_screenshot(str(SCREENSHOTS / f"{name}-top.png"))


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text in columns, under the names that the page gave them."""
    if not rows:
        return "(no rows)"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([shown(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def shown(value: object) -> str:
    """A cell's text: its last line, where a traceback says what happened."""
    return str(value).strip().rpartition("\n")[2]
