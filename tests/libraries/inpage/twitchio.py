"""Clean-up in the page after `twitchio`."""

from ._aiohttp import cancel_heartbeats


async def forget() -> None:
    """Cancel what aiohttp has scheduled for the connections that were closed."""
    cancel_heartbeats()
