"""Build the notebook site and serve it together with the test server.

The site is JupyterLite with the example notebook of demo/notebook: static files that load nothing from
other hosts. Any web server could serve `.build/notebook/site`, but the example connects to the test
server.
"""

import shutil
import sys

from tests.browser.cells import pyodide_versions
from tools import distributions, wheel
from tools.demo import served, wait_for_the_end
from tools.project import BUILD, NODE_MODULES, ROOT, Step, alone, files_under, main, pip, run, say

PINS = ROOT / "requirements-notebook.txt"
KERNEL_PINS = ROOT / "requirements-kernel.txt"
SOURCE = ROOT / "demo" / "notebook"
JUPYTERLITE = BUILD / "jupyterlite"
KERNEL = BUILD / "notebook" / "pyodide"
LITE = BUILD / "notebook" / "lite"
SITE = BUILD / "notebook" / "site"
EXAMPLE = "websocketstream.ipynb"


def make() -> None:
    """Build the site if the wheel, a notebook or a pin has changed."""
    with alone():
        install_jupyterlite()
        make_kernel()
        make_site()


def install_jupyterlite() -> None:
    """Install the pinned tools into a separate virtual environment, because there are many."""
    python = JUPYTERLITE / "bin" / "python"
    step = Step("jupyterlite", [PINS, sys.version], [python])
    if step.is_done():
        return
    step.begin()
    say(f"JupyterLite: installing {PINS.name} into {JUPYTERLITE.relative_to(ROOT)}")
    run(sys.executable, "-m", "venv", "--clear", JUPYTERLITE, quiet=True)
    pip("install", "--no-deps", "--requirement", PINS, python=python)
    step.finish()


def make_kernel() -> None:
    """Build the Pyodide of the kernel: the newest, with the packages that IPython needs."""
    version = pyodide_versions()[0]
    step = Step("kernel", [KERNEL_PINS, version], [KERNEL / distributions.LOCK])
    if step.is_done():
        return
    step.begin()
    say(f"Pyodide {version} for notebooks: wheels from {KERNEL_PINS.name}")
    distributions.put_together(NODE_MODULES / f"pyodide-{version}", KERNEL, KERNEL_PINS)
    step.finish()


def make_site() -> None:
    """Build the site: notebooks, Pyodide, and the wheels that the notebooks install with `%pip`."""
    wheels = [wheel.find(), *distributions.shown_libraries().values()]
    stamps = [BUILD / "stamps" / name for name in ("jupyterlite", "kernel")]
    step = Step("notebook", [*wheels, *stamps, *files_under(SOURCE)], [SITE / "index.html"])
    if step.is_done():
        return
    step.begin()
    say("building the notebook site")
    # Start in an empty folder: a second build in the same one loses the location of Pyodide.
    shutil.rmtree(LITE, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(SOURCE, LITE)
    shutil.copytree(KERNEL, LITE / "static" / "pyodide")
    (LITE / "pypi").mkdir()
    for file in wheels:
        shutil.copyfile(file, LITE / "pypi" / file.name)
    tool = JUPYTERLITE / "bin" / "jupyter-lite"
    where = ("--lite-dir", LITE, "--contents", "files", "--output-dir", SITE)
    what = ("--apps", "notebooks", "--apps", "lab", "--no-sourcemaps", "--no-libarchive")
    run(tool, "build", *where, *what, quiet=True, folder=LITE)
    step.finish()


def notebook() -> None:
    """Build the site and serve it until Ctrl-C."""
    make()
    with served(SITE) as address:
        wait_for_the_end(f"The notebook is at {address}notebooks/index.html?path={EXAMPLE}")


if __name__ == "__main__":
    main(notebook)
