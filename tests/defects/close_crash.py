"""Closing while writes are queued crashes the tab.

The page writes twice without waiting and closes; the server reads everything and answers the Close
frame at once. `close()` puts the Close frame behind the first message, but the stream goes on and
hands the second to the closing connection, where it stays pending. When the connection has ended,
rejecting it crashes the renderer.

    python tests/defects/close_crash.py
"""

from reproduction import Peer, main

SCRIPT = """
  const stream = new WebSocketStream(url);
  const { writable } = await stream.opened;
  const writer = writable.getWriter();
  const outcomes = [1, 2].map(() => writer.write(new Uint8Array(8 << 20)));
  stream.close();
  const settled = await Promise.allSettled([...outcomes, stream.closed]);
  const statuses = settled.map(({ status }) => status);
  return { defect: false, details: `Two writes and the close: ${statuses}.` };
"""


def talk(peer: Peer) -> None:
    """Read everything and answer the Close frame."""
    peer.receive_until_close()
    peer.send_close(1000)


if __name__ == "__main__":
    main(
        "close() of a WebSocketStream with queued writes crashes the tab",
        "The writes and the close settle, somehow.",
        SCRIPT,
        talk,
    )
