"""Options and hooks for all tests; see tests/browser/plugin.py and tests/stress/plugin.py."""

pytest_plugins = ["tests.browser.plugin", "tests.stress.plugin"]
