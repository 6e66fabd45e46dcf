"""Options and hooks for all tests; see tests/browser/plugin.py."""

pytest_plugins = ["tests.browser.plugin"]
