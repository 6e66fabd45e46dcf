"""How the package hangs together: who may import whom, and what none of it may do."""

import ast
import asyncio
import logging
import re
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from zipfile import ZipFile

import pytest

import websocketstream
from tests.unit.bench import Bench, raised_by
from websocketstream import WebSocketStream
from websocketstream.testing import FakeAbortController

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "websocketstream"

LAYERS = (
    ("errors",),
    ("_core",),
    ("_ffi",),
    ("_backends",),
    ("support",),
    ("readable", "writable"),
    ("stream",),
    ("diagnosis", "reconnect", "sync", "testing"),
    ("gateway",),
)
"""The modules and packages at the root, bottom up: each imports from lower layers only, at its head."""

BROWSER_ONLY = {"_backends.browser", "_backends.classic", "_backends.native"}
"""Modules that can't be imported outside a browser, so that they may import `_ffi` at their head."""

CAMEL_CASE = re.compile(r"[a-z]+[a-z0-9]*[A-Z]\w*")

OF_PYTHON = {"getLogger", "isEnabledFor"}
"""The standard library has some too."""


@cache
def modules() -> dict[str, ast.Module]:
    """Each module of the package, by its dotted name inside it; the package itself is ''."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        name = name.removesuffix("__init__").removesuffix(".")
        found[name] = ast.parse(path.read_text(), str(path))
    return found


def imports(name: str, *, everywhere: bool = False) -> Iterator[str]:
    """The modules of the package that a module imports: at its head, or everywhere in it."""
    tree = modules()[name]
    is_package = (SOURCE / name.replace(".", "/") / "__init__.py").exists()
    home = name.split(".") if name else []
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            up = node.level - is_package
            base = [*home[: len(home) - up], *(node.module or "").split(".")]
            target = ".".join(part for part in base if part)
            for alias in node.names:
                inner = f"{target}.{alias.name}" if target else alias.name
                yield inner if inner in modules() else target


def test_imports_point_down() -> None:
    """A module imports only from the layers below its own, and from its own package."""
    below: set[str] = set()
    for layer in LAYERS:
        for name in layer:
            for module in (each for each in modules() if each.partition(".")[0] == name):
                above = {each.partition(".")[0] for each in imports(module)} - below - {name}
                assert not above, f"{module} imports {above}"
        below |= {*layer}
    assert below == {name.partition(".")[0] for name in modules()} - {""}


def test_who_needs_a_browser() -> None:
    """Only modules that can't be imported outside a browser import `_ffi` at their head."""
    for name in modules():
        if name not in BROWSER_ONLY and not name.startswith("_ffi"):
            assert "_ffi" not in imports(name), f"{name} imports _ffi at its head"


def test_one_name_for_one_thing() -> None:
    """No two modules define a class, or a function for others, of the same name."""
    places: dict[str, list[str]] = {}
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), []).append(module)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                places.setdefault(node.name, []).append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_cycles() -> None:
    """No module imports itself, by whatever detours."""
    graph = {name: set(imports(name)) - {name} for name in modules() if name}
    assert list(TopologicalSorter(graph).static_order())


def test_one_door_to_javascript() -> None:
    """Only `_ffi` imports `js` and `pyodide`, wherever in the file."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            javascript = {each.partition(".")[0] for each in names} & {"js", "pyodide", "pyodide_js"}
            assert not javascript or name.startswith("_ffi"), f"{name} imports {javascript}"


def test_camel_case_stays_behind_the_door() -> None:
    """Names in camelCase are JavaScript's, and are used in `_ffi` only."""
    for name, tree in modules().items():
        if name.startswith("_ffi"):
            continue
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.arg or "" for node in ast.walk(tree) if isinstance(node, ast.keyword | ast.arg)}
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        camels = {each for each in used if CAMEL_CASE.fullmatch(each)} - OF_PYTHON
        assert not camels, f"{name} uses {camels}"


