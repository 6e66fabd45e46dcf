"""Run the stress tests in their long form, or with `--short` as `./build.sh test` does.

The tests print their tables, and write them to `.build/stress`. Other options go to pytest, such as
`--engine firefox` or `-k load`. Only a long run of everything that has passed changes
docs/reliability.md, between its two comments.
"""

import subprocess
import sys

from tools.project import BUILD, ROOT, VENV_PYTHON, Problem, main, replace_block

TABLES = BUILD / "stress" / "long.md"
RELIABILITY = ROOT / "docs" / "reliability.md"


def stress() -> None:
    """Run them one page at a time: two would take each other's time and memory."""
    options = [option for option in sys.argv[1:] if option != "--short"]
    if "--short" not in sys.argv:
        options.append("--long")
    command = [str(VENV_PYTHON), "-m", "pytest", "tests/stress", *options]
    exit_code = subprocess.run(command, cwd=ROOT).returncode
    if exit_code:
        raise Problem(f"the stress tests failed with exit code {exit_code}")
    if options == ["--long"]:
        publish()


def publish() -> None:
    """Put the tables of the long form into docs/reliability.md."""
    _, _, tables = TABLES.read_text().partition("\n\n")
    replace_block(RELIABILITY, "stress", tables.replace("## ", "### ").rstrip("\n") + "\n")


if __name__ == "__main__":
    main(stress)
