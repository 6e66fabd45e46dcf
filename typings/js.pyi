"""The global scope of the page or worker, as Python sees it: anything, until it is asked for."""

from typing import Any

def __getattr__(name: str) -> Any: ...
