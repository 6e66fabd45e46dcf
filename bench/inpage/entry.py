"""Where the page's script calls Python. Imports nothing that a sample is to import first."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from js import performance

BUNDLE = Path(__file__).parents[1]


async def take(client: str, sample: str, options: str) -> Any:
    """Take one sample with one client; see samples.py."""
    from . import samples
    from .clients import CLIENTS
    from .floors import RUNGS

    return await getattr(samples, sample)((CLIENTS | RUNGS)[client], **json.loads(options))


async def first_message(client: str, url: str) -> Any:
    """Measure the time to the first message; see first.py."""
    from . import first

    return await first.measure(client, url)


def measure_import(module: str, folder: str) -> float:
    """How many milliseconds it takes to import a module for the first time.

    With a folder of the bundle, from there: it takes the place of Pyodide's folder for packages.
    """
    home = next(path for path in sys.path if path.endswith("/site-packages"))
    if folder:
        sys.path[sys.path.index(home)] = home = str(BUNDLE / folder)
    begun = performance.now()
    imported = importlib.import_module(module)
    taken = float(performance.now() - begun)
    if folder:
        assert str(imported.__file__).startswith(home), imported
    return taken
