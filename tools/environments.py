"""Install what tests start once, outside the matrix: further versions of Pyodide, and runtimes from npm.

They take half a gigabyte, so only `test` and `matrix`, which need them, install them.
"""

import shutil

from tests.browser.cells import FURTHER_PINS, further_versions
from tools import distributions, wheel
from tools.project import BUILD, ROOT, Step, alone, main, npm_ci, say

FOLDER = BUILD / "environments"
PINS = [FURTHER_PINS, FURTHER_PINS.with_name("package-lock.json")]


def environments() -> None:
    """Install what is missing, and give each Pyodide our wheel."""
    with alone():
        install()
        for version in further_versions():
            distributions.make_one(version, FOLDER / "node_modules" / f"pyodide-{version}")
            wheel.offer(wheel.find(), version)


def install() -> None:
    """Install the pinned npm packages into a folder of their own."""
    step = Step("environments", PINS, [FOLDER / "node_modules"])
    if step.is_done():
        return
    step.begin()
    say(f"npm: installing {PINS[1].relative_to(ROOT)}: further Pyodides, Node, Deno, Bun, pyright")
    FOLDER.mkdir(exist_ok=True)
    for file in PINS:
        shutil.copyfile(file, FOLDER / file.name)
    npm_ci(FOLDER)
    step.finish()


if __name__ == "__main__":
    main(environments)
