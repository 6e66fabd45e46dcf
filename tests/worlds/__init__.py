"""Worlds on CPython to run the scenarios in: a fake network, and the `websockets` library."""
