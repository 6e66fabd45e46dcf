"""HTTP headers, as :mod:`websockets.datastructures` has them; its own where it is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol

from ._adopt import adopt

__all__ = ["Headers", "HeadersLike", "MultipleValuesError"]


class MultipleValuesError(LookupError):
    """A header was asked for as one value, and has several."""

    def __str__(self) -> str:
        return repr(self.args[0]) if len(self.args) == 1 else super().__str__()


class Headers(MutableMapping[str, str]):
    """Names and values, in order. Names are found in any case, and can have several values.

    Setting a name adds a value, deleting it removes all of them, and getting it needs exactly one.
    """

    def __init__(self, *args: HeadersLike, **kwargs: str) -> None:
        self._items: list[tuple[str, str]] = []
        self.update(*args, **kwargs)

    def __getitem__(self, key: str) -> str:
        values = self.get_all(key)
        if not values:
            raise KeyError(key)
        if len(values) > 1:
            raise MultipleValuesError(key)
        return values[0]

    def __setitem__(self, key: str, value: str) -> None:
        self._items.append((key, value))

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._items = [item for item in self._items if item[0].lower() != key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and any(name.lower() == key.lower() for name, _ in self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self._items))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._items})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return {name: self.get_all(name) for name in self} == {n: other.get_all(n) for n in other}

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "".join(f"{name}: {value}\r\n" for name, value in self._items) + "\r\n"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def copy(self) -> Headers:
        """Return a copy."""
        return type(self)(self)

    def clear(self) -> None:
        """Remove all headers."""
        self._items = []

    def update(self, *args: Any, **kwargs: str) -> None:
        """Add headers from a mapping, pairs or keyword arguments."""
        super().update(
            *(each.raw_items() if isinstance(each, Headers) else each for each in args), **kwargs
        )

    def get_all(self, key: str) -> list[str]:
        """Return all values of a header; there may be none."""
        return [value for name, value in self._items if name.lower() == key.lower()]

    def raw_items(self) -> Iterator[tuple[str, str]]:
        """Iterate over names as they were given, and values."""
        return iter(self._items)


class _Keyed(Protocol):
    """Like a dict: has ``keys()`` and items."""

    def keys(self) -> Iterable[str]: ...

    def __getitem__(self, key: str, /) -> str: ...


HeadersLike = Headers | Mapping[str, str] | Iterable[tuple[str, str]] | _Keyed
"""What is accepted as headers."""


adopt(globals())
