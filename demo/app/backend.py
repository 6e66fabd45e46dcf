"""The facts about this browser, and the switch between the back ends."""

import platform
from collections.abc import Callable
from typing import Any

from websocketstream import Support, support

from . import words
from .dom import Segments, element, make, set_text


class BackendSwitch:
    """The switch at the top of the page, and the facts below the introduction."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self.support = support()
        self._on_change = on_change
        self._segments = Segments("backend", lambda value: self._changed())
        if not self.support.native:
            self._segments.forbid("native")
        if not self.support.websocket:
            self._segments.forbid("polyfill")
        self._show_facts(self.support)
        self._show_choice()
        note = "The switch at the top applies to new connections."
        if not self.support.native:
            note = "“native” is disabled, because this browser does not have its own WebSocketStream."
        set_text(element("backend-note"), note)
        element("backend").disabled = False

    @property
    def value(self) -> Any:
        """The choice: ``"auto"``, ``"native"`` or ``"polyfill"``."""
        return self._segments.value

    @property
    def chosen(self) -> str | None:
        """The back end that new connections get."""
        return self.support.auto if self.value == "auto" else self.value

    @property
    def available(self) -> list[str]:
        """The back ends that this browser has."""
        have = {"native": self.support.native, "polyfill": self.support.websocket}
        return [name for name, there in have.items() if there]

    def _changed(self) -> None:
        self._show_choice()
        self._on_change()

    def _show_facts(self, have: Support) -> None:
        _fact(
            "browser",
            words.browser(have.runtime),
            "in a worker" if have.worker else "on the main thread",
        )
        if have.native:
            known = words.count(len(have.native_defects), "known defect")
            _fact("native", "built in", f"with {known}", True)
        else:
            _fact("native", "not built in", "polyfilled", False)
        _fact("jspi", "yes" if have.jspi else "no", "for blocking clients", have.jspi)
        _fact("runtime", f"Pyodide {have.pyodide}", f"Python {platform.python_version()}")

    def _show_choice(self) -> None:
        chosen = self.chosen
        native = chosen == "native"
        how = "chosen by auto" if self.value == "auto" else "forced by the switch"
        _fact("backend", chosen or "none", how if chosen else "no WebSocket available")
        _fact(
            "backpressure",
            "yes" if native else "no",
            "a slow reader slows the server down" if native else "not with the polyfill",
            native,
        )
        set_text(element("code-backend"), f'"{self.value}"')


def _fact(name: str, value: str, more: str = "", good: bool | None = None) -> None:
    target = element(f"fact-{name}")
    target.replaceChildren(value, make("small", more))
    target.className = "" if good is None else "yes" if good else "no"
