"""Where the page's script calls Python. Imports nothing that a sample is to import first."""

import importlib
import json
from typing import Any

from js import performance


async def take(client: str, sample: str, options: str) -> Any:
    """Take one sample with one client; see samples.py."""
    from . import samples
    from .clients import CLIENTS

    return await getattr(samples, sample)(CLIENTS[client], **json.loads(options))


def measure_import(module: str) -> float:
    """How many milliseconds it takes to import a module for the first time."""
    begun = performance.now()
    importlib.import_module(module)
    return float(performance.now() - begun)
