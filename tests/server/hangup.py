"""Notice that a client has gone away while nothing is read from it."""

import asyncio
import select
import socket
from collections.abc import Callable


def when_gone(sock: socket.socket, callback: Callable[[], object]) -> Callable[[], None]:
    """Call back when the other end of a socket has hung up; return what ends the watch.

    On Linux only: elsewhere nothing tells without reading.
    """
    if not hasattr(select, "epoll"):
        return lambda: None
    loop = asyncio.get_running_loop()
    poller = select.epoll()
    poller.register(sock.fileno(), select.EPOLLRDHUP)
    loop.add_reader(poller.fileno(), callback)

    def forget() -> None:
        if not poller.closed:
            loop.remove_reader(poller.fileno())
            poller.close()

    return forget
