"""The server of the examples: the one that serves this page, or the one in `?server=wss://…`."""

from pyscript import fetch, window


async def find_server() -> str:
    """Return the server's URL, without a path."""
    chosen = window.URLSearchParams.new(window.location.search).get("server")
    if chosen:
        return chosen.rstrip("/")
    response = await fetch("../config.json")
    if not response.ok:
        raise RuntimeError("this page has no WebSocket server; add ?server=wss://… to its URL")
    return (await response.json())["ws"]
