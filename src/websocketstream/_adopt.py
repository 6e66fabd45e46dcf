"""Taking over what the ``websockets`` package has, where it is installed.

Code that was written for it catches its exceptions and compares with its enums; those must be the
very same objects. Where it is not installed, the modules that call this keep their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def adopt(namespace: dict[str, Any]) -> None:
    """Put the objects of ``websockets``' module of the same name in place of the module's own.

    Args:
        namespace: the ``globals()`` of a module; the names in its ``__all__`` are looked for.
    """
    name = namespace["__name__"].removeprefix("websocketstream.")
    try:
        theirs = import_module(f"websockets.{name}")
    except ImportError:
        return
    for each in namespace["__all__"]:
        if hasattr(theirs, each):
            namespace[each] = getattr(theirs, each)


def adopted() -> bool:
    """Whether the modules of this package have taken over what ``websockets`` has."""
    from . import exceptions

    return exceptions.WebSocketException.__module__.startswith("websockets.")
