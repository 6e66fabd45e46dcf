"""Which server the examples talk to: the one that serves this page, or that of `?server=wss://…`."""

from pyscript import fetch, window


async def find_server() -> str:
    """Return the URL to put a route's path behind."""
    chosen = window.URLSearchParams.new(window.location.search).get("server")
    if chosen:
        return chosen.rstrip("/")
    response = await fetch("../config.json")
    if not response.ok:
        raise RuntimeError("no WebSocket server serves this page; name one with ?server=wss://…")
    return (await response.json())["ws"]
