"""Behaviours of the `websockets` library's asyncio client, as plain async functions.

Each takes an :class:`~.env.Env`, which says whose client to use: that of ``websockets``, which proves
that the expectation is right, or ours. They are shipped into pages, so this folder imports the
standard library, the client under test and itself only.
"""
