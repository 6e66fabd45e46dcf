"""Third-party libraries that are written for `websockets` do their job in every engine, unmodified."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest

from tests.programs import feed
from tests.server import ThreadedServer

from . import library_servers
from .cells import PageSpec, pyodide_versions
from .examples import library_examples
from .pages import LIBRARIES, Outcome, Page
from .plugin import SELECTION

SCENARIOS = (
    "derived_classes",
    "exceptions_are_those_of_the_library",
    "the_synchronous_client_is_installed_too",
    "uninstalling_gives_the_library_back",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" not in metafunc.fixturenames:
        return
    # A page of its own: here, and in no other, `websockets` is installed.
    pages = [
        PageSpec(page.engine, "main+libraries", page.pyodide)
        for page in metafunc.config.stash[SELECTION].pages()
        if page.thread == "main" and page.pyodide == pyodide_versions()[0]
    ]
    metafunc.parametrize("spec", pages, ids=[page.id for page in pages])


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    with library_servers.serve_in_thread() as urls:
        yield urls


def run(page: Page, name: str, server: str) -> Outcome:
    outcome = page.run_scenario(name, page.spec.cells[-1], server, registry=LIBRARIES, limit=30)
    if outcome.outcome != "passed":
        pytest.fail(outcome.text or outcome.reason, pytrace=False)
    return outcome


@pytest.mark.parametrize("library", library_examples())
def test_library(spec: PageSpec, page: Page, servers: dict[str, str], library: str) -> None:
    """The example of docs/libraries.md runs as it stands, against a server of its kind."""
    run(page, library, servers[library])


@pytest.mark.parametrize("name", SCENARIOS)
def test_install(spec: PageSpec, page: Page, ws_server: ThreadedServer, name: str) -> None:
    """What install() does to `websockets` itself."""
    run(page, name, ws_server.url)


def test_program(spec: PageSpec, page: Page, ws_server: ThreadedServer) -> None:
    """A program prints in the page what it prints on CPython with the library itself."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        asyncio.run(feed.main(ws_server.url))
    expected = printed.getvalue().splitlines()
    assert len(expected) > 30
    assert run(page, "program", ws_server.url).output.splitlines() == expected


def test_there_are_libraries() -> None:
    """At least four libraries are proven, and each has its server."""
    assert set(library_examples()) == set(library_servers.SERVERS)
    assert len(library_examples()) >= 4
