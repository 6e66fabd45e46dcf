"""Install the tools: .build/venv, node_modules and the Pyodide distributions that tests and demo use.

build.sh runs this with the newest Python that it finds, before there is a virtual environment. So it
imports the standard library only.
"""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tools import system
from tools.project import (
    NODE_MODULES,
    ROOT,
    VENV,
    VENV_PYTHON,
    Problem,
    Step,
    alone,
    main,
    npm_ci,
    pip,
    run,
    say,
)

MINIMUM_NODE = 20
REQUIREMENTS = ROOT / "requirements-dev.txt"
NPM_FILES = [ROOT / "package.json", ROOT / "package-lock.json"]


def setup() -> None:
    """Install what is missing or has changed."""
    with alone():
        make_venv()
        install_npm_packages()
    run(VENV_PYTHON, "-m", "tools.distributions")


def make_venv() -> None:
    """Install the pinned Python tools into .build/venv."""
    step = Step("venv", [REQUIREMENTS, sys.version, sys.executable], [VENV_PYTHON])
    if step.is_done():
        return
    check_python()
    step.begin()
    say(f"Python {sys.version.split()[0]}: installing {REQUIREMENTS.name} into .build/venv")
    run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True)
    pip("install", "--requirement", REQUIREMENTS)
    step.finish()


def check_python() -> None:
    """Make sure that this Python has venv, which is a package of its own on Debian."""
    package = f"python3.{sys.version_info.minor}-venv"
    if find_spec("ensurepip") or system.install([package]):
        return
    raise Problem(
        f"{sys.executable} can't make virtual environments. On Debian and Ubuntu, as root:  "
        f"apt-get install {package}"
    )


def install_npm_packages() -> None:
    """Install the pinned npm packages, Pyodide among them, into node_modules."""
    dependencies = json.loads(NPM_FILES[0].read_text())["dependencies"]
    step = Step("npm", NPM_FILES, [NODE_MODULES / name for name in dependencies])
    if step.is_done():
        return
    check_node()
    step.begin()
    say("npm: installing package-lock.json into node_modules")
    npm_ci(ROOT)
    step.finish()


def check_node() -> None:
    """Fail if Node or npm is missing, or Node is too old."""
    wanted = f"Node {MINIMUM_NODE} or newer and npm are needed"
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Problem(f"{wanted}, but `{'npm' if node else 'node'}` is not on the PATH.")
    version = subprocess.check_output([node, "--version"], text=True).strip()
    if int(version.lstrip("v").split(".")[0]) < MINIMUM_NODE:
        raise Problem(f"{wanted}, but {Path(node)} is Node {version}.")


if __name__ == "__main__":
    main(setup)
