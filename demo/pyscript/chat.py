"""A chat: each line goes to the server, and from there to everyone in the room.

When the connection is lost it is made again, and what was written meanwhile is sent then.
"""

import asyncio
import json
import random
import time
from contextlib import suppress

from pyscript import web, when, window
from server import find_server

from websocketstream import DOMException, WebSocketError, WebSocketStream, WritableStreamDefaultWriter

ROOM = window.URLSearchParams.new(window.location.search).get("room") or "lobby"
ME = random.randbytes(8).hex()
ADJECTIVES = ("Quiet", "Bright", "Early", "Northern", "Nimble", "Golden", "Patient", "Wandering")
ANIMALS = ("Otter", "Heron", "Lynx", "Badger", "Swallow", "Marten", "Hare", "Kestrel")

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
"""Seconds to wait before connecting again: twice as long each time, unless a connection has lasted."""

page = web.page
outbox: asyncio.Queue[str] = asyncio.Queue()


def show_state(state: str, label: str, outcome: str) -> None:
    """Say how the connection is doing."""
    page["state"].setAttribute("data-state", state)
    page["state"].textContent = label
    page["outcome"].textContent = outcome


def show(line: dict[str, str]) -> None:
    """Add a line to the conversation, and keep its end in view."""
    # Strings as children would be taken for HTML.
    entry = web.li(
        web.b(textContent=line["name"]),
        web.span(textContent=line["text"]),
        classes=["mine"] if line["from"] == ME else [],
    )
    page["lines"].append(entry)
    box = page["lines-box"]
    box.scrollTop = box.scrollHeight


@when("submit", "#form")
def submit(event) -> None:
    """Put the line into the outbox. It waits there while there is no connection."""
    event.preventDefault()
    text = page["text"].value.strip()
    if text:
        name = page["name"].value.strip() or "Somebody"
        outbox.put_nowait(json.dumps({"from": ME, "name": name, "text": text}))
        page["text"].value = ""


async def send(writer: WritableStreamDefaultWriter) -> None:
    """Send what is in the outbox, and what is added to it, until the connection ends."""
    while True:
        line = await outbox.get()
        try:
            await writer.write(line)
        except DOMException:
            # Keep it for the next connection.
            outbox.put_nowait(line)
            return


async def talk(url: str) -> None:
    """Connect, and show what everyone says until the connection ends."""
    async with WebSocketStream(url) as opened:
        show_state("open", "Connected", "What you write is seen by everyone here.")
        page["send"].disabled = False
        sending = asyncio.create_task(send(opened.writable.get_writer()))
        try:
            async for message in opened.readable:
                show(json.loads(message))
        finally:
            sending.cancel()


async def main() -> None:
    url = f"{await find_server()}/chat?room={window.encodeURIComponent(ROOM)}"
    delay = FIRST_DELAY
    while True:
        begun = time.monotonic()
        with suppress(WebSocketError):
            await talk(url)
        show_state("connecting", "Connecting", "The connection was lost, and is made again.")
        if time.monotonic() - begun > LONGEST_DELAY:
            delay = FIRST_DELAY
        # At random, so that not all tabs come back in the same moment.
        await asyncio.sleep(delay * random.uniform(0.5, 1))
        delay = min(2 * delay, LONGEST_DELAY)


page["room"].textContent = ROOM
page["second"].href = window.location.href
page["name"].value = f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}"
page["progress"].hidden = True
show_state("connecting", "Connecting", "Python is running.")
await main()  # noqa: F704
