"""Canaries: do the defects that the package works around still live in the Chromium at hand?

Each runs one of this folder's reproductions and compares what it sees with the table in support.py.
A canary that fails is good news, or at least news: a defect has gone, or come back, and the table,
from which `backend="safe"` follows, has to say so.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException

from tests.browser import drivers
from tests.browser.cells import ROOT
from tests.browser.plugin import SELECTION
from websocketstream.support import NATIVE_DEFECTS, NativeDefect

FOLDER = Path(__file__).parent
REPORTS = ROOT / "docs" / "chromium-defects.md"

RUNS = 3
"""Runs in which a defect must not be seen to count as gone. Here, each shows itself in every run."""

LIMIT = 30
"""Seconds within which a page must know its result, or crash."""

NO_REPRODUCTIONS = {"reproduction.py", "test_canaries.py"}


@pytest.fixture(params=NATIVE_DEFECTS, ids=lambda defect: defect.name)
def defect(request: pytest.FixtureRequest) -> NativeDefect:
    """Each entry of the table, if this run covers Chromium."""
    pages = request.config.stash[SELECTION].pages()
    if not any(page.engine == "chromium" for page in pages):
        pytest.skip("the options of this run leave Chromium out")
    listed: NativeDefect = request.param
    return listed


@pytest.fixture
def url(defect: NativeDefect) -> Iterator[str]:
    """Where the reproduction serves its page, started as a person would."""
    command = [sys.executable, str(FOLDER / defect.page)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http:"))
        process.terminate()


def test_defect_is_as_the_table_says(defect: NativeDefect, url: str) -> None:
    """A defect that the table lists as not fixed is seen, and one that it lists as fixed is not."""
    for _ in range(RUNS):
        version, seen = observe(url)
        if seen:
            break
    major = int(version.split(".")[0])
    if defect.affects(major):
        assert seen, (
            f"the defect {defect.name} is gone in Chromium {version}: "
            f"set fixed_in={major} for it in support.py"
        )
    else:
        assert not seen, (
            f"the defect {defect.name} is in Chromium {version} though support.py says that it is "
            f"not, since {defect.since} and fixed in {defect.fixed_in}. Seen: {seen}"
        )


def observe(url: str) -> tuple[str, str]:
    """Run a page in a browser of its own; return the browser's version and how the defect shows.

    The latter is empty if the defect does not show. A page that fails, or neither finishes nor
    crashes, raises: it says nothing about the defect.
    """
    # Chromium's driver ends its session when a tab crashes, so browsers can't be reused.
    driver = drivers.start("chromium")
    try:
        version: str = driver.capabilities["browserVersion"]
        driver.set_script_timeout(LIMIT)
        try:
            driver.get(url)
            result = driver.execute_async_script(
                "const [done] = arguments; running.then(done, (error) => done({ details: `${error}` }))"
            )
        except WebDriverException as error:
            if "tab crashed" not in str(error):
                raise
            return version, "the tab crashed"
        assert "defect" in result, result["details"]
        return version, result["details"] if result["defect"] else ""
    finally:
        driver.quit()


def test_every_reproduction_is_in_the_table() -> None:
    """The table and this folder name the same reproductions, each a program and a page."""
    programs = {path.name for path in FOLDER.glob("*.py")} - NO_REPRODUCTIONS
    assert {defect.page for defect in NATIVE_DEFECTS} == programs
    assert {path.stem for path in FOLDER.glob("*.html")} == {Path(name).stem for name in programs}


def test_every_defect_has_a_report() -> None:
    """docs/chromium-defects.md has a report on each, in the words of its page."""
    reports = REPORTS.read_text()
    for defect in NATIVE_DEFECTS:
        page = (FOLDER / defect.page).with_suffix(".html").read_text()
        title = page.partition("<title>")[2].partition("</title>")[0]
        assert f"## {title}\n\n*`{defect.name}`*\n" in reports
