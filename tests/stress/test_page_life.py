"""Pages that are hidden, that go elsewhere or that end their workers while connections are open."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browser.cells import BACKENDS, Cell, PageSpec
from tests.browser.pages import Page
from tests.browser.plugin import SELECTION
from tests.server import ThreadedServer

from .conftest import NAMES, Runner
from .plugin import report

KEEP_CONNECTED = """
import asyncio
from websocketstream import WebSocketStream

kept = []
for path in {paths}:
    stream = WebSocketStream({server} + path, backend={backend})
    writer = (await stream.opened).writable.get_writer()
    await writer.write("hello")

    async def send_without_pause(writer=writer):
        while True:
            await writer.write(b"x" * 10_000)

    kept += [stream, writer]
    if "sink" in path:
        kept.append(asyncio.ensure_future(send_without_pause()))
import builtins
builtins.kept = kept
"""

ROUTES = ("/echo", "/sink", "/send?count=100000&size=1000&close=0", "/never-reads")
"""Quiet, sending without pause, receiving without pause, and sending to nobody who listens.

In a flood Firefox may run nothing else in a worker until it is over, so it must be over in some seconds.
"""

FAULTS = ("reset", "cut inside a frame", "handshake vanishes", "half-open", "trickle")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "leaving" in metafunc.fixturenames:
        cases = [
            (page, backend, leaving)
            for page in metafunc.config.stash[SELECTION].newest_pages()
            for thread, leaving in (("main", "goes elsewhere"), ("worker", "ends its worker"))
            if page.thread == thread
            for backend in BACKENDS[page.engine]
        ]
        ids = [f"{page.id}-{backend}" for page, backend, _ in cases]
        metafunc.parametrize(("spec", "backend", "leaving"), cases, ids=ids)


def test_page_that_leaves(
    request: pytest.FixtureRequest,
    spec: PageSpec,
    backend: str,
    leaving: str,
    page: Page,
    ws_server: ThreadedServer,
) -> None:
    """A page that leaves does not crash the browser, and its connections end."""
    ids = [f"{spec.id}-{backend}-{number}" for number in range(len(ROUTES))]
    paths = [
        f"{route}{'&' if '?' in route else '?'}id={id}" for route, id in zip(ROUTES, ids, strict=True)
    ]
    code = KEEP_CONNECTED.format(
        paths=json.dumps(paths), server=json.dumps(ws_server.url), backend=json.dumps(backend)
    )
    page.run_async(code)
    driver = page.runner.driver
    if leaving == "goes elsewhere":
        driver.get("about:blank")
    else:
        driver.execute_script("harness.terminate()")
    try:
        assert driver.execute_script("return 6 * 7") == 42
        at_once = [id for id in ids if end_of(ws_server, id, 1)]
    finally:
        page.close()
    ends = {path: end_of(ws_server, id, 30) for path, id in zip(ROUTES, ids, strict=True)}
    assert set(ends.values()) <= {"close", "eof", "reset"}, ends
    values = {f"{leaving}: of {len(ids)} connections, ended with it": len(at_once)}
    report(request.node, "Pages that leave", f"{NAMES[spec.engine]} {backend}", values)


def end_of(server: ThreadedServer, id: str, seconds: float) -> str | None:
    """Return how the server has seen a connection end within so many seconds, or None."""
    with suppress(TimeoutError):
        return server.entry(id, timeout=seconds)["ended"]
    return None


@pytest.fixture
def hidden(page: Page) -> Iterator[None]:
    """Hide the page, so that its timers are throttled, and show it again."""
    driver: WebDriver = page.runner.driver
    driver.minimize_window()
    if not driver.execute_script("return document.hidden"):
        pytest.skip("this browser does not tell a page that its window is minimised")
    yield
    driver.set_window_size(1000, 800)


def test_hidden_page(cell: Cell, hidden: None, run: Runner) -> None:
    """Faults end in time in a hidden page, whose timers are throttled."""
    run("live_through", faults=FAULTS, limit=60)
    assert run.page.runner.driver.execute_script("return document.hidden")
