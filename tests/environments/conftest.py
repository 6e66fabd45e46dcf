"""Fixtures of the tests in further environments."""

from tests.browser.conftest import web_server_main, ws_server

__all__ = ["web_server_main", "ws_server"]
