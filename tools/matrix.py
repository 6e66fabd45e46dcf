"""Run the browser tests, and write their tables as Markdown and HTML, and into the docs.

The tests leave a list of cells in `.build/matrix.json`:

    {"engine", "engine_version", "backend", "thread", "pyodide", "passed", "failed",
     "skipped": [{"test", "reason"}, …], "seconds"}

and a list of the same form for the further environments, whose cells also have what `support()` said
there. Options go to pytest. Only a run of everything changes docs/browsers.md and docs/runtimes.md, each
between its two comments.
"""

import html
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tools.project import BUILD, ROOT, VENV_PYTHON, Problem, main, replace_block, say

type Cell = dict[str, Any]

RESULT = BUILD / "matrix.json"
FURTHER_RESULT = BUILD / "environments.json"
TESTS = ("tests/browser", "tests/environments/test_runtimes.py")
BROWSERS = ROOT / "docs" / "browsers.md"
RUNTIMES = ROOT / "docs" / "runtimes.md"
NAMES = {
    "chromium": "Chromium",
    "firefox": "Firefox",
    "webkit": "WebKitGTK",
    "node-22": "Node",
    "node-24": "Node",
    "node-26": "Node",
    "bun": "Bun",
    "deno": "Deno",
    "deno-unstable-net": "Deno, `--unstable-net`",
}
WHY_SKIPPED = (
    "Skips are decided by probing the browser; "
    "[expected_skips.toml](../tests/browser/expected_skips.toml) lists them with their reasons."
)


def matrix() -> None:
    """Run, print, write; fail if a test did."""
    for path in (RESULT, FURTHER_RESULT):
        path.unlink(missing_ok=True)
    pages = ["--numprocesses", "2", "--dist", "loadgroup"]  # two at a time
    command = [str(VENV_PYTHON), "-m", "pytest", *TESTS, "--whole", *pages, *sys.argv[1:]]
    exit_code = subprocess.run(command, cwd=ROOT).returncode
    if not RESULT.exists():
        raise Problem(f"the browser tests left no result (exit code {exit_code})")
    cells = json.loads(RESULT.read_text())
    text = markdown(cells)
    print(f"\n{text}", flush=True)
    for path, content in (
        (RESULT.with_suffix(".md"), f"# Test matrix\n\n{text}"),
        (RESULT.with_suffix(".html"), page(cells)),
    ):
        path.write_text(content)
        say(f"written: {path.relative_to(ROOT)}")
    further = json.loads(FURTHER_RESULT.read_text()) if FURTHER_RESULT.exists() else []
    print(environments(further), flush=True)
    if not sys.argv[1:]:
        replace_block(BROWSERS, "matrix", f"{table(cells)}\n\n{footer(cells)} {WHY_SKIPPED}\n")
        replace_block(RUNTIMES, "runtimes", environments(further))
    if exit_code:
        raise Problem(f"the browser tests failed with exit code {exit_code}")


def rows(cells: list[Cell]) -> Iterable[tuple[str, ...]]:
    """The table: one row for each engine, back end and thread, one column for each Pyodide."""
    versions = list(dict.fromkeys(cell["pyodide"] for cell in cells))
    yield ("engine", "back end", "thread", *(f"Pyodide {version}" for version in versions))
    found = {key(cell): cell for cell in cells}
    for row in dict.fromkeys(key(cell)[:3] for cell in cells):
        yield (
            NAMES.get(row[0], row[0]),
            *row[1:],
            *(summary(found.get((*row, version))) for version in versions),
        )


def key(cell: Cell) -> tuple[str, str, str, str]:
    """What tells a cell from the others."""
    return cell["engine"], cell["backend"], cell["thread"], cell["pyodide"]


def summary(cell: Cell | None) -> str:
    """A cell in a few words."""
    if cell is None:
        return "–"
    counts = [(cell["passed"], "passed"), (cell["failed"], "failed")]
    counts.append((len(cell["skipped"]), "skipped"))
    words = [f"{number} {word}" for number, word in counts if number] or ["no tests"]
    return ", ".join([*words, *(["over TLS"] if cell["scheme"] == "wss" else [])])


def environments(cells: list[Cell]) -> str:
    """The table of the further environments in Markdown: one row for each cell."""
    lines: list[tuple[str, ...]] = [
        ("where", "Pyodide", "back end", "quick scenarios", "JSPI", "`WebSocketStream` of its own")
    ]
    lines.append(tuple("---" for _ in lines[0]))
    for cell in cells:
        support = cell.get("support", {})
        has = ({True: "yes", False: "no"}.get(support.get(name), "–") for name in ("jspi", "native"))
        where = f"{NAMES[cell['engine']]} {cell['engine_version']}"
        lines.append((where, cell["pyodide"], cell["backend"], summary(cell), *has))
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\nMeasured on {datetime.now(UTC):%Y-%m-%d}.\n"


def skips(cells: list[Cell]) -> list[str]:
    """Why tests were skipped: one line for each reason, with the tests and where."""
    tests: dict[str, dict[str, None]] = {}
    where: dict[str, dict[str, None]] = {}
    for cell in cells:
        for skip in cell["skipped"]:
            tests.setdefault(skip["reason"], {})[skip["test"]] = None
            name = f"{NAMES.get(cell['engine'], cell['engine'])} {cell['backend']}"
            where.setdefault(skip["reason"], {})[name] = None
    return [
        f"{', '.join(where[reason])}: {reason} ({', '.join(names)})" for reason, names in tests.items()
    ]


def footer(cells: list[Cell]) -> str:
    """When this was measured, and in which browsers."""
    versions = {cell["engine"]: cell["engine_version"] for cell in cells}
    browsers = ", ".join(f"{NAMES.get(name, name)} {version}" for name, version in versions.items())
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: {browsers}."


def markdown(cells: list[Cell]) -> str:
    """The table and the reasons in Markdown."""
    reasons = "\n".join(f"- {reason}" for reason in skips(cells))
    skipped = f"\n\nSkipped, with the reason that the browser gave:\n\n{reasons}" if reasons else ""
    return f"{table(cells)}{skipped}\n\n{footer(cells)}\n"


def table(cells: list[Cell]) -> str:
    """The table in Markdown."""
    head, *body = rows(cells)
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(cells: list[Cell]) -> str:
    """The same as a page of its own."""
    head, *body = rows(cells)
    failed = {summary(cell) for cell in cells if cell["failed"]}

    def line(tag: str, texts: Iterable[str]) -> str:
        marked = ((text, ' class="failed"' if text in failed else "") for text in texts)
        return "".join(f"<{tag}{mark}>{html.escape(text)}</{tag}>" for text, mark in marked)

    table = "\n".join(f"<tr>{line('td', texts)}</tr>" for texts in body)
    reasons = "\n".join(f"<li>{html.escape(reason)}</li>" for reason in skips(cells))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>websocketstream: test matrix</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
th, td {{ border: 1px solid #8886; padding: 0.4rem 0.8rem; text-align: left }}
.failed {{ background: #d332; font-weight: bold }}
</style>
<h1>websocketstream: test matrix</h1>
<table>
<tr>{line("th", head)}</tr>
{table}
</table>
<h2>Skipped</h2>
<ul>
{reasons or "<li>nothing</li>"}
</ul>
<p>{html.escape(footer(cells).replace("`", ""))}</p>
</html>
"""


if __name__ == "__main__":
    main(matrix)
