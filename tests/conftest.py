"""Options and hooks for all tests; see tests/browser/plugin.py and tests/stress/plugin.py."""

import gc

pytest_plugins = ["tests.browser.plugin", "tests.stress.plugin"]


def pytest_collection_finish() -> None:
    """Leave thousands of tests out of the garbage collections that some of them ask for."""
    gc.collect()
    gc.freeze()
