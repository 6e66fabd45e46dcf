"""The comparison: runs each client in each situation, and shows the results."""

import asyncio
from pathlib import Path

from clients import ffi, handlers, stream
from pyscript import web, when
from server import find_server
from situations import SITUATIONS, Fact

CLIENTS = {"pyscript.WebSocket": handlers, "js.WebSocket": ffi, "websocketstream": stream}
MARKS = {True: "good", False: "bad", None: "neutral"}

page = web.page
again = asyncio.Event()


def show_programs() -> None:
    """Show the source of each client."""
    for name, module in CLIENTS.items():
        source = Path(module.__file__).read_text().partition('"""\n\n')[2]
        code = web.pre(web.code(textContent=source), classes=["code"], tabIndex=0)
        page["programs"].append(web.section(web.h3(textContent=name), code))


def show_table() -> dict[tuple[str, str], web.td]:
    """Create the table, and return its cells by situation and client."""
    cells = {}
    rows = []
    for situation in SITUATIONS:
        row = web.tr(
            web.th(web.b(textContent=situation.title), web.small(textContent=situation.explained))
        )
        for name in CLIENTS:
            cell = cells[situation.title, name] = web.td(textContent="…")
            cell.setAttribute("data-client", name)
            row.append(cell)
        rows.append(row)
    page["results"].replaceChildren(*(row._dom_element for row in rows))
    return cells


def show_facts(cell: web.td, facts: list[Fact]) -> None:
    """Fill a cell with the results."""
    cell.textContent = ""
    cell.append(web.ul(*(web.li(textContent=fact.text, classes=[MARKS[fact.good]]) for fact in facts)))
    good = all(fact.good is not False for fact in facts)
    cell.setAttribute("data-outcome", "good" if good else "bad")


async def compare(server: str) -> None:
    """Run each client in each situation, one after the other."""
    page["run"].disabled = True
    cells = show_table()
    for number, situation in enumerate(SITUATIONS, 1):
        page["progress-text"].textContent = f"{situation.title} ({number} of {len(SITUATIONS)})"
        for name, module in CLIENTS.items():
            show_facts(cells[situation.title, name], await situation.run(module, server))
    page["progress-text"].textContent = "Done, in this browser."
    page["results"].setAttribute("data-state", "done")
    page["run"].disabled = False


@when("click", "#run")
def run() -> None:
    again.set()


show_programs()
page["progress"].hidden = True
server = await find_server()  # noqa: F704
while True:
    await compare(server)  # noqa: F704
    again.clear()
    await again.wait()  # noqa: F704
