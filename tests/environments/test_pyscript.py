"""PyScript pages: the guide's and one that uses a package index in every engine, and the demo's."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browser.cells import PageSpec, pyodide_versions
from tests.browser.engines import missing
from tests.browser.plugin import SELECTION
from tests.server.payload import message, sample
from tools.project import DIST

from .pyscript_browser import Browser, assert_no_errors, lines, loaded, once, wait_for
from .pyscript_site import Site, serve

NEWEST = pyodide_versions()[0]

NAME = "websocketstream"
CLIENTS = ("pyscript.WebSocket", "js.WebSocket", NAME)
EXPECTED = {
    "Many messages, then a close": (
        "returns 4001 “that was all”; 100 of 100 messages handled; as str and bytes"
    ),
    "The server refuses": "raises HandshakeError: .+",
    "The program has a bug": ("raises ValueError: message 5 is bad; 5 messages handled; as str"),
    "256 KiB to an echo": "the same bytes come back; as bytes; after .+ ms, connecting included",
    "The connection breaks": "raises WebSocketError: .+",
}
"""The results of this package in each situation of the comparison, as patterns."""

CHAT = """
    return [...document.querySelectorAll('#lines li')].map((line) =>
        [line.querySelector('b').textContent, line.querySelector('span').textContent, line.className])
"""
SAY = """
    const [name, text] = arguments;
    document.getElementById("name").value = name;
    document.getElementById("text").value = text;
    document.getElementById("send").click();
"""
SAY_WHEN_LOST = f"""
    const line = arguments;
    const say = function () {{ {SAY} }};
    const state = document.getElementById("state");
    const observer = new MutationObserver(() => {{
        if (state.dataset.state === "open") return;
        observer.disconnect();
        say(...line);
    }});
    observer.observe(state, {{attributes: true}});
"""
CHART = """
    const element = (id) => document.getElementById(id);
    const points = element("line").getAttribute("points").split(" ");
    const chart = {state: element("state").dataset.state};
    chart.points = points.map((point) => point.split(",").map(Number));
    for (const id of ["now", "lowest", "highest", "count", "waiting"])
        chart[id] = element(id).textContent;
    return chart;
"""
TABLE = """
    return [...document.querySelectorAll("#results tr")].flatMap((row) =>
        [...row.querySelectorAll("td")].map((cell) => [
            row.querySelector("b").textContent,
            cell.dataset.client,
            cell.dataset.outcome,
            [...cell.querySelectorAll("li")].map((fact) => fact.textContent),
        ]));
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pages = [
        PageSpec(page.engine, "pyscript", page.pyodide)
        for page in metafunc.config.stash[SELECTION].pages()
        if page.thread == "main" and page.pyodide == NEWEST
    ]
    if metafunc.function in (test_the_chat, test_the_chart, test_the_comparison):
        # Each page starts Pyodide anew. ./build.sh demo --check uses them in every engine.
        pages = pages[:1]
    metafunc.parametrize("spec", pages, ids=[page.id for page in pages], scope="module")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("guide")) as site:
        yield site


@pytest.fixture(scope="module")
def browser(spec: PageSpec) -> Iterator[Browser]:
    """The engine, shared by all tests."""
    if reason := missing().get(spec.engine):
        pytest.fail(f"{reason}. WEBSOCKETSTREAM_ENGINES=… leaves an engine out.", pytrace=False)
    browser = Browser(spec.engine)
    yield browser
    browser.close()


def test_the_pages_of_the_guide(browser: Browser, site: Site) -> None:
    """The guide's pages work as they stand, and the second finds the package in PyScript's cache."""
    texts = [message(index, 10, "text") for index in range(3)]
    browser.open(f"{site.address}/docs/in-a-page.html")
    assert lines(browser.driver, 4) == [*texts, "That was all."]
    assert loaded(browser.driver) == {"micropip", "websocketstream"}
    assert_no_errors(browser.driver)

    browser.open(f"{site.address}/docs/in-a-worker.html")
    assert lines(browser.driver, 4) == [*texts, "30 characters."]
    assert loaded(browser.driver) == {"websocketstream"}
    assert_no_errors(browser.driver)


