"""Print the oldest supported Pyodide, or pin the newest: `python -m tools.pin_pyodide lower|upper`.

The daily workflow tries both. `upper` is the newest on npm, alphas included. If it is not pinned yet, it
is added to the further versions in tests/environments/npm, so that the tests there run with it.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from tests.browser.cells import FURTHER_PINS, further_versions, pyodide_versions
from tools.project import Problem, main, run


def newest(versions: Iterable[str]) -> str:
    """Return the highest version, by its numbers."""
    return max(versions, key=Version)


def on_npm() -> list[str]:
    """Return all versions of Pyodide that npm has."""
    listed = subprocess.run(
        ["npm", "view", "pyodide", "versions", "--json"], stdout=subprocess.PIPE, text=True
    )
    if listed.returncode:
        raise Problem("npm could not list the versions of Pyodide.")
    return list(json.loads(listed.stdout))


def pin(version: str, folder: Path) -> None:
    """Add the version to package.json and package-lock.json in the folder."""
    alias = f"pyodide-{version}@npm:pyodide@{version}"
    options = ["--package-lock-only", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"]
    run("npm", "install", "--prefix", folder, *options, alias, quiet=True)


def pin_pyodide() -> None:
    """Print the version that the command line asks for, pinned."""
    if sys.argv[1:] not in (["lower"], ["upper"]):
        raise Problem("usage: python -m tools.pin_pyodide lower|upper")
    pinned = (*pyodide_versions(), *further_versions())
    version = newest(on_npm()) if sys.argv[1] == "upper" else min(pinned, key=Version)
    if version not in pinned:
        pin(version, FURTHER_PINS.parent)
    print(version)


if __name__ == "__main__":
    main(pin_pyodide)
