"""Scenarios: what the package promises, as plain async functions that run everywhere.

Each takes an :class:`~.env.Env` and uses the public API against the routes of the test server. The
same functions run on the pure core over a fake network, on CPython over the real ``websockets``
library, and in every browser. They are shipped into the page, so this folder imports the standard
library, ``websocketstream`` and itself only.
"""
