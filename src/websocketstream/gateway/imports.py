"""A callback for the moment when a module is imported.

``install()`` changes nothing in libraries but the blocking client of ``websockets``, and does not import
that one for programs that don't use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

Changed = Callable[[ModuleType], Callable[[], None]]
"""Changes a module; returns the function that undoes it."""


def when_imported(name: str, change: Changed) -> Callable[[], None]:
    """Change a module, now or when it is imported; return the function that undoes it."""
    undo: list[Callable[[], None]] = []

    def changed(module: ModuleType) -> None:
        undo.append(change(module))

    finder = _Finder(name, changed)
    if name in sys.modules:
        changed(sys.modules[name])
    else:
        sys.meta_path.insert(0, finder)

    def stop() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        for each in undo:
            each()

    return stop


class _Finder(MetaPathFinder):
    """Finds one module the way the others would, and has it changed once it is loaded."""

    def __init__(self, name: str, changed: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._changed = changed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._changed)
        return spec


class _Loader(Loader):
    """Loads a module with another loader, then has it changed."""

    def __init__(self, loader: Loader, changed: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._changed = changed

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._changed(module)
