"""A live chart of the samples that a server sends, drawn with PyScript's own API.

The pause button stops reading, and what arrives waits in the receive buffer. When that is full, the
server has to wait if the browser has its own WebSocketStream.
"""

import asyncio
import json
from collections import deque

from pyscript import web, when
from server import find_server

from websocketstream import WebSocketError, WebSocketStream

WIDTH = 240
"""The number of samples in view."""

TOP, FLOOR = 28, 12
"""The values at the edges. The y axis of SVG points down, so a sample is drawn at its negative value."""

page = web.page
values: deque[float] = deque(maxlen=WIDTH)
going = asyncio.Event()
going.set()


def show_state(state: str, label: str, outcome: str, button: str) -> None:
    """Show the state of the connection, and the label of the button."""
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


def show_waiting(ws: WebSocketStream) -> None:
    """Show how much has arrived and was not read."""
    page["waiting"].textContent = f"{ws.readable.buffered_amount:,} B"


@when("click", "#pause")
def toggle() -> None:
    """Pause, continue, or connect again."""
    if going.is_set():
        going.clear()
    else:
        going.set()


async def pause(ws: WebSocketStream) -> None:
    """Read nothing until the button is pressed again."""
    show_state("closing", "Paused", "The server is still sending.", "Continue")
    while not going.is_set():
        show_waiting(ws)
        await asyncio.sleep(0.1)
    show_state("open", "Live", "Samples are drawn as they arrive.", "Pause")
    show_waiting(ws)


async def watch(url: str) -> None:
    """Draw the samples until the connection ends."""
    values.clear()
    async with WebSocketStream(url) as ws:
        show_state("open", "Live", "Samples are drawn as they arrive.", "Pause")
        async for message in ws:
            draw(**json.loads(message))
            if not going.is_set():
                await pause(ws)


async def main() -> None:
    url = f"{await find_server()}/samples?delay_ms=50"
    while True:
        try:
            await watch(url)
            show_state("closed", "Closed", "The server has sent all its samples.", "Connect")
        except WebSocketError as error:
            show_state("failed", "Failed", f"{error}", "Connect")
        going.clear()
        await going.wait()


page["progress"].hidden = True
await main()  # noqa: F704
