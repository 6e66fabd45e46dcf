"""Make a wheel of compiled modules for the Python of each pinned Pyodide.

A page imports it in less than half the time. But it fits one minor version of Python only, and
tracebacks can't show the package's source. So it is an addition to the plain wheel, in dist/compiled.
"""

import os
import shutil
import tempfile
from pathlib import Path

from pyodide_lock import PyodideLockSpec

from tests.browser.cells import pyodide_versions
from tools import distributions
from tools.project import DIST, ROOT, VENV_PYTHON, Step, run, say

FOLDER = DIST / "compiled"
COMPILER = ROOT / "tools" / "compile_package.mjs"


def tag(version: str) -> str:
    """Return the tag of a Pyodide's Python, as in "cp314"."""
    python = PyodideLockSpec.from_json(distributions.folder(version) / distributions.LOCK).info.python
    return "cp" + "".join(python.split(".")[:2])


def path(wheel: Path, version: str) -> Path:
    """Return the path of the compiled wheel for this Pyodide."""
    return FOLDER / wheel.name.replace("-py3-", f"-{tag(version)}-")


def make(wheel: Path) -> None:
    """Make the compiled wheels of this plain wheel, and remove older ones."""
    targets = {path(wheel, version): version for version in pyodide_versions()}
    step = Step("compiled", [wheel, COMPILER, Path(__file__), *targets.values()], targets)
    if step.is_done():
        return
    step.begin()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for target, version in targets.items():
        compile_for(version, wheel)
        say(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes")
    step.finish()


def compile_for(version: str, wheel: Path) -> None:
    """Unpack the wheel, replace its sources with compiled modules, and pack it again."""
    # 1980, the earliest date that a zip file can have.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
    tool = (VENV_PYTHON, "-m", "wheel")
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        run(*tool, "unpack", "--dest", scratch, wheel, quiet=True)
        (unpacked,) = scratch.iterdir()
        run("node", COMPILER, distributions.folder(version), unpacked, quiet=True)
        for source in unpacked.rglob("*.py"):
            source.unlink()
        run(*tool, "pack", "--dest-dir", scratch, unpacked, quiet=True)
        (packed,) = scratch.glob("*.whl")
        run(*tool, "tags", "--python-tag", tag(version), "--remove", packed, quiet=True)
        (tagged,) = scratch.glob("*.whl")
        FOLDER.mkdir(exist_ok=True)
        shutil.copyfile(tagged, FOLDER / tagged.name)
