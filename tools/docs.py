"""Build the documentation's site into `.build/site`; with `--serve`, serve it with the test server.

Warnings fail the build: broken links and anchors, pages that are in no table of contents, unknown names
in docstrings. The site includes Pyodide with our wheel, so the examples run from any static web server.
Those that connect need the test server as well.
"""

import shutil
import sys
from pathlib import Path

from tests.browser.cells import pyodide_versions
from tools import distributions
from tools.demo import served, wait_for_the_end
from tools.project import BUILD, ROOT, VENV_PYTHON, Step, alone, files_under, main, run, say

SOURCE = ROOT / "docs"
SITE = BUILD / "site"
FIRST_PAGE = "docs/index.html"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
CODE = [ROOT / "tests" / "browser" / "examples.py", Path(__file__), ROOT / "requirements-dev.txt"]
REDIRECT = f'<!doctype html><meta http-equiv="refresh" content="0; url={FIRST_PAGE}" />\n'


def build() -> Path:
    """Build the site if a source has changed, and return its folder."""
    pyodide = distributions.folder(pyodide_versions()[0])
    sources = [*PAGES, *CODE, *files_under(SOURCE, ROOT / "src"), pyodide / distributions.LOCK]
    with alone():
        step = Step("docs", sources, [SITE / FIRST_PAGE])
        if not step.is_done():
            step.begin()
            say("building the documentation")
            shutil.rmtree(SITE, ignore_errors=True)
            options = ["--fresh-env", "--nitpicky", "--fail-on-warning", "--keep-going", "--quiet"]
            folders = ["-c", str(SOURCE), "-d", str(BUILD / "doctrees"), str(ROOT), str(SITE)]
            run(VENV_PYTHON, "-m", "sphinx", *options, *folders, quiet=True)
            (SITE / "index.html").write_text(REDIRECT)
            shutil.copytree(pyodide, SITE / "pyodide")
            step.finish()
    return SITE


def docs() -> None:
    """Build the site; with `--serve`, serve it until Ctrl-C."""
    site = build()
    if "--serve" in sys.argv:
        with served(site) as address:
            wait_for_the_end(f"The documentation is at {address}")
    else:
        say(f"the documentation is in {site.relative_to(ROOT)}; --serve shows it")


if __name__ == "__main__":
    main(docs)
