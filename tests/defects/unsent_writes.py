"""A write that is dropped by a close reports success.

The page writes twice without waiting and closes. Both promises are fulfilled, and the server gets
one message: the Close frame has overtaken the second. The draft standard lets it be so, for a write
is done when there is room for it. But then its caller can't tell a message that was sent from one
that never will be.

    python tests/defects/unsent_writes.py
"""

from reproduction import Peer, main

SCRIPT = """
  const stream = new WebSocketStream(url);
  const { writable } = await stream.opened;
  const writer = writable.getWriter();
  const writes = ["first", "second"].map((message) => writer.write(message));
  stream.close();
  const fulfilled = (await Promise.allSettled(writes)).filter((w) => w.status === "fulfilled").length;
  await fetch("/tell"); // an earlier answer to the Close frame may crash the tab
  const { reason } = await stream.closed; // the server's count
  return {
    defect: fulfilled > Number(reason),
    details: `${fulfilled} writes fulfilled, ${reason} received by the server.`,
  };
"""


def talk(peer: Peer) -> None:
    """Answer the Close frame with the number of messages before it, once the writes are settled."""
    received = peer.receive_until_close()
    peer.told.wait()
    peer.send_close(1000, str(received))


if __name__ == "__main__":
    main(
        "A write to a WebSocketStream that was never sent is fulfilled",
        "As many writes fulfilled as messages received by the server.",
        SCRIPT,
        talk,
    )
