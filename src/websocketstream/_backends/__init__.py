"""The back ends: implementations of the protocols in :mod:`websocketstream._core.transport`."""
