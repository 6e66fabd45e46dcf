"""Closing while writes are queued crashes the tab.

The page writes twice without waiting and closes; the server reads everything and answers the Close
frame at once. `close()` puts the Close frame behind the first message, but the stream goes on and
hands the second to the closing connection, where it stays pending. When the connection has ended,
rejecting it crashes the renderer.

    python tests/defects/close_crash.py  # serves close_crash.html
"""

from reproduction import Peer, serve


def talk(peer: Peer) -> None:
    """Read everything and answer the Close frame."""
    peer.receive_until_close()
    peer.send_close(1000)


if __name__ == "__main__":
    serve(__file__, talk)
