"""A chat: each line goes to the server, and from there to everyone in the room.

`connect` has the API of the websockets library: iterated over, it connects again when it has to.
"""

import asyncio
import json
import random

from pyscript import web, when, window
from server import find_server

from websocketstream.asyncio.client import ClientConnection, connect
from websocketstream.exceptions import ConnectionClosed

ROOM = window.URLSearchParams.new(window.location.search).get("room") or "lobby"
ME = random.randbytes(8).hex()
ADJECTIVES = ("Quiet", "Bright", "Early", "Northern", "Nimble", "Golden", "Patient", "Wandering")
ANIMALS = ("Otter", "Heron", "Lynx", "Badger", "Swallow", "Marten", "Hare", "Kestrel")

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


async def send(websocket: ClientConnection) -> None:
    """Send what is in the outbox, and what gets there."""
    while True:
        line = await outbox.get()
        try:
            await websocket.send(line)
        except ConnectionClosed:
            # For the next connection.
            outbox.put_nowait(line)
            return


async def main() -> None:
    url = f"{await find_server()}/chat?room={window.encodeURIComponent(ROOM)}"
    async for websocket in connect(url):
        show_state("open", "Connected", "What you write is seen by everyone here.")
        page["send"].disabled = False
        sending = asyncio.create_task(send(websocket))
        try:
            async for message in websocket:
                show(json.loads(message))
        except ConnectionClosed:
            pass
        finally:
            sending.cancel()
        show_state("connecting", "Connecting", "The connection was lost, and is made again.")


page["room"].textContent = ROOM
page["second"].href = window.location.href
page["name"].value = f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}"
page["progress"].hidden = True
show_state("connecting", "Connecting", "Python is running.")
await main()  # noqa: F704
