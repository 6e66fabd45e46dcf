"""An array in which JavaScript gathers messages, so that no Python runs for each of them.

The array's ``push``, bound to it, is what the browser calls with each message. Python is called for some
of them by setters on the array's prototype: ``push`` assigns ``array[length]``, and an index that the
array does not have is looked up in its prototype. There a setter takes the place of the assignment. That
costs other pushes nothing, while a second listener that counts the messages costs a quarter of the rate
in WebKit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import js

from .proxies import Scope
from .values import js_object


class JsGathering:
    """An array that JavaScript fills by calling :attr:`js_push`, and that Python empties.

    Args:
        size_of: returns the size of the message in a value, in bytes or characters.
    """

    def __init__(self, scope: Scope, size_of: Callable[[Any], int]) -> None:
        self._scope = scope
        self._size_of = size_of
        self._js_array = js.Array.new()
        self._js_setters: Any = None
        self._first = 0
        self._js_clear = js.Reflect.set.bind(None, self._js_array, "length", 0)
        self.js_push: Any = self._js_array.push.bind(self._js_array)

    def call_with_first(self, number: int, callback: Callable[[Any], None]) -> None:
        """Have ``callback`` called with each of the next values instead of gathering it.

        After that number values are gathered, until :meth:`clear` makes the next ones the first again.
        """
        self._first = number
        self._set(range(number), self._scope.keep(callback))

    def call_at(self, limits: Mapping[int, int], callback: Callable[[], object]) -> None:
        """Have ``callback`` called whenever so many values wait, before JavaScript's next event.

        The value in ``limits`` is the size of the last message from which the number applies.
        """
        js_callback = self._scope.keep(callback)
        for number, size in limits.items():
            self._call_at(self._first + number - 1, size, js_callback)

    def _call_at(self, index: int, size: int, js_callback: Any) -> None:
        def store(js_value: Any) -> None:
            # Store the value as push() would have; an assignment would call this setter again.
            js_element = js_object(value=js_value, writable=True, enumerable=True, configurable=True)
            js.Object.defineProperty(self._js_array, index, js_element)
            if self._size_of(js_value) >= size:
                # A microtask, because push() has not set the array's length yet.
                js.queueMicrotask(js_callback)

        self._set([index], self._scope.keep(store))

    def _set(self, indices: Iterable[int], js_setter: Any) -> None:
        # A prototype of this array's own, between it and Array.prototype, so that no other array has the
        # setters.
        if self._js_setters is None:
            self._js_setters = js.Object.create(js.Array.prototype)
            js.Object.setPrototypeOf(self._js_array, self._js_setters)
        js_property = js_object(set=js_setter)
        js_properties = js_object(**{str(index): js_property for index in indices})
        js.Object.defineProperties(self._js_setters, js_properties)

    def __len__(self) -> int:
        return max(0, int(self._js_array.length) - self._first)

    def take(self) -> Any:
        """Remove and return the values that were gathered, as an array of JavaScript's."""
        return self._js_array.splice(self._first)

    def clear(self) -> None:
        """Drop the values that were gathered; the next ones are the first again."""
        self._js_array.length = 0

    def clear_soon(self) -> None:
        """Do so when the ``push`` that has called Python is over, and nothing was gathered yet."""
        js.queueMicrotask(self._js_clear)
