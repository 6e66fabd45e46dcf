"""A callback for the moment when a module is imported.

``install()`` changes nothing in libraries but the blocking client of ``websockets``, and does not import
that one for programs that don't use it. So a finder is put before the others: it has the module found
and loaded by those, and changed once that has worked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Changed = Callable[[ModuleType], Callable[[], None]]
"""Changes a module; returns the function that undoes it."""


def when_imported(name: str, change: Changed) -> Callable[[], None]:
    """Change a module, now or when it is imported; return the function that undoes it."""
    undo: list[Callable[[], None]] = []

    def loaded(module: ModuleType) -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        undo.append(change(module))

    def stop() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        while undo:
            undo.pop()()

    finder = _Finder(name, loaded)
    if name in sys.modules:
        loaded(sys.modules[name])
    else:
        sys.meta_path.insert(0, finder)
    return stop


class _Finder(MetaPathFinder):
    """Finds one module the way the others would, and says when it is loaded."""

    def __init__(self, name: str, loaded: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._loaded = loaded

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, self._loaded)
                return spec
        return None


class _Loader(Loader):
    """Loads a module with another loader, and says so."""

    def __init__(self, loader: Loader, loaded: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module is to keep nothing of the gateway.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._loaded(module)
