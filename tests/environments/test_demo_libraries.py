"""The demo's page "Libraries": its data, and its behaviour."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import drivers
from tests.browser.cells import LIBRARIES
from tests.browser.examples import library_examples
from tests.browser.plugin import SELECTION
from tests.libraries import libraries
from tools import demo, demo_libraries
from tools.project import ROOT

LIMIT = 480
"""Seconds for Pyodide to start on a busy machine, and for the example to run."""

SHOW = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
CHOSEN = """
    const [address, title] = arguments;
    // Firefox's driver may return before the new page has loaded.
    if (location.href !== address || document.readyState !== "complete") return false;
    const server = document.querySelector(".about div:last-child dd")?.textContent;
    return document.querySelector("#article h2")?.textContent === title && server !== "starting";
"""
STEPS = """
    return [...arguments[0].querySelectorAll(".steps li")].map((step) =>
        [step.dataset.step, step.dataset.state, step.querySelector(".seconds").textContent]);
"""
LINK = re.compile(r'href="([^"]*)"')


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        pages = metafunc.config.stash[SELECTION].pages_of_long_tests()
        engines = list(dict.fromkeys(page.engine for page in pages))
        if metafunc.function is test_versions_do_not_clash:
            # Each run has a worker of its own, in every engine.
            engines = engines[:1]
        groups = [
            pytest.param(engine, id=engine, marks=pytest.mark.xdist_group(f"libraries-{engine}"))
            for engine in engines
        ]
        metafunc.parametrize("engine", groups, scope="module")


# The data of the page


@pytest.mark.parametrize("name", libraries())
def test_examples_are_those_of_the_documentation(name: str) -> None:
    """The page shows the code that the tests run, and text with absolute links."""
    page = (ROOT / "docs" / "libraries" / f"{name}.md").read_text(encoding="utf-8")
    parts = list(demo_libraries.parts(page, name))
    codes = {part["name"]: part["code"] for part in parts if "code" in part}
    assert codes == {key: library_examples(name)[key].code for key in codes}
    assert len(codes) == page.count("\n```python\n") > 0
    html = "".join(part.get("html", "") for part in parts)
    assert all(link.startswith("https://") for link in LINK.findall(html))
    assert "<h2>" not in html
    assert demo_libraries.summary(page).endswith(".")


@pytest.mark.parametrize("group", sorted({library.group for library in libraries().values()}))
def test_the_index_of_a_group_has_its_wheels(site: Path, group: str) -> None:
    """The index links to each wheel of a group, in folders with normalized names."""
    index = site / "simple" / group
    listed = [
        (project.name, project / link)
        for project in index.iterdir()
        for link in LINK.findall((project / "index.html").read_text())
    ]
    assert {wheel.name for _, wheel in listed} == {
        file.name for file in (LIBRARIES / group).glob("*.whl")
    }
    for project, wheel in listed:
        assert parse_wheel_filename(wheel.name)[0] == project
        assert wheel.stat().st_size == (LIBRARIES / group / wheel.name).stat().st_size


# The behaviour of the page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, built from the current sources."""
    site = tmp_path_factory.mktemp("demo")
    demo.stage(site)
    return site


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The address of the demo, which is served with servers for the libraries."""
    with demo.served(site, demo.SERVERS) as address:
        yield address


@pytest.fixture(scope="module")
def driver(engine: str) -> Iterator[WebDriver]:
    """The browser of the engine."""
    driver = drivers.desktop(engine, 1280, 900)
    drivers.limit_commands(driver, LIMIT)
    yield driver
    driver.quit()


class Example:
    """The first example of a library."""

    def __init__(self, driver: WebDriver, address: str, library: str) -> None:
        self._driver = driver
        page = f"{address}libraries.html"
        if driver.current_url.partition("#")[0] == page:
            driver.execute_script("location.hash = arguments[0]", library)
        else:
            driver.get(f"{page}#{library}")
        chosen = (f"{page}#{library}", libraries()[library].library)
        WebDriverWait(driver, LIMIT).until(lambda _: driver.execute_script(CHOSEN, *chosen))
        self._element: WebElement = driver.find_element("css selector", ".example")

    def _texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that match, visible or not."""
        found = "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)"
        return list(self._driver.execute_script(found, selector))

    def part(self, selector: str) -> WebElement:
        return self._element.find_element("css selector", selector)

    def press(self) -> None:
        """Click Run, or Stop."""
        self._driver.execute_script(SHOW, self.part("button.main"))
        self.part("button.main").click()

    def replace(self, *keys: str) -> None:
        """Replace the code by typing."""
        self._driver.execute_script("arguments[0].select()", self.part("textarea"))
        self.part("textarea").send_keys(*keys)

    def ended(self) -> str:
        """Wait until the run has ended, and return its final state."""
        wait = WebDriverWait(self._driver, LIMIT)
        return wait.until(lambda _: (state := self.state) != "running" and state)

    @property
    def state(self) -> str:
        return str(self._element.get_attribute("data-state"))

    @property
    def code(self) -> str:
        return str(self.part("textarea").get_property("value"))

    @property
    def output(self) -> list[str]:
        """The lines that the code has printed, and the value of its last line."""
        first = ".example:first-of-type"
        return [text.rstrip("\n") for text in self._texts(f"{first} .from-stdout, {first} .from-value")]

    @property
    def steps(self) -> dict[str, tuple[str, str]]:
        """The state of each step, and the time that is shown for it."""
        steps = self._driver.execute_script(STEPS, self._element)
        return {name: (state, seconds) for name, state, seconds in steps}


