"""Build and check the sdist and the wheels, and add the plain wheel to each Pyodide distribution."""

import hashlib
from pathlib import Path

from tests.browser.cells import pyodide_versions
from tools import compiled, distributions
from tools.project import (
    BUILD,
    DIST,
    ROOT,
    VENV_PYTHON,
    Problem,
    Step,
    alone,
    files_under,
    main,
    run,
    say,
)

PACKAGE = ROOT / "src" / "websocketstream"
# A page downloads the whole wheel before it can connect.
MAXIMUM_SIZE = 136 * 1024
METADATA = [ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE")]


def wheel() -> None:
    """Build the wheels if the package changed."""
    with alone():
        step = Step("wheel", [*METADATA, *files_under(PACKAGE)], [DIST])
        if not (step.is_done() and list(DIST.glob("*.whl"))):
            step.begin()
            build()
            step.finish()
        for version in pyodide_versions():
            offer(find(), version, ROOT / "tools" / "load_wheel.mjs")
        compiled.make(find())


def build() -> None:
    """Build the sdist, and the wheel from it; check size, contents and metadata."""
    say("building the wheel")
    for old in DIST.glob("websocketstream-*"):
        old.unlink()
    run(VENV_PYTHON, "-m", "build", "--no-isolation", "--outdir", DIST, quiet=True)
    built = find()
    size = built.stat().st_size
    if size > MAXIMUM_SIZE:
        raise Problem(
            f"{built.name} is too large: {size:,} bytes; at most {MAXIMUM_SIZE:,} are allowed."
        )
    run(VENV_PYTHON, "-m", "check_wheel_contents", "--package", PACKAGE, built, quiet=True)
    run(VENV_PYTHON, "-m", "twine", "check", "--strict", *DIST.glob("websocketstream-*"), quiet=True)
    say(f"{built.relative_to(ROOT)}: {size:,} bytes")


def find() -> Path:
    """Return the plain wheel in dist/."""
    wheels = list(DIST.glob("websocketstream-*-py3-none-any.whl"))
    if len(wheels) != 1 or len(list(DIST.glob("*.whl"))) != 1:
        names = ", ".join(sorted(path.name for path in DIST.glob("*.whl")))
        raise Problem(
            f"dist/ should contain one py3-none-any wheel and no other, but has {names or 'none'}."
        )
    return wheels[0]


def offer(built: Path, version: str, *loaders: Path) -> None:
    """Add the wheel to a Pyodide, so that `loadPackage("websocketstream")` finds it.

    Each loader is a script for Node, which tries that.
    """
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    target = distributions.folder(version)
    made = BUILD / "stamps" / distributions.stamp(version)
    step = Step(f"wheel-{version}", [digest, *loaders, made], [target / built.name])
    if step.is_done():
        return
    step.begin()
    distributions.add_wheel(built, target)
    for loader in loaders:
        run("node", loader, target, quiet=True)
        say(f"Pyodide {version}: loads and imports {built.name}")
    step.finish()


if __name__ == "__main__":
    main(wheel)
