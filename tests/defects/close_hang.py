"""A close hangs for a minute while received messages are unread.

The server has sent 500 KB that the page does not read. It answers the page's Close frame at once,
but `closed` settles only when the browser gives up on the answer after 60 seconds, and then as an
error with code 1006. The answer waits behind data that nobody is going to read.

    python tests/defects/close_hang.py  # serves close_hang.html
"""

from reproduction import Peer, serve


def talk(peer: Peer) -> None:
    """Send more than a browser keeps for a page, and answer the Close frame."""
    peer.send(*[bytes(1000)] * 500)
    peer.receive_until_close()
    peer.send_close(1000)


if __name__ == "__main__":
    serve(__file__, talk)
