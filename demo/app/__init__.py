"""The demo page: everything on it but the loader. Uses the public API of ``websocketstream`` only."""
