"""Clean-up in the page after libraries that use aiohttp."""

import gc

import aiohttp


def cancel_heartbeats() -> None:
    """Cancel the heartbeats that aiohttp goes on scheduling after a connection was closed.

    It does so on CPython too, if the last data comes while it is closing; the handle ends by itself.
    """
    for response in gc.get_objects():
        if isinstance(response, aiohttp.ClientWebSocketResponse) and response.closed:
            response._cancel_heartbeat()
