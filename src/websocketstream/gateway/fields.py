"""Header fields of HTTP: their grammar, and a collection of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import overload

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A name of a field, a method."""

FIELD_VALUE = re.compile(r"[\t -~\x80-\xff]*")
"""A value of a field, of which each character stands for a byte."""


class Headers:
    """Header fields in order, with names whose case does not matter and that may come more than once."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get[T](self, name: str, default: T) -> str | T: ...

    def get(self, name: str, default: object = None) -> object:
        """Return the first value of ``name``."""
        values = self.get_all(name)
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return all values of ``name``."""
        name = name.lower()
        return [value for each, value in self._items if each.lower() == name]

    @overload
    def pop(self, name: str) -> str | None: ...

    @overload
    def pop[T](self, name: str, default: T) -> str | T: ...

    def pop(self, name: str, default: object = None) -> object:
        """Remove all fields of ``name`` and return the first value."""
        value = self.get(name)
        if value is None:
            return default
        del self[name]
        return value

    def add(self, name: str, value: str) -> None:
        """Add a field behind the others."""
        self._items.append((name, value))

    def items(self) -> list[tuple[str, str]]:
        """Return all fields in order."""
        return list(self._items)

    def tokens(self, name: str) -> list[str]:
        """Return the elements of the comma-separated lists in all fields of ``name``."""
        parts = ",".join(self.get_all(name)).split(",")
        return [part.strip() for part in parts if part.strip()]

    def __contains__(self, name: str) -> bool:
        return bool(self.get_all(name))

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        name = name.lower()
        self._items = [item for item in self._items if item[0].lower() != name]

    def __setitem__(self, name: str, value: str) -> None:
        self.pop(name)
        self.add(name, value)

    def __iter__(self) -> Iterator[str]:
        names: dict[str, str] = {}
        for name, _ in self._items:
            names.setdefault(name.lower(), name)
        return iter(names.values())

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"<Headers {', '.join(self)}>"
