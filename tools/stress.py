"""Run the stress tests in their long form, or with `--short` as `./build.sh test` does.

The tests print their tables, and write them to `.build/stress`. Other options go to pytest, such as
`--engine firefox` or `-k load`. A long run of everything that has passed replaces the tables in
docs/reliability.md, between its two comments. With `--publish` a long run of a part that has passed
replaces its own tables there: `-k gateway --publish`.
"""

import os
import subprocess
import sys

from tools.project import BUILD, ROOT, VENV_PYTHON, Problem, between, main, replace_block

TABLES = BUILD / "stress" / "long.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
CELLS = ("--engine", "--backend", "--thread", "--pyodide")


def stress() -> None:
    """Run them one page at a time: two would take each other's time and memory."""
    if "--help" in sys.argv:
        print(__doc__)
        return
    options = [option for option in sys.argv[1:] if option not in ("--short", "--publish")]
    short, part = "--short" in sys.argv, "--publish" in sys.argv
    fewer = "WEBSOCKETSTREAM_ENGINES" in os.environ or any(o.startswith(CELLS) for o in options)
    if part and (short or fewer):
        raise Problem("--publish needs the long form and every cell: a table has a column for each")
    form = [] if short else ["--long"]
    command = [str(VENV_PYTHON), "-m", "pytest", "tests/stress", *form, *options]
    exit_code = subprocess.run(command, cwd=ROOT).returncode
    if exit_code:
        raise Problem(f"the stress tests failed with exit code {exit_code}")
    if part or not (short or options):
        publish(part=part)


def publish(*, part: bool) -> None:
    """Put the tables of the long form into docs/reliability.md; a part leaves the others there."""
    made = sections(TABLES.read_text().replace("\n## ", "\n### "))
    known = sections(between(RELIABILITY, "stress")) if part else {}
    text = "\n\n".join(f"### {title}\n\n{table}\n" for title, table in (known | made).items())
    replace_block(RELIABILITY, "stress", text)


def sections(text: str) -> dict[str, str]:
    """Return the tables of a Markdown text by title."""
    parts = (part.partition("\n") for part in text.split("### ")[1:])
    return {title: table.strip() for title, _, table in parts}


if __name__ == "__main__":
    main(stress)
