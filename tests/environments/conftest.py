"""Fixtures of the tests in further environments."""

from tests.browser.conftest import servers, web_server_main, ws_server

__all__ = ["servers", "web_server_main", "ws_server"]
