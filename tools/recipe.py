"""Write the recipe for Pyodide's own distribution, with its test: `./build.sh recipe URL`.

The URL is the address at which the wheel in dist/ has been published. The recipe contains the wheel's
checksum. recipe/websocketstream/meta.yaml is a template; the other files there are copied.
"""

import hashlib
import shutil
import sys
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from string import Template
from zipfile import ZipFile

from tools.project import BUILD, ROOT, Problem, main, say
from tools.wheel import find

SOURCE = ROOT / "recipe" / "websocketstream"
RECIPES = BUILD / "recipes"


def write(url: str, wheel: Path, recipes: Path) -> Path:
    """Write the recipe into a folder below `recipes`, and return that folder."""
    about = metadata(wheel)
    values = {
        "version": about["Version"],
        "summary": about["Summary"],
        "license": about["License-Expression"],
        "url": url,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
    }
    target = recipes / SOURCE.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("__pycache__"))
    filled = Template((SOURCE / "meta.yaml").read_text()).substitute(values)
    (target / "meta.yaml").write_text(filled)
    return target


def metadata(wheel: Path) -> Message:
    """Return the wheel's metadata."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def recipe() -> None:
    """Write the recipe for the URL on the command line."""
    if len(sys.argv) != 2 or not sys.argv[1].endswith(find().name):
        raise Problem(f"give the URL of the published wheel: ./build.sh recipe https://…/{find().name}")
    say(f"written: {write(sys.argv[1], find(), RECIPES).relative_to(ROOT)}")


if __name__ == "__main__":
    main(recipe)
