"""Runs an example of a library in a worker: installs the library, runs the code, reports to the page.

The code runs as in a notebook. Calls are inserted between its statements: around the imports, to time
them separately, and after each assertion, to report that it was true.
"""

import ast
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import micropip
from pyodide.code import CodeRunner

FILE = "example.py"
SWITCH, HELD = "_switch_step", "_assertion_held"
LIMIT, BYTES = 200, 24
"""The number of characters of a value that are shown, and the number of bytes."""


async def run(request: str, send: Callable[[str], None]) -> None:
    """Install and run an example. Messages to the page are JSON objects with a ``kind``."""

    def report(kind: str, **fields: object) -> None:
        send(json.dumps({"kind": kind, **fields}))

    settings = json.loads(request)
    example = Example(settings["code"], report)
    show_log(report)
    try:
        example.parse()
        await install(settings["library"], settings["index"], report)
        await example.run()
    except BaseException as error:
        report("failed", **describe(error), values=example.values())
    else:
        report("done", values=example.values())


def show_log(report: Callable[..., None]) -> None:
    """Show the package's log, which lists the connections of a library."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            report("print", stream="log", text=record.getMessage())

    logger = logging.getLogger("websocketstream")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(Handler())


async def install(library: dict[str, Any], index: str, report: Callable[..., None]) -> None:
    """Install a library from the index of its group."""
    clock = Clock(report)
    clock.switch("install")
    micropip.set_index_urls([index])
    before = len(micropip.list())
    try:
        for name, number, module, *source in library["mocked"]:
            micropip.add_mock_package(name, number, modules={module: "".join(source)})
        await micropip.install(library["bare"], deps=False)
        await micropip.install(library["requirements"])
    except BaseException:
        clock.end("install", "failed")
        raise
    name, more = library["library"], len(micropip.list()) - before - 1
    clock.end("install", "done", f"{name} {version(name)}" + (f" and {more} more" if more else ""))


class Clock:
    """Measures the time that each step takes."""

    def __init__(self, report: Callable[..., None]) -> None:
        self._report = report
        self._seconds: dict[str, float] = {}
        self._since = 0.0
        self.step = ""

    def switch(self, step: str) -> None:
        """Begin or continue a step."""
        self._pause()
        self.step = step
        if step not in self._seconds:
            self._seconds[step] = 0.0
            self._report("step", step=step, state="running")

    def end(self, step: str, state: str, note: str = "") -> None:
        self._pause()
        self._report("step", step=step, state=state, seconds=self._seconds.get(step, 0.0), note=note)

    def _pause(self) -> None:
        now = time.perf_counter()
        if self.step:
            self._seconds[self.step] += now - self._since
        self._since, self.step = now, ""


class Example:
    """The code of an example, and its variables after it has run."""

    def __init__(self, code: str, report: Callable[..., None]) -> None:
        self._code = code
        self._report = report
        self._clock = Clock(report)
        self._tree = ast.Module([], [])
        self._imported: set[str] = set()
        self._names: dict[str, Any] = {}
        self._modules = len(sys.modules)

    def parse(self) -> None:
        """Parse the code. Raise SyntaxError if it is not valid."""
        self._tree = ast.parse(self._code, FILE)
        self._imported = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }

    async def run(self) -> None:
        """Run the code, and report the time of the imports and of the rest."""
        held: set[int] = set()

        def hold(line: int) -> None:
            held.add(line)
            self._report("held", line=line)

        self._names = {"__name__": "__main__", SWITCH: self._switch, HELD: hold}
        runner = CodeRunner(self._code, filename=FILE, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        has_imports = any(map(is_import, runner.ast.body))
        Marked().visit(runner.ast)
        runner.compile()
        self._modules = len(sys.modules)
        self._clock.switch("import")
        if not has_imports:
            self._switch("imported")
        try:
            value = await runner.run_async(self._names)
        except BaseException:
            self._clock.end(self._clock.step, "failed")
            raise
        if value is not None:
            self._report("print", stream="value", text=short_repr(value))
        note = f"{len(held)} assertion{'s hold' if len(held) != 1 else ' holds'}" if held else ""
        self._clock.end("run", "done", note)

    def _switch(self, step: str) -> None:
        """Count the time for another step. The step of the imports ends after the last of them."""
        if step == "imported":
            self._clock.end("import", "done", f"{len(sys.modules) - self._modules} modules")
            step = "run"
        self._clock.switch(step)

    def values(self) -> list[tuple[str, str]]:
        """Return the values of the variables.

        Values that can be seen in the code are left out, as are objects whose repr is in angle
        brackets.
        """
        literals = {}
        for node in ast.walk(self._tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    literals[name] = shorten(ast.unparse(value))
        found = []
        for name, value in self._names.items():
            if name.startswith("_") or name in self._imported:
                continue
            text = short_repr(value)
            if text != literals.get(name) and not text.startswith("<"):
                found.append((name, text))
        return found


class Marked(ast.NodeTransformer):
    """Inserts the calls between the statements."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.generic_visit(node)
        imports = [number for number, statement in enumerate(node.body) if is_import(statement)]
        for number in reversed(imports):
            after = "imported" if number == imports[-1] else "run"
            node.body[number : number + 1] = [
                call(SWITCH, "import"),
                node.body[number],
                call(SWITCH, after),
            ]
        return node

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        return [node, call(HELD, node.lineno)]


def is_import(statement: ast.stmt) -> bool:
    """Return True for imports, except from `__future__`, which must stay the first statement."""
    from_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    return isinstance(statement, ast.Import | ast.ImportFrom) and not from_future


def call(function: str, argument: str | int) -> ast.Expr:
    """Return a statement that calls a function with a constant."""
    return ast.Expr(ast.Call(ast.Name(function, ast.Load()), [ast.Constant(argument)], []))


def short_repr(value: object) -> str:
    """Return a short text for a value."""
    if isinstance(value, bytes) and len(value) > BYTES:
        return f"{value[:BYTES]!r}… ({len(value):,} bytes)"
    if isinstance(value, str) and len(value) > LIMIT:
        return f"{value[:LIMIT]!r}… ({len(value):,} characters)"
    try:
        return shorten(repr(value))
    except Exception as error:
        return f"<repr() raised {type(error).__name__}>"


def shorten(text: str) -> str:
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}…"


def describe(error: BaseException) -> dict[str, Any]:
    """Return an error's traceback, starting in the example's code, and the line of that code."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == FILE else None
    first = trace = error.__traceback__
    while first is not None and first.tb_frame.f_code.co_filename != FILE:
        first = first.tb_next
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    lines = traceback.format_exception(error.with_traceback(first))
    return {"text": "".join(lines).rstrip(), "line": line}
