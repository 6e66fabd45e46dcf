"""What every client counts."""

from dataclasses import dataclass
from typing import Any

type Message = str | bytes


@dataclass
class Tally:
    """Counts messages, and looks at the end of each, so that it has to be there."""

    messages: int = 0
    size: int = 0

    def add(self, message: Any) -> None:
        """Count a message, which is `str` or bytes-like."""
        self.messages += 1
        self.size += len(message)
        message[-1]
