"""Options and hooks for all tests; see tests/browser/plugin.py and tests/stress/plugin.py."""

import gc

pytest_plugins = ["tests.browser.plugin", "tests.stress.plugin"]


def pytest_collection_finish() -> None:
    """Leave thousands of tests and their modules out of the collections of garbage that tests ask for."""
    gc.collect()
    gc.freeze()
