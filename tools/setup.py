"""Make the environment: .build/venv, node_modules and the two served Pyodide distributions.

Run by the newest Python that build.sh finds, before there is a virtual environment: standard
library only.
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
    """Do what is missing."""
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
    """See to it that this Python can make a virtual environment; Debian's can't by itself."""
    package = f"python3.{sys.version_info.minor}-venv"
    if find_spec("ensurepip") or system.install([package]):
        return
    raise Problem(
        f"{sys.executable} has no venv. On Debian and Ubuntu, as root:  apt-get install {package}"
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
    """Refuse a Node that is missing or too old."""
    wanted = f"Node {MINIMUM_NODE} or newer with npm is needed"
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Problem(f"{wanted}, but `{'npm' if node else 'node'}` is not on the PATH.")
    version = subprocess.check_output([node, "--version"], text=True).strip()
    if int(version.lstrip("v").split(".")[0]) < MINIMUM_NODE:
        raise Problem(f"{wanted}, but {Path(node)} is {version}.")


if __name__ == "__main__":
    main(setup)
