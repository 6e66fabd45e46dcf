"""The documentation's site: it builds without warnings, and its examples run in every engine."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

import websocketstream
from tests.browser import drivers
from tests.browser.plugin import SELECTION
from tools import docs
from tools.demo import served
from websocketstream import errors, sync, testing
from websocketstream.gateway import headers

BOOT_LIMIT = 120
"""Seconds for Pyodide to start on a busy machine, and for the example to run."""

ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)=["']?(?:https?:)?//[^"' >]*"""
)
PUBLIC = (websocketstream, errors, headers, sync, testing)
UNFINISHED = ("starting", "running")
SHOW = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
SELECT = "arguments[0].focus(); getSelection().selectAllChildren(arguments[0])"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        pages = metafunc.config.stash[SELECTION].pages()
        groups = [
            pytest.param(engine, id=engine, marks=pytest.mark.xdist_group(f"docs-{engine}"))
            for engine in dict.fromkeys(page.engine for page in pages)
        ]
        metafunc.parametrize("engine", groups, scope="module")


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built from the current sources."""
    return docs.build()


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The address of the site, which is served together with the test server."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def driver(engine: str) -> Iterator[WebDriver]:
    """The browser of the engine."""
    driver = drivers.start(engine)
    yield driver
    driver.quit()


@pytest.fixture
def first(driver: WebDriver, address: str) -> "Example":
    """The first example of the tutorial. Tests share the page, because Python takes time to start."""
    tutorial = f"{address}docs/tutorial.html"
    if driver.current_url != tutorial:
        driver.get(tutorial)
    return Example(driver, 0)


class Example:
    """An example on the open page."""

    def __init__(self, driver: WebDriver, number: int) -> None:
        self.block: WebElement = driver.find_elements("class name", "live")[number]
        self._driver = driver

    def part(self, name: str) -> WebElement:
        return self.block.find_element("class name", f"live-{name}")

    def press(self) -> None:
        """Click Run, or Stop."""
        self._driver.execute_script(SHOW, self.part("run"))
        self.part("run").click()

    def replace(self, code: str) -> None:
        """Replace the code by typing."""
        pre = self.block.find_element("tag name", "pre")
        self._driver.execute_script(SHOW, pre)
        self._driver.execute_script(SELECT, pre)
        pre.send_keys(code.replace("\n", Keys.ENTER))

    def ended(self) -> str:
        """Wait until the run has ended, and return its final state."""
        state = self.block.get_attribute
        ends = WebDriverWait(self._driver, BOOT_LIMIT)
        return str(
            ends.until(lambda _: value if (value := state("data-state")) not in UNFINISHED else None)
        )

    @property
    def output(self) -> str:
        return str(self.part("output").get_property("textContent"))


@pytest.mark.xdist_group("docs-build")
def test_nothing_comes_from_elsewhere(site: Path) -> None:
    """No page of the site loads a script, a style sheet or an image from another host."""
    pages = list((site / "docs").rglob("*.html"))
    assert len(pages) > 20
    assert {page.name: found for page in pages if (found := ELSEWHERE.findall(page.read_text()))} == {}


@pytest.mark.xdist_group("docs-build")
@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_the_reference_is_complete(site: Path, module: ModuleType) -> None:
    """Every name that a public module exports has an entry in the reference."""
    inventory = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    entries = {line.split(" ")[0] for line in zlib.decompress(inventory).decode().splitlines()}
    exported = {name: getattr(module, name) for name in module.__all__}
    objects = {name: found for name, found in exported.items() if not isinstance(found, ModuleType)}
    paths = {
        name: {f"{module.__name__}.{name}", f"{getattr(found, '__module__', '')}.{name}"}
        for name, found in objects.items()
    }
    assert [name for name in objects if not paths[name] & entries] == []


def test_the_first_example_of_the_tutorial_runs(first: Example) -> None:
    """A click on Run starts Python in the page, and shows what the example prints."""
    first.press()
    assert (first.ended(), first.output) == ("done", "the server says: hello\n")


def test_code_can_be_changed(first: Example) -> None:
    """Edited code can be run: its output, the value of its last line and its traceback are shown."""
    first.replace("print('edited')\n6 * 7")
    first.press()
    assert (first.ended(), first.output) == ("done", "edited\n42\n")
    first.replace("def f():\n    raise ValueError('mine')\n\nf()")
    first.press()
    assert first.ended() == "failed"
    assert 'File "example.py", line 2, in f' in first.output
    assert first.output.endswith("ValueError: mine\n")
    assert "_pyodide" not in first.output


def test_a_running_example_can_be_stopped(driver: WebDriver, first: Example) -> None:
    """Stop ends code that waits forever, and the next run starts Python again."""
    first.replace("import asyncio\nprint('waiting')\nawait asyncio.Event().wait()")
    first.press()
    WebDriverWait(driver, BOOT_LIMIT).until(lambda _: "waiting" in first.output)
    first.press()
    assert first.ended() == "stopped"
    first.replace("print('again')")
    first.press()
    assert (first.ended(), first.output) == ("done", "again\n")


def test_a_missing_server_is_named(driver: WebDriver, address: str) -> None:
    """If no server answers, the page says so and asks for the address of another one."""
    nobody = "ws://127.0.0.1:9"
    driver.get(f"{address}docs/tutorial.html?server={nobody}")
    example = Example(driver, 0)
    example.press()
    assert example.ended() == "no-server"
    assert f"none answers at {nobody}" in example.part("notice").text
    example.part("notice").find_element("tag name", "input").send_keys("9")
    example.part("notice").find_element("tag name", "button").click()
    assert example.ended() == "no-server"
    assert f"none answers at {nobody}9" in example.part("notice").text
