"""Back ends: each implements the protocols of :mod:`websocketstream._core.transport` by other means."""
