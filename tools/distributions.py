"""Make the Pyodide distributions that tests and demo serve, and download the libraries for their pages.

- `.build/pyodide/VERSION`: Pyodide's core from npm, the wheels of requirements-pyodide.txt, and our own
  wheel. The lock file from npm lists hundreds of packages that aren't there, so each distribution gets
  one that lists just these wheels. The further versions in tests/environments/npm have only our wheel.
- `.build/peers`: the clients of requirements-bench.txt, which the benchmark compares us with.
- `.build/libraries/GROUP`: the wheels of each file in tests/libraries/pins, which pages install with
  micropip. They are for the newest Pyodide, and may be compiled for it.
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version
from pyodide_lock import PyodideLockSpec
from pyodide_lock.spec import InfoSpec
from pyodide_lock.utils import add_wheels_to_spec

from tests.browser.cells import LIBRARIES, pyodide_versions
from tests.libraries import PINS as LIBRARY_PINS
from tools.project import BUILD, NODE_MODULES, ROOT, Problem, Step, alone, main, pip, say

PINS = ROOT / "requirements-pyodide.txt"
PEERS = BUILD / "peers"
PEER_PINS = ROOT / "requirements-bench.txt"
PURE = ["--implementation", "py", "--abi", "none", "--platform", "any"]
LOCK = "pyodide-lock.json"
SHOWN = (
    "aiohttp",
    *("aiohappyeyeballs", "aiosignal", "attrs", "frozenlist", "idna", "multidict", "propcache", "yarl"),
)
"""The libraries that the notebook and PyScript's pages use, and what they need."""
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.*", "python_stdlib.zip", "package.json")


def folder(version: str) -> Path:
    """Return the folder of this version's distribution."""
    return BUILD / "pyodide" / version


def stamp(version: str) -> str:
    """Return the name of the step that makes this version's distribution."""
    return f"pyodide-{version}"


def make() -> None:
    """Make the distributions of the matrix whose pins changed."""
    for version in pyodide_versions():
        make_one(version, NODE_MODULES / f"pyodide-{version}", PINS)


def make_one(version: str, source: Path, *pins: Path) -> None:
    """Make the distribution of one version, if its pins changed."""
    target = folder(version)
    step = Step(stamp(version), [*pins, source / LOCK], [target / LOCK])
    if step.is_done():
        return
    step.begin()
    say(f"Pyodide {version}: {' and '.join(['core files from npm', *(file.name for file in pins)])}")
    put_together(source, target, *pins)
    step.finish()


def put_together(source: Path, target: Path, *pins: Path) -> None:
    """Empty the folder; put npm's core files, the pinned wheels and a lock file of these into it."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for pattern in CORE:
        for file in source.glob(pattern):
            shutil.copyfile(file, target / file.name)
    spec = PyodideLockSpec.from_json(source / LOCK)
    spec.packages.clear()
    for file in pins:
        download(file, target, python=spec.info.python)
    write_lock(add_wheels_to_spec(spec, sorted(target.glob("*.whl"))), source / LOCK, target)


def install_peers() -> None:
    """Install the clients that the benchmark loads into its page."""
    step = Step("peers", [PEER_PINS], [PEERS])
    if step.is_done():
        return
    step.begin()
    say(f"peers for the benchmark: {PEER_PINS.name}")
    shutil.rmtree(PEERS, ignore_errors=True)
    # Wheels compiled for this machine don't work in a page; these packages have pure wheels, too.
    pure = ["--implementation", "py", "--abi", "none", "--platform", "any", "--python-version", "3.14"]
    options = ["--no-deps", "--only-binary=:all:", "--no-compile", *pure]
    pip("install", *options, "--target", PEERS, "--requirement", PEER_PINS)
    step.finish()


def make_libraries() -> None:
    """Download the third-party libraries of each group whose pins changed."""
    newest = pyodide_versions()[0]
    lock = NODE_MODULES / f"pyodide-{newest}" / LOCK
    for pins in sorted(LIBRARY_PINS.glob("*.txt")):
        target = LIBRARIES / pins.stem
        step = Step(f"libraries-{pins.stem}", [pins, lock], [target])
        if step.is_done():
            continue
        step.begin()
        say(f"Pyodide {newest}: libraries from {pins.relative_to(ROOT)}")
        download_libraries(pins, target, lock)
        step.finish()


def download_libraries(pins: Path, target: Path, lock: Path) -> None:
    """Download a group's wheels again. Its pins may contain several versions of a package."""
    info = PyodideLockSpec.from_json(lock).info
    with TemporaryDirectory(dir=LIBRARIES.parent) as folder:
        draft = Path(folder, "wheels")
        rest = [line for line in pins.read_text().splitlines() if line and not line.startswith("#")]
        while rest:
            # One run of pip can't download two versions of a package.
            lines = {line.partition("==")[0].lower(): line for line in reversed(rest)}
            part = Path(folder, pins.name)
            part.write_text("\n".join(lines.values()))
            download(part, draft, info.python, _compiled_for(info))
            rest = [line for line in rest if line not in lines.values()]
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(exist_ok=True)
        draft.rename(target)


