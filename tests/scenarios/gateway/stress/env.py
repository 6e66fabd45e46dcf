"""What a stress test with the libraries sees of the page."""

from __future__ import annotations

from typing import Any

from ..env import GatewayEnv


class GatewayStressEnv(GatewayEnv):
    """A page, with options from the test and figures for its report."""

    def __init__(self, *, options: dict[str, Any], **where: str) -> None:
        super().__init__(**where | {"backend": options.get("backend", where["backend"])})
        self.asked = options
        """The options of the test."""
        self.figures: dict[str, Any] = {}
        self.expects: tuple[str, ...] = ()
        """Warnings and console lines that belong to what was asked for."""
