"""Third-party libraries that run in a page, unmodified: what each needs, and its server.

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
    """What its module says about a library."""

    name: str
    """The short name, which its files bear."""
    library: str
    """The name on PyPI."""
    requirements: tuple[str, ...]
    """What micropip installs."""
    group: str
    """The page that it shares with others, and their pins."""
    expects: tuple[str, ...] = ()
    """Parts of lines in the console that are the library's own, such as its deprecation warnings."""
    limit: float = 30.0
    """Seconds for one example."""
    bare: tuple[str, ...] = ()
    """Packages that micropip installs first, without what they need: some of that exists for Pyodide in
    its own distribution only, and the library does without."""
    mocked: tuple[tuple[str, ...], ...] = ()
    """Packages that are required and never used there: name, version, a module of it, and the module's
    source if it can't be empty."""
    checks: tuple[str, ...] = ()
    """Further tests: functions of its module in inpage/."""


@cache
def libraries() -> dict[str, Library]:
    """All libraries by their short names."""
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
    """Return micropip, in a page, with the group's wheels as the only ones that there are."""
    import js
    import pyodide_js

    await pyodide_js.loadPackage("micropip")
    import micropip as loaded

    loaded.set_index_urls([f"{js.location.origin}/simple/{group}"])
    return loaded
