"""Messages that the page has not read yet are dropped when the server closes.

The server sends 50 messages and then a Close frame. The page reads all it is given, a little slower
than it comes. Most messages never arrive, while the stream ends and `closed` resolves with 1000, as
if everything had: the page has no way to notice.

    python tests/defects/lost_tail.py
"""

from reproduction import Peer, main

MESSAGES = 50

SCRIPT = """
  const stream = new WebSocketStream(url);
  const { readable } = await stream.opened;
  let received = 0;
  for await (const message of readable) {
    received += 1;
    await new Promise((resolve) => setTimeout(resolve, 5)); // some work
  }
  const { closeCode } = await stream.closed;
  return { defect: received < 50, details: `${received} of 50 messages, then close code ${closeCode}.` };
"""


def talk(peer: Peer) -> None:
    """Send everything, close, and wait for the answer."""
    peer.send(*[bytes(10)] * MESSAGES)
    peer.send_close(1000)
    peer.receive_until_close()


if __name__ == "__main__":
    main(
        "Unread messages are dropped when the server closes a WebSocketStream",
        "50 of 50 messages, then close code 1000.",
        SCRIPT,
        talk,
    )
