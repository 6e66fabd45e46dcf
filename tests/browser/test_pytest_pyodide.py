"""pytest-pyodide's `@run_in_pyodide` works on every page, in a worker and without eval too."""

from typing import Any

import pytest
from pytest_pyodide import run_in_pyodide

from .cells import PageSpec
from .pages import Page
from .plugin import SELECTION


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # Loading pytest into a page takes seconds, and the version of Pyodide makes no difference.
    newest = metafunc.config.stash[SELECTION].newest_pages()
    metafunc.parametrize("spec", newest, ids=[page.id for page in newest])


@pytest.fixture
def selenium_page(page: Page) -> Any:
    """The page as `@run_in_pyodide` wants it; the first letters of the name matter to it."""
    return page.runner


@run_in_pyodide
async def add(selenium: Any, a: int, b: int) -> dict[str, Any]:
    import asyncio
    import sys

    import websocketstream

    await asyncio.sleep(0)
    return {"sum": a + b, "platform": sys.platform, "package": websocketstream.__name__}


@run_in_pyodide
def fail(selenium: Any) -> None:
    answer = 41
    assert answer == 42


def test_a_value_comes_back(spec: PageSpec, selenium_page: Any) -> None:
    """A function runs in the page, with arguments and a result."""
    found = add(selenium_page, 1, 2)
    assert found == {"sum": 3, "platform": "emscripten", "package": "websocketstream"}


def test_an_exception_comes_back(spec: PageSpec, selenium_page: Any) -> None:
    """An assertion that fails in the page fails here, in the same words."""
    with pytest.raises(AssertionError, match="assert 41 == 42"):
        fail(selenium_page)


def test_the_strict_policy_is_in_force(spec: PageSpec, page: Page) -> None:
    """Where the policy is strict, and only there, JavaScript can't be evaluated."""
    try:
        page.run_async("from pyodide.code import run_js\nrun_js('1')")
        message = ""
    except page.runner.JavascriptException as error:
        message = str(error)
    assert bool(message) == spec.thread.endswith("+csp"), message
    assert not message or "EvalError" in message
