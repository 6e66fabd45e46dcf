"""Third-party libraries run unmodified in every engine, as docs/libraries/ says."""

import re

import pytest
from packaging.utils import canonicalize_name

from tests.libraries import PINS, libraries
from tests.libraries._thread import ServerThread

from .cells import PageSpec, pyodide_versions
from .examples import LIBRARIES, library_examples, library_pages
from .pages import Page, library
from .plugin import SELECTION

SECTIONS = ["Install", "Connect", "What differs in a page", "What the server must do"]
"""The sections of each page of docs/libraries/."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each group of libraries a page of its own, so that no other page has a library installed."""
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
    """An example of docs/libraries/ runs as it stands, against a server for its library."""
    if reason := servers.missing(name):
        pytest.skip(reason)
    server, limit = servers.url(name), libraries()[name].limit
    outcome = page.run_scenario(example, spec.cells[-1], server, registry=library(name), limit=limit)
    if outcome.outcome != "passed":
        pytest.fail(outcome.text or outcome.reason, pytrace=False)


def test_each_library_has_a_page() -> None:
    """Each library that is tested has a page in the documentation, and no other has."""
    assert {page.stem for page in library_pages()} == set(libraries())


@pytest.mark.parametrize("name", libraries())
def test_pages_have_the_same_sections(name: str) -> None:
    """Each page has the same sections in the same order, and an example in the second."""
    page = (LIBRARIES / f"{name}.md").read_text(encoding="utf-8")
    title, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    assert title.startswith(f"# {libraries()[name].library}\n")
    assert [section.partition("\n")[0] for section in sections] == SECTIONS
    assert "```python\n" in sections[1]


@pytest.mark.parametrize("name", libraries())
def test_pages_install_what_the_tests_install(name: str) -> None:
    """The page of a library installs each package that its examples are tested with."""
    install = (LIBRARIES / f"{name}.md").read_text(encoding="utf-8").partition("## Connect")[0]
    library = libraries()[name]
    for requirement in library.requirements:
        assert re.search(rf'"{re.escape(requirement)}(==.*?)?"', install), requirement
    for bare in library.bare:
        assert f'install("{bare}", deps=False)' in install


def test_the_table_is_complete() -> None:
    """The table of docs/libraries.md lists each library with the version that the tests install."""
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
