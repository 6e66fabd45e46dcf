"""A write that is pending when the connection fails crashes the tab.

The page writes a large message; the server resets the connection when the first byte of it has
come. The browser rejects the pending write with an error value that it has not set yet, and the
renderer crashes. Small messages do so too, when one is written after the browser's network process
has lost the connection and before the page was told.

    python tests/defects/failed_write_crash.py  # serves failed_write_crash.html
"""

from reproduction import Peer, serve


def talk(peer: Peer) -> None:
    """Lose the connection in the middle of a message."""
    peer.wait_for_data()
    peer.reset()


if __name__ == "__main__":
    serve(__file__, talk)
