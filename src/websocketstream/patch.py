"""``install()``: libraries that import ``websockets`` themselves use this package's clients.

The names of ``websockets``' clients are bound to ours, in its modules and in every module that has
imported them already; classes that were derived from them are derived from ours. ``uninstall()``
binds them back. Importing this module changes nothing.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Collection, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .errors import NotSupportedError
from .support import BackendName, in_browser

if TYPE_CHECKING:
    from ._replacements import Replacements
    from ._transport import Backend
    from .handshake import HeadersHook

__all__ = ["install", "uninstall"]

logger: logging.Logger = logging.getLogger("websocketstream")

_only_in_browsers = True  # the tests of this module change it

_bound: list[tuple[Any, Any]] = []
"""Pairs of an object of ``websockets`` and ours that stands in its place now."""

_made: list[str] = []
"""Names of modules that could not be imported, and that we have made instead."""


def install(
    *,
    backend: BackendName | Backend = "safe",
    headers_to: HeadersHook | None = None,
    ignore: Collection[str] = (),
) -> None:
    """Have every library that uses ``websockets`` as a client use this package.

    Call it once, before or after such libraries are imported. Calling it again does nothing, unless
    the arguments are to change: then call :func:`uninstall` first. What it does not reach are copies of
    the names that are no global variables: class attributes, default arguments, closures.

    Args:
        backend: the back end of connections that libraries make; see ``connect()``.
        headers_to: a function that moves the headers that libraries set to where a page may send
            them; see :mod:`websocketstream.handshake`.
        ignore: names of arguments that would be refused and are to be dropped instead, such as
            ``["ssl"]`` for a library that always passes an SSL context.

    Raises:
        NotSupportedError: this is not a browser, where ``websockets`` works by itself.
        ImportError: ``websockets`` is not installed, or was installed too late.
    """
    if _only_in_browsers and not in_browser():
        raise NotSupportedError(
            "install() is for browsers: here websockets works as it is, and is left alone"
        )
    if _bound:
        return
    if find_spec("websockets") is None:
        raise ImportError(
            'websockets is not installed: await micropip.install("websockets"), then call install()'
        )
    # Not before: what is imported here takes the exceptions of websockets if it is there by then.
    from ._adopt import adopted
    from ._replacements import replacements

    if not adopted():
        raise ImportError(
            "websockets was installed after websocketstream's client was imported, so the two have "
            "different exceptions: install websockets first, and reload the page"
        )
    table = replacements(backend=backend, headers_to=headers_to, ignore=ignore)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the legacy modules
        for name, ours in table.items():
            _replace(name, ours)
    logger.debug("websockets' clients are websocketstream's now")


def uninstall() -> None:
    """Undo :func:`install`. Connections that are open go on; calling it again does nothing."""
    for theirs, ours in reversed(_bound):
        _rebind(ours, theirs)
    _bound.clear()
    for name in _made:
        module = sys.modules.pop(name, None)
        parent, _, last = name.rpartition(".")
        if getattr(sys.modules.get(parent), last, None) is module:
            delattr(sys.modules[parent], last)
    _made.clear()


def _replace(name: str, ours: Replacements) -> None:
    """Put our objects in place of those of one module."""
    try:
        module = import_module(name)
    except ImportError:
        _make(name, ours)
        return
    for each, our in ours.items():
        their = getattr(module, each, None)
        if their is not None and their is not our:
            _rebind(their, our)
            _bound.append((their, our))


def _make(name: str, ours: Replacements) -> None:
    """Make a module that can't be imported, for want of ``ssl`` or sockets, of our objects alone."""
    parent, _, last = name.rpartition(".")
    try:
        package = import_module(parent)
    except ImportError:
        return
    module = ModuleType(name, f"{name}, as websocketstream has it")
    vars(module).update(ours, __all__=sorted(ours))
    sys.modules[name] = module
    setattr(package, last, module)
    _made.append(name)


def _rebind(old: Any, new: Any) -> None:
    """Bind every global variable that is ``old`` to ``new``, and derive subclasses from it."""
    for module in _modules():
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)
    subclasses: list[type] = type.__subclasses__(old) if isinstance(old, type) else []
    for subclass in subclasses:
        if subclass.__module__.startswith("websocketstream."):
            continue
        try:
            subclass.__bases__ = tuple(new if base is old else base for base in subclass.__bases__)
        except TypeError as error:
            logger.warning("%s can't be derived from websocketstream's client: %s", subclass, error)


def _modules() -> Iterator[ModuleType]:
    """All modules but our own."""
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and not name.startswith("websocketstream."):
            yield module
