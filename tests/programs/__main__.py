"""``python -m tests.programs PROGRAM SERVER`` runs one of the programs."""

import asyncio
import importlib
import sys

program, server = sys.argv[1:]
asyncio.run(importlib.import_module(f"{__package__}.{program}").main(server))