def test_a_library_runs(driver: WebDriver, address: str) -> None:
    """Run installs the library, imports it, and runs the code with its server. Each step is timed.

    Then the page shows the variables whose values are not literals in the code.
    """
    example = Example(driver, address, "gql")
    assert "example.com" not in example.code
    assert "127.0.0.1" in example.code
    example.press()
    assert example.ended() == "done", example.part(".result").text
    assert list(example.steps) == ["start", "install", "import", "run"]
    for state, seconds in example.steps.values():
        assert state == "done"
        assert re.fullmatch(r"\d+ ms|\d+\.\d s", seconds)
    held = sum(line.startswith("assert ") for line in map(str.strip, example.code.splitlines()))
    assert len(example._texts(".example:first-of-type .held")) == held
    assert example._texts("dl.values dt") == ["numbers", "result"]
    assert example._texts("dl.values dd") == ["[3, 2, 1, 0]", "{'countdown': 0}"]


def test_versions_do_not_clash(driver: WebDriver, address: str) -> None:
    """Libraries that need different versions of a dependency run on the same page."""
    for library, major in {"openai": "15", "gql": "17"}.items():
        example = Example(driver, address, library)
        example.replace("import websockets", Keys.ENTER, "websockets.__version__.partition('.')[0]")
        example.press()
        assert (example.ended(), example.output) == ("done", [repr(major)])


def test_code_can_be_changed_and_stopped(driver: WebDriver, address: str) -> None:
    """Stop ends code that never ends, even if it does not await anything.

    The next run has other code: its output, traceback and failing line are shown. Edits can be undone.
    """
    example = Example(driver, address, "aiorpcx")
    original = example.code
    example.replace("print('forever')", Keys.ENTER, "while True: pass")
    example.press()
    WebDriverWait(driver, LIMIT).until(lambda _: example.output)
    example.press()
    assert example.ended() == "stopped"

    example.replace("print('edited')", Keys.ENTER, "def f():", Keys.ENTER, "raise ValueError('mine')")
    assert example.code == "print('edited')\ndef f():\n    raise ValueError('mine')", (
        "lines are indented"
    )
    example.part("textarea").send_keys(Keys.ENTER, Keys.BACKSPACE * 4, "f()", Keys.CONTROL, Keys.ENTER)
    assert (example.ended(), example.output) == ("failed", ["edited"])
    trace = example.part(".trace").text
    assert trace.startswith(
        'Traceback (most recent call last):\n  File "example.py", line 4, in <module>'
    )
    assert trace.endswith("raise ValueError('mine')\nValueError: mine")
    assert example._texts(".gutter .failed") == ["✗"]
    assert example.steps["run"][0] == "failed"
    example.part(".run-bar .quiet").click()
    assert example.code == original
    assert example._texts(".gutter .failed") == []


def test_the_list_is_used_with_the_keyboard(driver: WebDriver, address: str) -> None:
    """A link in the list shows its library and moves the focus there. Back goes to the previous one."""
    Example(driver, address, "gql")
    driver.find_element("css selector", "#list a[href='#ocpp']").send_keys(Keys.ENTER)
    heading = WebDriverWait(driver, LIMIT).until(lambda _: focused(driver))
    assert heading == "ocpp"
    driver.back()
    WebDriverWait(driver, LIMIT).until(lambda _: focused(driver) == "gql")


def focused(driver: WebDriver) -> str | None:
    """Return the text of the heading that has the focus."""
    script = "return document.activeElement.matches('h2') ? document.activeElement.textContent : null"
    return driver.execute_script(script)


def test_a_missing_server_is_named(driver: WebDriver, site: Path) -> None:
    """Without a server for a library, the page says so, and shows code that can't be run."""
    with demo.served(site) as address:
        example = Example(driver, address, "gql")
        assert "./build.sh demo" in driver.find_element("css selector", ".notice").text
        assert "wss://example.com" in example.code
        assert not example.part("button.main").is_enabled()
