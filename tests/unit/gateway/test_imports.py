"""A module can be changed when it is imported, and keeps nothing of that."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from websocketstream.gateway.imports import when_imported

NAME = "module_of_a_library"


class Change:
    """Counts what was changed and undone."""

    def __init__(self) -> None:
        self.changed: list[ModuleType] = []
        self.undone = 0

    def __call__(self, module: Any) -> Any:
        self.changed.append(module)
        module.value = "changed"

        def undo() -> None:
            self.undone += 1
            module.value = "original"

        return undo


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from, which has the library's module."""
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / f"{NAME}.py"
    path.write_text("value = 'original'\n")
    before = list(sys.meta_path)
    yield path
    sys.modules.pop(NAME, None)
    assert sys.meta_path == before


def load() -> Any:
    importlib.invalidate_caches()
    return importlib.import_module(NAME)


def test_module_that_is_imported_later(library: Path) -> None:
    """A module is changed when it is imported, once; then nobody looks any more."""
    change = Change()
    before = list(sys.meta_path)
    stop = when_imported(NAME, change)
    assert change.changed == []
    importlib.import_module("wave")
    module = load()
    assert change.changed == [module] and module.value == "changed"
    assert sys.meta_path == before
    assert load() is module
    stop()
    stop()
    assert (module.value, change.undone) == ("original", 1)


def test_module_that_was_imported_before(library: Path) -> None:
    """A module that was imported before is changed at once."""
    module = load()
    stop = when_imported(NAME, Change())
    assert module.value == "changed"
    stop()
    assert module.value == "original"


def test_module_that_is_never_imported(library: Path) -> None:
    """A module that was not imported is not changed afterwards."""
    change = Change()
    when_imported(NAME, change)()
    assert load().value == "original"
    assert change.changed == []


def test_module_keeps_its_loader(library: Path) -> None:
    """The module has the loader that it would have had, so it can be inspected and reloaded."""
    when_imported(NAME, Change())
    module = load()
    kind = type(importlib.import_module("wave").__loader__)
    assert type(module.__loader__) is type(module.__spec__.loader) is kind
    loader: Any = module.__spec__.loader
    assert loader.get_source(NAME) == "value = 'original'\n"
    assert importlib.reload(module).value == "original"


def test_module_that_is_not_there_yet(library: Path) -> None:
    """A module that is not found is changed when it is, after it was installed."""
    source = library.read_text()
    library.unlink()
    stop = when_imported(NAME, Change())
    with pytest.raises(ModuleNotFoundError):
        load()
    library.write_text(source)
    assert load().value == "changed"
    stop()


def test_module_that_can_not_be_loaded(library: Path) -> None:
    """A module that raises while it is loaded is changed when it is loaded again."""
    source = library.read_text()
    library.write_text("raise LookupError")
    stop = when_imported(NAME, Change())
    with pytest.raises(LookupError):
        load()
    library.write_text(source + "# a size that the cache does not know\n")
    assert load().value == "changed"
    stop()


def test_namespace_package(library: Path) -> None:
    """A folder without a module has no loader's work to wait for; it is imported as it is."""
    library.unlink()
    library.with_suffix("").mkdir()
    change = Change()
    stop = when_imported(NAME, change)
    load()
    stop()


def test_module_without_a_spec(library: Path) -> None:
    """A module whose spec was taken away is loaded all the same."""
    stop = when_imported(NAME, Change())
    spec = importlib.util.find_spec(NAME)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__spec__ = None
    spec.loader.exec_module(module)
    assert module.__dict__["value"] == "changed"
    stop()
