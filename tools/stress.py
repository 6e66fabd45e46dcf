"""Run the stress tests in their long form, or with `--short` as `./build.sh test` does.

The tests print their tables, and write them to `.build/stress`. Other options go to pytest, such as
`--engine firefox` or `-k load`.
"""

import subprocess
import sys

from tools.project import ROOT, VENV_PYTHON, Problem, main


def stress() -> None:
    """Run them one page at a time: two would take each other's time and memory."""
    options = [option for option in sys.argv[1:] if option != "--short"]
    if "--short" not in sys.argv:
        options.append("--long")
    command = [str(VENV_PYTHON), "-m", "pytest", "tests/stress", *options]
    exit_code = subprocess.run(command, cwd=ROOT).returncode
    if exit_code:
        raise Problem(f"the stress tests failed with exit code {exit_code}")


if __name__ == "__main__":
    main(stress)