def _compiled_for(info: InfoSpec) -> list[str]:
    """Return pip's options for wheels that this Pyodide can install, compiled ones included."""
    python = "".join(info.python.split(".")[:2])
    tags = ["--implementation", "cp", "--abi", f"cp{python}", "--abi", "none"]
    return [*tags, "--platform", f"pyemscripten_{info.abi_version}_{info.arch}", "--platform", "any"]


def download(pins: Path, target: Path, python: str, tags: Sequence[str] = PURE) -> None:
    """Download the pinned wheels for the Python inside a Pyodide."""
    minor = ".".join(python.split(".")[:2])
    options = ["--no-deps", "--only-binary=:all:", "--python-version", minor, *tags]
    pip("download", *options, "--dest", target, "-r", pins)


def add_wheel(wheel: Path, target: Path) -> None:
    """Put our wheel into a distribution and its lock file, and remove the one it replaces."""
    spec = PyodideLockSpec.from_json(target / LOCK)
    old = spec.packages.pop(wheel.name.split("-")[0], None)
    copy = target / wheel.name
    shutil.copyfile(wheel, copy)
    write_lock(add_wheels_to_spec(spec, [copy]), target / LOCK, target)
    if old and old.file_name != copy.name:
        (target / old.file_name).unlink(missing_ok=True)


def shown_libraries() -> dict[str, Path]:
    """Return the wheels of the libraries that the notebook and PyScript's pages use, by name."""
    return {name: newest_library(name) for name in SHOWN}


def newest_library(name: str) -> Path:
    """Return the wheel of a library's newest version among those that were downloaded."""
    wheels = list(LIBRARIES.rglob(f"{name}-*.whl"))
    if not wheels:
        raise Problem(
            f"there is no wheel of {name} in {LIBRARIES.relative_to(ROOT)}: run ./build.sh setup"
        )
    return max(wheels, key=lambda wheel: Version(wheel.name.split("-")[1]))


def write_lock(spec: PyodideLockSpec, source: Path, target: Path) -> None:
    """Write the lock file and replace the old one at once, because a page may be reading it."""
    spec.check_wheel_filenames()
    draft = target / f"{LOCK}.draft"
    spec.to_json(draft)
    lock = json.loads(draft.read_text())
    # Pyodide 0.27 looks for its own version in there, and pyodide-lock drops it.
    lock["info"] = json.loads(source.read_text())["info"]
    draft.write_text(json.dumps(lock, indent=1))
    os.replace(draft, target / LOCK)


def prepare() -> None:
    """Make the distributions and download the libraries, holding the lock."""
    with alone():
        make()
        install_peers()
        make_libraries()


if __name__ == "__main__":
    main(prepare)
