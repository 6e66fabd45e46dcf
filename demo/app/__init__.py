"""The demo page, except for its loader. It uses only the public API of ``websocketstream``."""
