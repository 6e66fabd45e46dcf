"""The numbered messages of the server's routes. In a page, the server's own file stands here."""

from tests.server.payload import check, framed, message

__all__ = ["check", "framed", "message"]
