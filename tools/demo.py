"""Put the demo together and serve it with its own server; with `--check`, try it and end.

`.build/demo` then holds the whole page, which any static web server could serve, though without
the servers of its own that the self-test, the flood and the libraries need.
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
"""What lies where in the page's address."""
PYTHON = {"app": SOURCE / "app", "scenarios": ROOT / "tests" / "scenarios"}
"""The packages of the page's own Python, in python.zip."""
SERVERS = "--libraries"
"""The server's option for the page of the libraries."""
UNSERVED = shutil.ignore_patterns("app", "notebook", "__pycache__", "*.map")


def stage(site: Path = SITE) -> None:
    """Put the pages, Pyodide with our wheel, PyScript, the plots and the libraries into one folder."""
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
    """Serve the folder and the WebSockets from a process of its own; give the page's address."""
    command = [sys.executable, "-m", "tests.server", "--static", str(folder), *options]
    # The server ends when its standard input does, and so with this process, however that ends.
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
    """Serve until Ctrl-C, or check."""
    stage()
    with served(SITE, SERVERS) as address:
        if "--check" in sys.argv:
            from tools.check_demo import check

            check(address)
        else:
            wait_for_the_end(f"The demo is at {address}")


def wait_for_the_end(invitation: str) -> None:
    """Say where to go, and wait for Ctrl-C."""
    print(f"\n    {invitation}\n    Ctrl-C ends it.\n", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(demo)
