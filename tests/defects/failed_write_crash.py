"""A write that is pending when the connection fails crashes the tab.

The page writes a large message; the server resets the connection when the first byte of it has
come. The browser rejects the pending write with an error value that it has not set yet, and the
renderer crashes. Small messages do so too, when one is written after the browser's network process
has lost the connection and before the page was told.

    python tests/defects/failed_write_crash.py
"""

from reproduction import Peer, main

SCRIPT = """
  const stream = new WebSocketStream(url);
  const { writable } = await stream.opened;
  const writer = writable.getWriter();
  const settled = await Promise.allSettled([writer.write(new Uint8Array(16 << 20)), stream.closed]);
  const statuses = settled.map(({ status }) => status);
  return { defect: false, details: `Write and closed: ${statuses}.` };
"""


def talk(peer: Peer) -> None:
    """Lose the connection in the middle of a message."""
    peer.wait_for_data()
    peer.reset()


if __name__ == "__main__":
    main(
        "A write to a WebSocketStream that is pending when the connection fails crashes the tab",
        "The write and closed are rejected.",
        SCRIPT,
        talk,
    )
