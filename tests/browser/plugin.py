"""pytest options and hooks of the matrix. Loaded by tests/conftest.py, for every run.

Imports selenium and pytest-pyodide only when a browser test is collected, so that the unit tests
run without them.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from .cells import (
    DISTRIBUTIONS,
    RUNTIMES,
    THREADS,
    Cell,
    PageSpec,
    Selection,
    all_pages,
    further_versions,
    pyodide_versions,
)
from .engines import ENGINES, missing
from .matrix import Matrix

POOL = pytest.StashKey[Any]()
SELECTION = pytest.StashKey[Selection]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("matrix", "the cross-browser matrix (each may be given several times)")
    for option, choices in (
        ("--engine", (*ENGINES, *RUNTIMES)),
        ("--backend", ("native", "polyfill")),
        ("--thread", THREADS),
        ("--pyodide", (*pyodide_versions(), *further_versions())),
    ):
        group.addoption(
            option,
            action="append",
            default=[],
            choices=choices,
            help=f"only these cells: {', '.join(choices)}",
        )
    group.addoption("--whole", action="store_true", help="every page, and every scenario on each")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # First, because pytest-pyodide reads its options when it is configured.
    option = config.option
    allowed = os.environ.get("WEBSOCKETSTREAM_ENGINES", "")
    engines = option.engine or [name.strip() for name in allowed.split(",") if name.strip()]
    if unknown := set(engines) - set(ENGINES) - set(RUNTIMES):
        raise pytest.UsageError(f"WEBSOCKETSTREAM_ENGINES: unknown: {', '.join(sorted(unknown))}")
    whole = option.whole or getattr(option, "long", False)  # that option is of the stress tests
    selection = Selection(engines, option.backend, option.thread, option.pyodide, whole)
    config.stash[SELECTION] = selection
    if not hasattr(config, "workerinput"):
        # With pytest-xdist, the reports of all workers arrive in the one process without it.
        config.pluginmanager.register(Matrix(), "websocketstream-matrix")
    if hasattr(option, "dist_dir"):
        _configure_pytest_pyodide(option)
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group(name): what pytest-xdist runs in one process")
    if not config.pluginmanager.hasplugin("pytest_cov"):
        config.addinivalue_line("markers", "no_cover: what pytest-cov need not watch")


def _configure_pytest_pyodide(option: Any) -> None:
    """Give pytest-pyodide our distribution, and our browsers if its own fixtures are asked for."""
    if str(option.dist_dir) == "pyodide":
        option.dist_dir = DISTRIBUTIONS / pyodide_versions()[0]
    if option.runtime != "node":
        from .runners import register

        register()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tell pytest-xdist and the matrix where a test belongs, and pytest-cov what it need not watch."""
    if not item.nodeid.startswith("tests/unit/"):
        item.add_marker(pytest.mark.no_cover)  # watching takes time, and the unit tests cover everything
    page, cell = page_of(item), cell_of(item)
    if page is not None:
        item.add_marker(pytest.mark.xdist_group(page.id))
    if cell is not None:
        item.user_properties.append(("cell", cell.id))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a page together: each page is then started once."""
    order = {page: number for number, page in enumerate(all_pages())}

    def place(item: pytest.Item) -> tuple[int, str]:
        page = page_of(item)
        # Pages that the matrix does not have come first, one after the other.
        return (-1, page.id if page else "") if page not in order else (order[page], "")

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close a page right after its last test."""
    pool = item.config.stash.get(POOL, None)
    if pool is not None and (nextitem is None or page_of(nextitem) != page_of(item)):
        pool.release()


def pytest_unconfigure(config: pytest.Config) -> None:
    pool = config.stash.get(POOL, None)
    if pool is not None:
        pool.close()


def page_of(item: pytest.Item) -> PageSpec | None:
    """The page that a test runs on, if it runs on one."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    for value in parameters.values():
        if isinstance(value, Cell):
            return value.page
        if isinstance(value, PageSpec):
            return value
    return None


def cell_of(item: pytest.Item) -> Cell | None:
    """The cell whose column of the matrix a test belongs to."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return next((value for value in parameters.values() if isinstance(value, Cell)), None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise tests that ask for a `page_spec`: one test per page."""
    if "page_spec" in metafunc.fixturenames:
        pages = metafunc.config.stash[SELECTION].pages()
        metafunc.parametrize("page_spec", pages, ids=[page.id for page in pages])


@pytest.fixture(scope="session")
def page_pool(request: pytest.FixtureRequest) -> Iterator[Any]:
    """All pages of this process, one open at a time."""
    from .pages import PagePool

    pool = request.config.stash[POOL] = PagePool()
    yield pool
    pool.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, page_pool: Any) -> Any:
    """The page of the test's cell or `page_spec`."""
    spec = page_of(request.node)
    assert spec is not None, "a test on a page needs a parameter `cell` or `page_spec`"
    if spec.engine in RUNTIMES:
        from . import runtimes

        if absent := runtimes.missing(spec.engine):
            pytest.skip(absent)
    elif reason := missing().get(spec.engine):
        pytest.fail(f"{reason}. WEBSOCKETSTREAM_ENGINES=… leaves an engine out.", pytrace=False)
    page = page_pool.get(spec)
    request.node.user_properties.append(("engine_version", page.engine_version))
    return page
