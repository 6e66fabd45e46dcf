"""A write that is dropped by a close reports success.

The page writes twice without waiting and closes. Both promises are fulfilled, and the server gets
one message: the Close frame has overtaken the second. The draft standard lets it be so, for a write
is done when there is room for it. But then its caller can't tell a message that was sent from one
that never will be.

    python tests/defects/unsent_writes.py  # serves unsent_writes.html
"""

from reproduction import Peer, serve


def talk(peer: Peer) -> None:
    """Answer the Close frame with the number of messages before it, once the writes are settled."""
    received = peer.receive_until_close()
    peer.told.wait()
    peer.send_close(1000, str(received))


if __name__ == "__main__":
    serve(__file__, talk)
