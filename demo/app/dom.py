"""The page's elements and events, and the page's tasks.

Only this module creates proxies of Python functions. A listener is kept until the function that `on`
returned is called. Besides this module, only `plots` creates JavaScript objects.
"""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import js
from pyodide.ffi import create_proxy, to_js

_tasks: set[asyncio.Task[Any]] = set()


def element(id: str) -> Any:
    """Return the element with that id; raise LookupError if there is none."""
    found = js.document.getElementById(id)
    if found is None:
        raise LookupError(f"the page has no element #{id}")
    return found


def make(tag: str, *children: Any, **attributes: str) -> Any:
    """Return a new element; strings among the children become text."""
    made = js.document.createElement(tag)
    for name, value in attributes.items():
        made.setAttribute(name.rstrip("_").replace("_", "-"), value)
    made.append(*children)
    return made


def set_text(target: Any, text: str) -> None:
    """Set an element's text, if it is different: screen readers read each change aloud."""
    if target.textContent != text:
        target.textContent = text


def js_value(value: Any) -> Any:
    """Return lists and dicts as JavaScript arrays and objects."""
    return to_js(value, dict_converter=js.Object.fromEntries)


def on(target: Any, kind: str, handler: Callable[[Any], object]) -> Callable[[], None]:
    """Call `handler` with each event. Return a function that removes the listener."""
    listener = _keep(handler)
    target.addEventListener(kind, listener)

    def off() -> None:
        target.removeEventListener(kind, listener)
        listener.destroy()

    return off


def on_resize(target: Any, handler: Callable[[], object]) -> None:
    """Call `handler` whenever the element's size has changed."""
    loop = asyncio.get_event_loop()
    js.ResizeObserver.new(_keep(lambda *_: loop.call_soon(handler))).observe(target)


def _keep(function: Callable[..., object]) -> Any:
    """Return a proxy of a function. It returns nothing, because results would become proxies too."""

    def call(*args: Any) -> None:
        function(*args)

    return create_proxy(call)


def spawn(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Run a coroutine as a task. If it fails, the page shows the error."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        show_problem(error)


def show_problem(error: BaseException) -> None:
    """Show an unexpected error with its traceback."""
    text = "".join(traceback.format_exception(error))
    problem = element("problem")
    problem.replaceChildren(make("strong", "Something went wrong on this page."), make("pre", text))
    problem.hidden = False
    print(text)


class Segments:
    """A group of radio buttons that looks like one switch."""

    def __init__(self, id: str, on_change: Callable[[str], object] = lambda value: None) -> None:
        self._group = element(id)
        self._on_change = on_change
        on(self._group, "change", lambda event: on_change(event.target.value))

    @property
    def value(self) -> str:
        return str(self._group.querySelector("input:checked").value)

    def forbid(self, value: str) -> None:
        """Disable one choice."""
        self._group.querySelector(f"input[value='{value}']").disabled = True
