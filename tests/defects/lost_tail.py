"""Messages that the page has not read yet are dropped when the server closes.

The server sends 50 messages and then a Close frame. The page reads all it is given, a little slower
than it comes. Most messages never arrive, while the stream ends and `closed` resolves with 1000, as
if everything had: the page has no way to notice.

    python tests/defects/lost_tail.py  # serves lost_tail.html
"""

from reproduction import Peer, serve

MESSAGES = 50


def talk(peer: Peer) -> None:
    """Send everything, close, and wait for the answer."""
    peer.send(*[bytes(10)] * MESSAGES)
    peer.send_close(1000)
    peer.receive_until_close()


if __name__ == "__main__":
    serve(__file__, talk)