def test_no_javascript_source() -> None:
    """There is no JavaScript source in the package, and nothing that would run some."""
    files = [path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.name for path in files if path.suffix != ".py"} == {"py.typed"}
    for name, tree in modules().items():
        for node in ast.walk(tree):
            word = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
            assert word not in ("eval", "exec", "run_js"), f"{name} uses {word}"


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "bench"])
def test_files_are_short(folder: str) -> None:
    """No file has more than 400 lines."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_modules_say_what_they_are_for() -> None:
    """Every module opens with a docstring."""
    for name, tree in modules().items():
        assert ast.get_docstring(tree) or not tree.body, f"{name} has no docstring"


PROBE = """
    import builtins, logging, os, signal, sys, threading, warnings

    def world():
        return {
            "modules": {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names,
            "warnings": list(warnings.filters),
            "handlers": list(logging.root.handlers),
            "loggers": {name for name in logging.root.manager.loggerDict if name != "asyncio"},
            "environment": dict(os.environ),
            "path": list(sys.path),
            "hooks": [sys.excepthook, sys.unraisablehook, sys.displayhook, list(sys.meta_path)],
            "builtins": set(vars(builtins)),
            "threads": threading.enumerate(),
            "signals": signal.getsignal(signal.SIGINT),
        }

    import asyncio
    before = world()
    import websocketstream
    after = world()
    assert after.pop("modules") - before.pop("modules") == {"websocketstream"}, sys.modules
    assert after.pop("loggers") - before.pop("loggers") == {"websocketstream"}
    assert after == before, (before, after)
    assert "websocketstream._core.html" not in sys.modules, "only notebooks need it"
    assert "websocketstream.gateway" not in sys.modules, "only install() needs it"
    assert "websocketstream.diagnosis" not in sys.modules, "only diagnose() needs it"
    for slow in ("urllib.parse", "ipaddress"):
        assert slow not in sys.modules, f"in Pyodide, {slow} takes longer to import than the package"
    assert logging.getLogger("websocketstream").handlers == []
"""


def test_import_has_no_side_effect() -> None:
    """Importing the package changes nothing else in the interpreter, and loads nothing but itself."""
    code = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})\n{textwrap.dedent(PROBE)}"
    subprocess.run([sys.executable, "-I", "-S", "-W", "error", "-c", code], check=True, timeout=60)


def test_gateway_is_loaded_when_it_is_asked_for() -> None:
    """The package has the gateway's functions, and no names that it does not list."""
    assert websocketstream.install.__module__.startswith("websocketstream.gateway")
    assert websocketstream.uninstall.__module__.startswith("websocketstream.gateway")
    assert not hasattr(websocketstream, "no_such_name")


def test_wheel(tmp_path: Path) -> None:
    """The wheel has the package and nothing else, runs on every platform, and needs nothing."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, stdout=subprocess.DEVNULL)
    (wheel,) = tmp_path.iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    needs = [line for line in lines if line.startswith("Requires-Dist:")]
    assert [line for line in needs if "extra ==" not in line] == []
    packed = {name for name in names if ".dist-info/" not in name}
    there = {
        f"websocketstream/{path.relative_to(SOURCE)}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there


ENDINGS = (
    "refused",
    "given up",
    "aborted",
    "timed out",
    "lost",
    "closed",
    "messages lost",
    "unanswered",
)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_secrets_are_not_shown(ending: str, caplog: pytest.LogCaptureFixture) -> None:
    """However a connection ends, neither userinfo nor query string is in an error, a repr or the log."""
    caplog.set_level(logging.DEBUG)
    bench = Bench(receive_backpressure=False)
    controller = FakeAbortController()
    stream = WebSocketStream(
        "wss://me:s3cret@example.test/feed?token=s3cret",
        backend=bench,
        signal=controller.signal,
        high_water_mark=1,
    )
    shown = [repr(stream)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        match ending:
            case "refused":
                bench.rig.end(1006, clean=False)
            case "given up":
                stream.close()
            case "aborted":
                controller.abort()
            case "timed out":
                bench.pass_time(60)
            case _:
                bench.rig.events.connected("", "")
                opened = await stream.opened
                shown += [repr(opened), repr(opened.readable), repr(stream.opened)]
                bench.rig.events.received(["too much"])
                with pytest.raises(TypeError) as refusal:
                    opened.writable.get_writer().write(None)
                shown.append(str(refusal.value))
                if ending == "unanswered":
                    stream.close()
                    bench.pass_time(10)
                bench.rig.end(1000, clean=ending != "lost", lost=ending == "messages lost")
    shown += [str(each.message) for each in caught]
    for promise in (stream.opened, stream.closed):
        if (error := promise.exception()) is not None:
            raised = await raised_by(promise)
            shown += [str(error), repr(raised), str(vars(raised))]
    shown += [record.getMessage() for record in caplog.records]
    shown += [task.get_name() for task in asyncio.all_tasks()]
    assert len(shown) > 4
    assert "s3cret" not in "\n".join(shown)
    assert repr(stream) == "<WebSocketStream wss://example.test/feed?… closed backend=bench>"
