"""Third-party libraries do their job in every engine, unmodified."""

import re

import pytest
from packaging.utils import canonicalize_name

from tests.libraries import PINS, libraries
from tests.libraries._thread import ServerThread

from .cells import PageSpec, pyodide_versions
from .examples import LIBRARIES, library_examples, library_pages
from .pages import Page, library
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages of their own, one for each group: in no other a library is installed."""
    if "example" not in metafunc.fixturenames:
        return
    metafunc.parametrize(
        ("spec", "name", "example"),
        [
            pytest.param(
                PageSpec(page.engine, f"main+{found.group}", page.pyodide),
                name,
                example,
                id=f"{page.engine}-{example}",
            )
            for page in metafunc.config.stash[SELECTION].pages()
            if page.thread == "main" and page.pyodide == pyodide_versions()[0]
            for name, found in libraries().items()
            for example in (*library_examples(name), *(f"{name}-{check}" for check in found.checks))
        ],
    )


def test_library(spec: PageSpec, page: Page, servers: ServerThread, name: str, example: str) -> None:
    """The example of docs/libraries/ runs as it stands, against a server of its kind."""
    if reason := servers.missing(name):
        pytest.skip(reason)
    server, limit = servers.url(name), libraries()[name].limit
    outcome = page.run_scenario(example, spec.cells[-1], server, registry=library(name), limit=limit)
    if outcome.outcome != "passed":
        pytest.fail(outcome.text or outcome.reason, pytrace=False)


def test_each_library_has_a_page() -> None:
    """Each library that is proven has a page in the documentation, with an example, and no other has."""
    assert {page.stem for page in library_pages()} == set(libraries())
    for name in libraries():
        assert library_examples(name), f"docs/libraries/{name}.md has no example"


def test_the_table_is_complete() -> None:
    """The table of docs/libraries.md has each library, with the version that is installed."""
    table = LIBRARIES.with_suffix(".md").read_text(encoding="utf-8")
    rows = {
        name: (library, version)
        for library, name, version in re.findall(
            r"^\| \[(.*?)\]\(libraries/(\w+)\.md\) \| .*?(\S+) \|", table, re.MULTILINE
        )
    }
    assert rows == {
        name: (found.library, _pinned(found.group)[canonicalize_name(found.library)])
        for name, found in libraries().items()
    }


def _pinned(group: str) -> dict[str, str]:
    pins = (PINS / f"{group}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [pin.split("==") for pin in pins if "==" in pin]
    return {canonicalize_name(name): version for name, version in pairs}
