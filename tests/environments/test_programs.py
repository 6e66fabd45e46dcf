"""The program of docs/runtimes.md runs as it stands in each runtime."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.browser import runtimes
from tests.browser.cells import DISTRIBUTIONS, ROOT, RUNTIMES, PageSpec, further_pages, pyodide_versions
from tests.browser.examples import SERVER
from tests.browser.plugin import SELECTION
from tests.server import ThreadedServer

DOC = ROOT / "docs" / "runtimes.md"
NEWEST = DISTRIBUTIONS / pyodide_versions()[0]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = set(RUNTIMES) - {"deno-unstable-net"}  # the same Deno
    if metafunc.function is test_program_without_websocket:
        names = {"node-22"}
    selected = metafunc.config.stash[SELECTION].pages(further_pages())
    pages = [page for page in selected if page.engine in names]
    metafunc.parametrize("spec", pages, ids=[page.id for page in pages])


def run(folder: Path, runtime: str, program: str, *options: str) -> str:
    """Run a program as a user would, beside a Pyodide from npm; return what it printed."""
    if reason := runtimes.missing(runtime):
        pytest.skip(reason)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "pyodide").symlink_to(NEWEST)
    (folder / "package.json").write_text('{"dependencies": {"pyodide": "*"}}')
    (folder / "program.mjs").write_text(program)
    done = subprocess.run(
        [*runtimes.command(runtime), *options, "program.mjs"],
        cwd=folder,
        env=os.environ | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_program(spec: PageSpec, ws_server: ThreadedServer, tmp_path: Path) -> None:
    """It finds the package, says hello, gets it back, and ends by itself."""
    (program,) = re.findall(r"^```js\n(.*?)^```$", DOC.read_text(), re.MULTILINE | re.DOTALL)
    assert SERVER in program
    printed = run(tmp_path, spec.engine, program.replace(SERVER, ws_server.url))
    assert printed.splitlines()[-1] == "hello"


WITHOUT = """
import { loadPyodide } from "pyodide";

const pyodide = await loadPyodide();
await pyodide.loadPackage("websocketstream");
await pyodide.runPythonAsync(`
from websocketstream import WebSocketStream, support

print(support())
try:
    WebSocketStream("wss://example.com/")
except Exception as error:
    print(repr(error))
`);
"""


def test_program_without_websocket(spec: PageSpec, tmp_path: Path) -> None:
    """Where there is neither WebSocket nor navigator, as in Node 20, the error says what is missing."""
    options = ["--no-experimental-websocket", "--no-experimental-global-navigator"]
    *_, told, raised = run(tmp_path, spec.engine, WITHOUT, *options).splitlines()
    assert told.startswith(
        "Support(websocket=False, native=False, native_defects=(), auto=None, safe=None"
    )
    assert re.match(
        r"NotSupportedError\(.* does not work here: Node.js/22\.\S+ has no WebSocket, ", raised
    )
