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

NEWEST = pyodide_versions()[0]

SCENARIOS = (
    "derived_classes",
    "exceptions_are_those_of_the_library",
    "the_synchronous_client_is_installed_too",
    "uninstalling_gives_the_library_back",
)


# Pyodide 0.29 has no `ssl` but in a package of its own.
WITHOUT_SSL = (
    "exceptions_are_those_of_the_library",
    "the_synchronous_client_is_installed_too",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages of their own: here, and in no other, `websockets` is installed."""
    pages = [
        PageSpec(page.engine, "main+libraries", page.pyodide)
        for page in metafunc.config.stash[SELECTION].pages()
        if page.thread == "main"
    ]
    if "spec" in metafunc.fixturenames:
        newest = [page for page in pages if page.pyodide == NEWEST]
        metafunc.parametrize("spec", newest, ids=[page.id for page in newest])
    if "spec_without_ssl" in metafunc.fixturenames:
        # The engine makes no difference to what can be imported.
        without = [page for page in pages if page.pyodide != NEWEST and page.engine == "chromium"]
        metafunc.parametrize("spec_without_ssl", without, ids=[page.id for page in without])


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
    assert run(page, "program", ws_server.url).output.splitlines() == on_cpython(ws_server.url)


@pytest.mark.parametrize("name", WITHOUT_SSL)
def test_install_without_ssl(
    spec_without_ssl: PageSpec, page: Page, ws_server: ThreadedServer, name: str
) -> None:
    """Where `websockets` can't be imported whole, install() makes what is missing."""
    run(page, name, ws_server.url)


def test_program_without_ssl(spec_without_ssl: PageSpec, page: Page, ws_server: ThreadedServer) -> None:
    """The program runs there too."""
    assert run(page, "program", ws_server.url).output.splitlines() == on_cpython(ws_server.url)


def on_cpython(server: str) -> list[str]:
    """What the program prints with the library itself."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        asyncio.run(feed.main(server))
    lines = printed.getvalue().splitlines()
    assert len(lines) > 30
    return lines


def test_there_are_libraries() -> None:
    """At least four libraries are proven, and each has its server."""
    assert set(library_examples()) == set(library_servers.SERVERS)
    assert len(library_examples()) >= 4
