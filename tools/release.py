"""Check a release's tag and print its section of the changelog: `python -m tools.release vX.Y.Z`.

The release workflow runs it before it builds anything. Standard library only.
"""

import re
import sys

from tools.project import ROOT, Problem, main

VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
SECTION = re.compile(r"^## (\S+) \(([^)]*)\)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def notes(tag: str, package: str, changelog: str) -> str:
    """Return what the changelog says about the release, given the package's and the changelog's text."""
    found = VERSION.search(package)
    if found is None or tag != f"v{found[1]}":
        version = found and found[1]
        raise Problem(f"the tag {tag} does not belong to __version__, which is {version}.")
    for version, date, text in SECTION.findall(changelog):
        if version == found[1]:
            if not DATE.fullmatch(date):
                raise Problem(f"CHANGELOG.md has {date!r} where the date of {version} should be.")
            return str(text).strip()
    raise Problem(f"CHANGELOG.md has no section '## {found[1]} (date)'.")


def release() -> None:
    """Print the notes for the tag on the command line."""
    if len(sys.argv) != 2:
        raise Problem("usage: python -m tools.release vX.Y.Z")
    package = ROOT / "src" / "websocketstream" / "__init__.py"
    print(notes(sys.argv[1], package.read_text(), (ROOT / "CHANGELOG.md").read_text()))


if __name__ == "__main__":
    main(release)
