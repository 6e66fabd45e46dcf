"""The Python that is shipped into a page, as one zip: scenarios, their payloads and the checks."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import examples

HERE = Path(__file__).parent
TESTS = HERE.parent

SUBSTITUTES = {"scenarios/payload.py": TESTS / "server" / "payload.py"}
"""Modules that only pass on what a page can't import, and what stands in their place there."""


def make() -> bytes:
    """Pack the files of the tests as they are now."""
    return pack(_files())


def pack(files: Iterable[tuple[str, Path | zipfile.Path]]) -> bytes:
    """Put files into a zip, each under its name inside of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, path in files:
            archive.writestr(name, SUBSTITUTES.get(name, path).read_bytes())
    return buffer.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    for folder in (HERE / "inpage", TESTS / "scenarios", TESTS / "programs", TESTS / "libraries"):
        for path in sorted(folder.rglob("*.py")):
            yield f"{folder.name}/{path.relative_to(folder)}", path
    for module in ("selfcheck.py", "examples.py", "library_page.py", "programs_page.py"):
        yield module, HERE / module
    for path in (*examples.pages(), *examples.library_pages()):
        yield f"pages/{path.relative_to(examples.ROOT)}", path
