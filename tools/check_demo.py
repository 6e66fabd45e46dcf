"""Open the demo in every browser there is, wait for its self-test, and keep screenshots.

The page runs its self-test by itself when its address ends in `?selftest`, and tells the result
in `document.documentElement.dataset.selftest` ("passed" or "failed") and in
`window.selftestReport.rows`, a list of objects that make the table printed here.
"""

import json
from typing import Any

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers, engines
from tools.project import BUILD, Problem, say

SCREENSHOTS = BUILD / "screenshots"
DESKTOP = (1280, 900)
PHONE = (390, 844)
LIMIT = 180
"""Seconds for Pyodide to load and the self-test to run."""

REPORT = "return JSON.stringify(window.selftestReport ?? {})"
SHOW_IN_FRAME = """
const frame = document.createElement("iframe");
[frame.width, frame.height] = arguments;
frame.style = "position: absolute; inset: 0; border: 0";
frame.src = location;
document.body.replaceChildren(frame);
"""


def check(address: str) -> None:
    """Check every engine that is here; fail if the self-test fails in one, or if none is here."""
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
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        driver.save_screenshot(str(SCREENSHOTS / f"{engine}-desktop.png"))

        # Windows can't be as narrow as a phone in every engine, but frames can.
        driver.execute_script(SHOW_IN_FRAME, *PHONE)
        on_phone = wait_for(driver, "document.querySelector('iframe').contentDocument")
        frame = driver.find_element(By.TAG_NAME, "iframe")
        frame.screenshot(str(SCREENSHOTS / f"{engine}-phone.png"))
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


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text in columns, under the names that the page gave them."""
    if not rows:
        return "(no rows)"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([str(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
