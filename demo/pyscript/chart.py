"""A chart that is fed by a WebSocket, and drawn through PyScript's own API of the page.

Pausing means not to read. What comes meanwhile waits in the buffer of `readable`, up to its
high-water mark; then a browser with a WebSocketStream of its own has the server wait.
"""

import asyncio
import json
from collections import deque

from pyscript import web, when
from server import find_server

from websocketstream import ReadableStream, WebSocketError, WebSocketStream

WIDTH = 240
"""How many samples are in view."""

TOP, FLOOR = 28, 12
"""The values at the edges of the drawing. Its y grows downwards: a sample's y is its negative value."""

page = web.page
values: deque[float] = deque(maxlen=WIDTH)
going = asyncio.Event()
going.set()


def show_state(state: str, label: str, outcome: str, button: str) -> None:
    """Say how the connection is doing, and what the button does about it."""
    page["state"].setAttribute("data-state", state)
    page["state"].textContent = label
    page["outcome"].textContent = outcome
    page["pause"].textContent = button
    page["pause"].disabled = False


def draw(index: int, value: float) -> None:
    """Add a sample to the chart."""
    values.append(value)
    left = WIDTH - len(values)
    points = " ".join(f"{x},{-y}" for x, y in enumerate(values, left))
    page["line"].setAttribute("points", points)
    page["area"].setAttribute("points", f"{left},{-FLOOR} {points} {WIDTH - 1},{-FLOOR}")
    page["dot"].style["top"] = f"{100 * (TOP - value) / (TOP - FLOOR)}%"
    page["dot"].hidden = False
    page["now"].textContent = f"{value:.2f}"
    page["lowest"].textContent = f"{min(values):.2f}"
    page["highest"].textContent = f"{max(values):.2f}"
    page["count"].textContent = f"{index + 1}"


def show_waiting(readable: ReadableStream) -> None:
    """Tell how much has come and was not read."""
    page["waiting"].textContent = f"{readable.buffered_amount:,} B"


@when("click", "#pause")
def toggle() -> None:
    """Pause, go on, or connect again."""
    if going.is_set():
        going.clear()
    else:
        going.set()


async def pause(readable: ReadableStream) -> None:
    """Read nothing until the button is pressed again."""
    show_state("closing", "Paused", "The server goes on sending.", "Go on")
    while not going.is_set():
        show_waiting(readable)
        await asyncio.sleep(0.1)
    show_state("open", "Live", "Samples are drawn as they come.", "Pause")
    show_waiting(readable)


async def watch(url: str) -> None:
    """Draw what comes until the connection ends."""
    values.clear()
    async with WebSocketStream(url) as opened:
        show_state("open", "Live", "Samples are drawn as they come.", "Pause")
        async for message in opened.readable:
            draw(**json.loads(message))
            if not going.is_set():
                await pause(opened.readable)


async def main() -> None:
    url = f"{await find_server()}/samples?delay_ms=50"
    while True:
        try:
            await watch(url)
            show_state("closed", "Closed", "The server has sent all it had.", "Connect")
        except WebSocketError as error:
            show_state("failed", "Failed", f"{error}", "Connect")
        going.clear()
        await going.wait()


page["progress"].hidden = True
await main()  # noqa: F704
