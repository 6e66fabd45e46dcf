"""A chat: each line goes to the server, and the server sends it to everyone in the room.

If the connection is lost, `reconnect()` makes another. Lines that were written in between are sent then.
"""

import asyncio
import json
import random
from contextlib import suppress

from pyscript import web, when, window
from server import find_server

from websocketstream import DOMException, WebSocketError, WebSocketStream, exponential_backoff, reconnect

ROOM = window.URLSearchParams.new(window.location.search).get("room") or "lobby"
ME = random.randbytes(8).hex()
ADJECTIVES = ("Quiet", "Bright", "Early", "Northern", "Nimble", "Golden", "Patient", "Wandering")
ANIMALS = ("Otter", "Heron", "Lynx", "Badger", "Swallow", "Marten", "Hare", "Kestrel")

page = web.page
outbox: asyncio.Queue[str] = asyncio.Queue()


def show_state(state: str, label: str, outcome: str) -> None:
    """Show the state of the connection."""
    page["state"].setAttribute("data-state", state)
    page["state"].textContent = label
    page["outcome"].textContent = outcome


def show(line: dict[str, str]) -> None:
    """Add a line to the conversation, and scroll to the end."""
    # textContent, because PyScript treats strings among the children as HTML.
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
    """Put the line into the outbox, where it waits for a connection."""
    event.preventDefault()
    text = page["text"].value.strip()
    if text:
        name = page["name"].value.strip() or "Somebody"
        outbox.put_nowait(json.dumps({"from": ME, "name": name, "text": text}))
        page["text"].value = ""


async def send_lines(ws: WebSocketStream) -> None:
    """Send the lines in the outbox until the connection ends."""
    while True:
        line = await outbox.get()
        try:
            await ws.send(line)
        except DOMException:
            # Keep it for the next connection.
            outbox.put_nowait(line)
            return


async def talk(ws: WebSocketStream) -> None:
    """Show what everyone says until the connection ends."""
    sending = asyncio.create_task(send_lines(ws))
    try:
        async for message in ws:
            show(json.loads(message))
    finally:
        sending.cancel()


def delays():
    """Return the seconds to wait before each attempt to connect again."""
    return exponential_backoff(initial=1, minimum=1, maximum=30)


async def main() -> None:
    url = f"{await find_server()}/chat?room={window.encodeURIComponent(ROOM)}"
    async for ws in reconnect(url, backoff=delays):
        show_state("open", "Connected", "Everyone here sees what you write.")
        page["send"].disabled = False
        with suppress(WebSocketError):
            await talk(ws)
        show_state("connecting", "Connecting", "The connection was lost. Connecting again.")


page["room"].textContent = ROOM
page["second"].href = window.location.href
page["name"].value = f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}"
page["progress"].hidden = True
show_state("connecting", "Connecting", "Python is running.")
await main()  # noqa: F704
