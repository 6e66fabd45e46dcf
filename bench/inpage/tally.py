"""What every client echoes and counts."""

from typing import Any

type Message = str | bytes

ECHO = "abcdefghijklmnopqrstuvwxyz012345"


class Tally:
    """Counts messages, and looks at the end of each, so that it has to be there."""

    def __init__(self) -> None:
        self.messages = 0
        self.size = 0

    def add(self, message: Any) -> None:
        """Count a message, which is `str` or bytes-like."""
        self.messages += 1
        self.size += len(message)
        message[-1]
