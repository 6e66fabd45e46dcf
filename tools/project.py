"""The folders of the project, and helpers for the steps of a build.

A step runs only when its inputs changed, and never at the same time as another one in the same clone.
Imports the standard library only, because `tools.setup` uses it before there is a virtual environment.
"""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
DIST = ROOT / "dist"
NODE_MODULES = ROOT / "node_modules"
VENV = BUILD / "venv"
VENV_PYTHON = VENV / "bin" / "python"

_CHANGED = "-changed"


class Problem(Exception):
    """An error whose message is all that the user needs: it is shown without a traceback."""


def say(text: str) -> None:
    """Print a line about the progress."""
    print(f"==> {text}", flush=True)


def run(*command: str | Path, quiet: bool = False, folder: Path = ROOT) -> None:
    """Run a command in a folder; with `quiet`, show its output only if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
    )
    if done.returncode:
        output = f"\n{done.stdout}" if quiet else ""
        words = " ".join(str(part) for part in command)
        raise Problem(f"{words}\nfailed with exit code {done.returncode}{output}")


def pip(*arguments: str | Path, python: Path = VENV_PYTHON) -> None:
    """Run pip in a virtual environment."""
    run(python, "-m", "pip", "--disable-pip-version-check", *arguments, quiet=True)


def npm_ci(folder: Path) -> None:
    """Install the folder's package-lock.json into its node_modules."""
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run("npm", "ci", "--prefix", folder, *options, quiet=True)


def files_under(*folders: Path) -> list[Path]:
    """Return all files under the folders in a stable order, without Python's caches."""
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def between(path: Path, name: str) -> str:
    """Return the text between the file's comments `<!-- name:begin -->` and `<!-- name:end -->`."""
    return _split(path, name)[1]


def replace_block(path: Path, name: str, text: str) -> None:
    """Replace the text between these comments."""
    before, _, after = _split(path, name)
    path.write_text(f"{before}\n{text}{after}")
    say(f"updated: {path.relative_to(ROOT)}")


def _split(path: Path, name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = path.read_text().partition(begin)
    text, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise Problem(f"{path.relative_to(ROOT)} has no {begin} … {end}")
    return before + begin, text, end + after


class Step:
    """A step of the build, which is done again only when an input changed or a result is gone.

    The inputs are hashed. After the step, the hash is kept in a stamp file.
    """

    def __init__(self, name: str, inputs: Iterable[Path | str], results: Iterable[Path]) -> None:
        self._stamp = BUILD / "stamps" / name
        self._results = list(results)
        digest = hashlib.sha256()
        for item in inputs:
            name = str(item.relative_to(ROOT)) if isinstance(item, Path) else item
            content = item.read_bytes() if isinstance(item, Path) else b""
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self._key = digest.hexdigest()

    def is_done(self) -> bool:
        """Return whether the results exist and belong to these inputs."""
        try:
            key = self._stamp.read_text()
        except FileNotFoundError:
            return False
        return key == self._key and all(path.exists() for path in self._results)

    def begin(self) -> None:
        """Remove the stamp, so that a step that is interrupted is not taken for done."""
        self._stamp.unlink(missing_ok=True)

    def finish(self) -> None:
        """Write the stamp: the results belong to these inputs."""
        self._stamp.parent.mkdir(parents=True, exist_ok=True)
        self._stamp.write_text(self._key)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of this clone, so that two runs of build.sh don't mix their files."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def commit() -> str:
    """Return the commit that is checked out, with "-changed" if files differ from it; "" without Git."""

    def git(*arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()

    try:
        return git("rev-parse", "--short=10", "HEAD") + (
            _CHANGED if git("status", "--porcelain") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return ""


def can_be_published(commit: str) -> bool:
    """Return whether figures measured at what :func:`commit` has returned are those of a commit."""
    return bool(commit) and not commit.endswith(_CHANGED)


def main(work: Callable[[], None]) -> None:
    """Run the function; print a `Problem` as a message and exit with 1."""
    try:
        work()
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