def test_an_index_of_ones_own(browser: Browser, site: Site) -> None:
    """An index works in the configuration and in micropip.install(); `aiohttp` works after install().

    Where the browser has JSPI, `websocketstream.sync` works in a script and in an `async` handler, and
    `websockets.sync` after install().
    """
    browser.open(f"{site.address}/environments/installing.html")
    driver = browser.driver
    url = f"{site.address}/simple/websocketstream/{next(DIST.glob('*.whl')).name}"
    received = f"{url} ['0:', '1:', '2:']"
    jspi = driver.execute_script("return 'Suspending' in WebAssembly")
    script, library, handler = (
        asked if jspi else "NotSupportedError"
        for asked in ("in a script", "with websockets.sync", "in a handler")
    )
    assert lines(driver, 6) == [received, "uninstalled", received, "with aiohttp", script, library]
    driver.find_element("id", "button").click()
    assert lines(driver, 7)[6] == handler
    assert_no_errors(driver)


def test_the_chat(browser: Browser, site: Site) -> None:
    """A line that is typed in one tab appears in the other, as text. A line that is typed while there is
    no connection appears after the page has reconnected.
    """
    address = f"{site.address}/pyscript/chat.html?room=a"
    first, second = browser.open(address, address)
    driver = browser.driver
    for tab in (second, first):
        driver.switch_to.window(tab)
        wait_for(driver, "return document.getElementById('state').dataset.state === 'open'")

    driver.execute_script(SAY, "Ada", "häß <b>🦊</b>")
    driver.switch_to.window(second)
    assert wait_for(driver, conversation(1)) == [["Ada", "häß <b>🦊</b>", ""]]
    driver.execute_script(SAY, "Grace", "I see you")
    assert wait_for(driver, conversation(2))[1] == ["Grace", "I see you", "mine"]
    assert_no_errors(driver)
    driver.close()

    driver.switch_to.window(first)
    expected = [["Ada", "häß <b>🦊</b>", "mine"], ["Grace", "I see you", ""]]
    assert wait_for(driver, conversation(2)) == expected
    driver.execute_script(SAY_WHEN_LOST, "Ada", "Are you there?")
    site.server.drop_all()
    assert wait_for(driver, conversation(3))[2] == ["Ada", "Are you there?", "mine"]
    assert_no_errors(driver)


def conversation(count: int) -> str:
    """Return a script for the lines of the chat, once there are at least `count`."""
    return once(f"found.length >= {count}", CHAT)


def test_the_chart(browser: Browser, site: Site) -> None:
    """The points are the server's samples, and none is missing after a pause."""
    browser.open(f"{site.address}/pyscript/chart.html")
    driver = browser.driver
    check_chart(chart_when(driver, "found.count >= 20"))
    driver.find_element("id", "pause").click()
    paused = chart_when(driver, "found.state === 'closing' && found.waiting !== '0 B'")
    check_chart(paused)
    driver.find_element("id", "pause").click()
    check_chart(chart_when(driver, f"found.state === 'open' && found.count >= {paused['count']} + 20"))
    assert_no_errors(driver)


def chart_when(driver: WebDriver, condition: str) -> dict[str, Any]:
    """Return the chart, once the condition holds."""
    return wait_for(driver, once(condition, CHART))


def check_chart(chart: dict[str, Any]) -> None:
    """Compare each point with the server's sample of the same number."""
    count, points = int(chart["count"]), chart["points"]
    assert len(points) == min(count, 240)
    values = [sample(index) for index in range(count - len(points), count)]
    assert [-y for _, y in points] == values
    assert [x for x, _ in points] == list(range(240 - len(points), 240))
    shown = [float(chart[name]) for name in ("now", "lowest", "highest")]
    assert shown == [values[-1], min(values), max(values)]


def test_the_comparison(browser: Browser, site: Site) -> None:
    """The table is filled for each client, and this package's results match what the server did."""
    browser.open(f"{site.address}/pyscript/compare.html")
    driver = browser.driver
    wait_for(driver, "return document.getElementById('results').dataset.state === 'done'", errors=True)
    cells = driver.execute_script(TABLE)
    assert all(facts for *_, facts in cells), cells
    ours = {title: (outcome, facts) for title, client, outcome, facts in cells if client == NAME}
    assert set(ours) == set(EXPECTED)
    assert {(title, client) for title, client, *_ in cells} == set(itertools.product(ours, CLIENTS))
    for title, pattern in EXPECTED.items():
        outcome, facts = ours[title]
        assert re.fullmatch(pattern, "; ".join(facts))
        assert outcome == "good"
