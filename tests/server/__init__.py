"""One WebSocket server for all tests and the demo: a path for each behaviour, good or bad.

``async with serve() as server`` or ``with serve_in_thread() as server`` gives ``server.url``;
``python -m tests.server`` runs it for a browser; `ROUTES` is the table of what it can do.
"""

from .app import Server, ThreadedServer, serve, serve_in_thread
from .table import ROUTES, Query, Route, Socket, find

__all__ = [
    "ROUTES",
    "Query",
    "Route",
    "Server",
    "Socket",
    "ThreadedServer",
    "find",
    "serve",
    "serve_in_thread",
]
