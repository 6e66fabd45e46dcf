"""Unit tests: the pure core, the servers and the tools, on plain CPython."""
