"""Clean-up in the page after `pygls`."""

from pygls.protocol import LanguageServerProtocol


async def forget() -> None:
    """Empty the caches of pygls' methods, which keep its clients and their connections for ever."""
    for method in vars(LanguageServerProtocol).values():
        if hasattr(method, "cache_clear"):
            method.cache_clear()
