"""Every example of the README, the docs and the docstrings runs in a page of every engine."""

import pytest

from tests.server import ThreadedServer

from .cells import PageSpec, pyodide_versions
from .examples import Example, all_scenarios
from .pages import EXAMPLES, Page
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "example" not in metafunc.fixturenames:
        return
    pages = [
        page
        for page in metafunc.config.stash[SELECTION].pages()
        if page.thread == "main" and page.pyodide == pyodide_versions()[0]
    ]
    pairs = [(page, example) for page in pages for example in all_scenarios().values()]
    ids = [f"{page.id}::{example.name}" for page, example in pairs]
    metafunc.parametrize(("spec", "example"), pairs, ids=ids)


def test_example(spec: PageSpec, example: Example, page: Page, ws_server: ThreadedServer) -> None:
    outcome = page.run_scenario(example.name, spec.cells[0], ws_server.url, registry=EXAMPLES)
    if outcome.outcome != "passed":
        pytest.fail(outcome.text or outcome.reason, pytrace=False)


def test_there_are_examples() -> None:
    """The README, the reference pages and the docstrings have examples to run."""
    files = {name.split(":")[0] for name in all_scenarios()}
    assert files >= {
        "README.md",
        "docs/names.md",
        "websocketstream/sync.py",
        "websocketstream/testing.py",
    }
