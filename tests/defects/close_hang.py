"""A close hangs for a minute while received messages are unread.

The server has sent 500 KB that the page does not read. It answers the page's Close frame at once,
but `closed` settles only when the browser gives up on the answer after 60 seconds, and then as an
error with code 1006. The answer waits behind data that nobody is going to read.

    python tests/defects/close_hang.py
"""

from reproduction import Peer, main

SCRIPT = """
  const stream = new WebSocketStream(url);
  const { readable } = await stream.opened;
  const reader = readable.getReader();
  await reader.read(); // the server has begun
  stream.close();
  const begun = performance.now();
  const outcome = await Promise.race([
    stream.closed.then(({ closeCode }) => `code ${closeCode}`, (error) => `error ${error.closeCode}`),
    new Promise((resolve) => setTimeout(resolve, 5000, "pending")),
  ]);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return { defect: outcome === "pending", details: `After ${seconds} s, closed: ${outcome}.` };
"""


def talk(peer: Peer) -> None:
    """Send more than a browser keeps for a page, and answer the Close frame."""
    peer.send(*[bytes(1000)] * 500)
    peer.receive_until_close()
    peer.send_close(1000)


if __name__ == "__main__":
    main(
        "close() of a WebSocketStream hangs while messages are unread",
        "closed settles within moments of the server's answer.",
        SCRIPT,
        talk,
    )
