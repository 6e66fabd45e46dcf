"""Fixtures of the browser tests; the options and hooks are in plugin.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.libraries._thread import ServerThread
from tests.server import ThreadedServer, serve_in_thread

from . import bundle, webserver


@pytest.fixture(scope="session")
def ws_server() -> Iterator[ThreadedServer]:
    """The WebSocket test server, one per process."""
    with serve_in_thread() as server:
        yield server


@pytest.fixture(scope="session")
def servers() -> Iterator[ServerThread]:
    """The servers of the third-party libraries, each of which starts when a test asks for it."""
    with ServerThread() as thread:
        yield thread


@pytest.fixture(scope="session")
def web_server_main(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, Path]]:
    """Replaces pytest-pyodide's web server; see webserver.py."""
    distribution = Path(request.config.getoption("--dist-dir"))
    with webserver.serve(distribution, bundle.make) as port:
        yield "127.0.0.1", port, distribution
