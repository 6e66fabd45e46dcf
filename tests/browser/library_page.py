"""A page with third-party libraries, where the examples of docs/libraries/ run as they stand.

A library is installed from the index of webserver.py when its first example is about to run. Its module
in tests/libraries/inpage/, if it has one, is imported before its examples, and may have:

- `forget()`, which is called after each example and clears what the library itself would keep;
- the functions that its CHECKS name, further tests.
"""

import ast
import importlib
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import examples  # type: ignore[import-not-found]
import libraries  # type: ignore[import-not-found]

import websocketstream


@dataclass(frozen=True)
class Scenario:
    """A scenario, as the harness runs it."""

    name: str
    doc: str
    run: Callable[[Any], Awaitable[None]]
    timeout: float = 30
    expects: tuple[str, ...] = ()


_scenarios: dict[str, Scenario] = {}


def all_scenarios() -> dict[str, Scenario]:
    """Return the examples and the checks of the libraries that are installed."""
    return _scenarios


async def prepare(part: str) -> None:
    """Install a library, and import the modules that its examples import."""
    library = libraries.libraries()[part]
    micropip = await libraries.micropip(library.group)
    for name, version, module, *source in library.mocked:
        micropip.add_mock_package(name, version, modules={module: "".join(source)})
    await micropip.install(list(library.bare), deps=False)
    await micropip.install(list(library.requirements))
    found = examples.library_examples(part)
    websocketstream.install()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for example in found.values():
            _import_what(example.code)
        inpage = _inpage(part)
    websocketstream.uninstall()
    for name, example in found.items():
        _scenarios[name] = Scenario(
            name, example.doc, _cleaned(example.run, inpage), expects=library.expects
        )
    for check in library.checks:
        name, run = f"{part}-{check}", _installed(getattr(inpage, check))
        _scenarios[name] = Scenario(
            name, run.__doc__ or "", _cleaned(run, inpage), expects=library.expects
        )


def _import_what(code: str) -> None:
    """Run the imports of an example."""
    tree = ast.parse(code)
    imports: list[ast.stmt] = [
        node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    exec(compile(ast.Module(imports, []), "<imports>", "exec"), {"__name__": "__main__"})


def _inpage(part: str) -> ModuleType | None:
    name = f"libraries.inpage.{part}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _installed(check: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Return a check that calls install() first."""

    async def run(env: Any) -> None:
        websocketstream.install()
        await check(env)

    run.__doc__ = check.__doc__
    return run


def _cleaned(
    scenario: Callable[[Any], Awaitable[None]], inpage: ModuleType | None
) -> Callable[[Any], Awaitable[None]]:
    """Return a scenario that calls uninstall() at its end, and clears what the library keeps."""

    async def run(env: Any) -> None:
        try:
            await scenario(env)
        finally:
            websocketstream.uninstall()
            if inpage is not None and hasattr(inpage, "forget"):
                await inpage.forget()

    return run
