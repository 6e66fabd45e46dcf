"""Build the demo and serve it with its own server; with `--check`, test it and exit.

The demo is in `.build/demo`. Any static web server could serve it, but the self-test, the flood and the
libraries need the demo's own server.
"""

import json
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.bundle import SUBSTITUTES
from tests.browser.cells import pyodide_versions
from tools import demo_libraries, distributions
from tools.project import BUILD, NODE_MODULES, ROOT, Problem, files_under, main

SOURCE = ROOT / "demo"
SITE = BUILD / "demo"
FOLDERS = {
    "": SOURCE,
    "pyodide": distributions.folder(pyodide_versions()[0]),
    "uplot": NODE_MODULES / "uplot" / "dist",
    "pyscript/core": NODE_MODULES / "@pyscript" / "core" / "dist",
}
"""The folders of the site, by their paths."""
PYTHON = {"app": SOURCE / "app", "scenarios": ROOT / "tests" / "scenarios"}
"""The Python packages of the page, which are in python.zip."""
SERVERS = "--libraries"
"""The server's option that starts servers for the libraries."""
UNSERVED = shutil.ignore_patterns("app", "notebook", "__pycache__", "*.map")


def stage(site: Path = SITE) -> None:
    """Copy the pages, Pyodide with our wheel, PyScript, uPlot and the libraries into one folder."""
    shutil.rmtree(site, ignore_errors=True)
    for name, folder in FOLDERS.items():
        shutil.copytree(folder, site / name, ignore=UNSERVED, dirs_exist_ok=True)
    with zipfile.ZipFile(site / "python.zip", "w") as archive:
        for package, folder in PYTHON.items():
            for path in files_under(folder):
                name = f"{package}/{path.relative_to(folder)}"
                archive.writestr(name, SUBSTITUTES.get(name, path).read_bytes())
    demo_libraries.stage(site)


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """Serve the folder and the test server from another process; yield the page's address."""
    command = [sys.executable, "-m", "tests.server", "--static", str(folder), *options]
    # The server exits when its standard input is closed, so also when this process is killed.
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                raise Problem("the server did not start")
            yield json.loads(line)["http"] + "/"
        finally:
            server.terminate()


def demo() -> None:
    """Build the demo, and check it or serve it until Ctrl-C."""
    stage()
    with served(SITE, SERVERS) as address:
        if "--check" in sys.argv:
            from tools.check_demo import check

            check(address)
        else:
            wait_for_the_end(f"The demo is at {address}")


def wait_for_the_end(invitation: str) -> None:
    """Print the address, and wait for Ctrl-C."""
    print(f"\n    {invitation}\n    Press Ctrl-C to stop it.\n", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(demo)
