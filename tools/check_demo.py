"""Run the demo's self-test in every installed browser, then check its page of libraries and its PyScript
pages. Screenshots are saved on the way.

The page runs its self-test if its address ends in `?selftest`. The result is in
`document.documentElement.dataset.selftest` ("passed" or "failed"), and the rows of the table that is
printed here are in `window.selftestReport.rows`.
"""

import json
import os
from typing import Any

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers, engines
from tools import check_libraries, check_pyscript
from tools.project import Problem, say
from tools.screenshots import DESKTOP, PHONE, photograph, show_in_frame

LIMIT = 300
"""Seconds for Pyodide to load and the self-test to run."""

REPORT = "return JSON.stringify(window.selftestReport ?? {})"


def check(address: str) -> None:
    """Check the demo in every installed engine. Fail if one fails, or if none is installed."""
    # The language of pages in WebKitGTK. If it is "C", which is not valid, uPlot does not start.
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
        raise Problem(f"the demo did not pass in: {', '.join(failed or engines.ENGINES)}")
    say(f"the demo passed in: {', '.join(results)}")


def check_in(engine: str, address: str) -> str:
    """Check one engine: run the self-test, print its table, take screenshots, check the other pages."""
    say(f"{engine}: running the demo's self-test")
    driver = drivers.desktop(engine, *DESKTOP)
    try:
        driver.get(f"{address}?selftest")
        state = wait_for(driver, "document")
        report = json.loads(driver.execute_script(REPORT))
        print(f"\n{table(report.get('rows', []))}\n\n{engine}: {state}\n", flush=True)
        photograph_both(driver, "window", f"{engine}-desktop")

        show_in_frame(driver, driver.current_url, PHONE)
        frame = "document.querySelector('iframe')"
        on_phone = wait_for(driver, f"{frame}.contentDocument")
        photograph_both(driver, f"{frame}.contentWindow", f"{engine}-phone")

        problems = check_libraries.check(driver, address, engine)
        problems += check_pyscript.check(driver, address, engine)
        print("\n".join(problems), flush=True)
        return "failed" if problems else state if state != "passed" else on_phone
    finally:
        driver.quit()


def wait_for(driver: WebDriver, document: str) -> str:
    """Wait for the result of the self-test in a document."""
    script = f"return {document}?.documentElement?.dataset.selftest"
    try:
        return str(WebDriverWait(driver, LIMIT).until(lambda d: d.execute_script(script)))
    except TimeoutException:
        return f"no result within {LIMIT} seconds"


def photograph_both(driver: WebDriver, window: str, name: str) -> None:
    """Save pictures of the page as the self-test leaves it, and of its top."""
    photograph(driver, name)
    driver.execute_script(f"{window}.scrollTo({{top: 0, behavior: 'instant'}})")
    photograph(driver, f"{name}-top")


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text in columns, below the names of the fields."""
    if not rows:
        return "(no rows)"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([last_line(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def last_line(value: object) -> str:
    """Return the last line of a cell's text, where a traceback has its message."""
    return str(value).strip().rpartition("\n")[2]
