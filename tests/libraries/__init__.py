"""Third-party libraries that run in a page unmodified, and a server for each.

Each library has up to four files, by a short name:

    tests/libraries/<name>.py            what the page installs, and serve(): a server for the library
    tests/libraries/inpage/<name>.py     optional: runs in the page, see library_page.py
    tests/libraries/pins/<group>.txt     the wheels of its group, complete
    docs/libraries/<name>.md             what users read; its examples are the tests

Libraries of one group share a page, and with it one version of whatever they have in common.

This module is shipped into the page too. The constants of the modules are read without importing them:
the page has no servers, and a test of one library needs only the packages of that one's server.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INPAGE = HERE / "inpage"
PINS = HERE / "pins"


@dataclass(frozen=True)
class Library:
    """A library, as its module describes it."""

    name: str
    """The short name, which its files bear."""
    library: str
    """The name on PyPI."""
    requirements: tuple[str, ...]
    """The packages that micropip installs."""
    group: str
    """The group of libraries that it shares a page and pinned versions with."""
    expects: tuple[str, ...] = ()
    """Parts of console lines that come from the library itself, such as its deprecation warnings."""
    limit: float = 30.0
    """Seconds for one example."""
    bare: tuple[str, ...] = ()
    """Packages that micropip installs first, without their dependencies: some of those exist only in
    Pyodide's own distribution, and the library works without them."""
    mocked: tuple[tuple[str, ...], ...] = ()
    """Packages that are required but not used: name, version, a module of the package, and the module's
    source if it can't be empty."""
    checks: tuple[str, ...] = ()
    """Further tests: functions of its module in inpage/."""


@cache
def libraries() -> dict[str, Library]:
    """Return all libraries by their short names."""
    modules = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("_"))
    return {path.stem: _library(path) for path in modules}


def _library(path: Path) -> Library:
    constants = {name.lower(): value for name, value in _constants(path).items()}
    fields = {name: constants[name] for name in Library.__dataclass_fields__ if name in constants}
    try:
        return Library(name=path.stem, **fields)
    except TypeError as error:
        raise TypeError(f"{path.name} lacks a constant: {error}") from None


def _constants(path: Path) -> dict[str, Any]:
    """Return the literals that a module assigns to names in capitals."""
    found = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name in ("LIBRARY", "REQUIREMENTS", "GROUP", "EXPECTS", "LIMIT", "BARE", "MOCKED", "CHECKS"):
            found[name] = ast.literal_eval(value)
    return found


async def micropip(group: str) -> Any:
    """Return micropip, in a page, with the group's wheels as its only index."""
    import js
    import pyodide_js

    await pyodide_js.loadPackage("micropip")
    import micropip as loaded

    origin = getattr(js.harnessProbe, "origin", None) or js.location.origin
    loaded.set_index_urls([f"{origin}/simple/{group}"])
    return loaded
