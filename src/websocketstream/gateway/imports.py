"""A change to a module that is applied when a program imports it.

The only library module that ``install()`` changes is the blocking client of ``websockets``. Programs
that don't use it should not have to import it. So a finder is put in front of ``sys.meta_path``: it
lets the other finders find and load the module, and has it changed after that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Changed = Callable[[ModuleType], Callable[[], None]]
"""A function that changes a module and returns a function that undoes it."""


def when_imported(name: str, change: Changed) -> Callable[[], None]:
    """Change a module at once, or when it is imported; return a function that undoes it."""
    undo: list[Callable[[], None]] = []
    finder = _Finder(name, lambda module: undo.append(change(module)))
    if name in sys.modules:
        undo.append(change(sys.modules[name]))
    else:
        sys.meta_path.insert(0, finder)

    def stop() -> None:
        finder.remove()
        while undo:
            undo.pop()()

    return stop


class _Finder(MetaPathFinder):
    """A finder for one module, which asks the other finders and calls back when it is loaded."""

    def __init__(self, name: str, loaded: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._loaded = loaded

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        found = (each.find_spec(fullname, path, target) for each in sys.meta_path if each is not self)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            self._watch(spec.loader)
        return spec

    def _watch(self, loader: Any) -> None:
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # the loader stays with the module, as if nothing had happened
            loader.exec_module(module)
            self.remove()
            self._loaded(module)

        loader.exec_module = exec_module

    def remove(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
