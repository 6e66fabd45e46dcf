"""The example notebook in JupyterLite: all cells, interrupting, restarting."""

import json
import re
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.browser import drivers
from tests.browser.cells import PageSpec, pyodide_versions
from tests.browser.engines import missing
from tests.browser.plugin import SELECTION
from tests.server import ThreadedServer, serve_in_thread
from tests.server.static import serve_static
from tools.notebook import EXAMPLE, SITE, SOURCE, make

from .jupyter import Notebook, error_of, html_of, text_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pages = [
        PageSpec(page.engine, "notebook", page.pyodide)
        for page in metafunc.config.stash[SELECTION].pages_of_long_tests()
        if page.thread == "main" and page.pyodide == pyodide_versions()[0]
    ]
    if metafunc.function is test_restarting:
        pages = pages[:1]  # starting the kernel takes long, in WebKitGTK a minute and a half
    metafunc.parametrize("spec", pages, ids=[page.id for page in pages], scope="module")


@pytest.fixture(scope="module")
def server(spec: PageSpec) -> Iterator[ThreadedServer]:
    """A server for each engine: on a shared one, the gates would be open already."""
    with serve_in_thread() as server:
        yield server


@pytest.fixture(scope="module")
def notebook(spec: PageSpec, server: ThreadedServer) -> Iterator[Notebook]:
    """The example notebook, opened once in each engine, after its first cells have been run."""
    if reason := missing().get(spec.engine):
        pytest.fail(f"{reason}. WEBSOCKETSTREAM_ENGINES=… leaves an engine out.", pytrace=False)
    make()
    with serve_static({"/": SITE}, server.url) as address:
        driver = drivers.desktop(spec.engine, 1000, 1200)
        try:
            notebook = Notebook(driver, f"{address}/notebooks/index.html?path={EXAMPLE}")
            begin(notebook, server)
            yield notebook
        finally:
            drivers.kill(driver)


def begin(notebook: Notebook, server: ThreadedServer) -> None:
    """Run the first cells, which install the package and define names for the others."""
    assert text_of(notebook.run("install")) == ""
    assert text_of(notebook.run("server")) == f"{server.url}\n"
    assert text_of(notebook.run("echo")) == "hello\n"


@pytest.fixture
def jspi(notebook: Notebook) -> bool:
    """True if Python can be suspended in a cell of this engine."""
    probe = "import websocketstream\nwebsocketstream.support().jspi"
    return text_of(notebook.run_code(probe)) == "True\n"


def open_gate(server: ThreadedServer, gate: str) -> None:
    """Let the server send its message to the client that waits on /journal?id=gate&wait=open."""
    with connect(f"{server.url}/echo?id={gate}"):
        pass


def test_every_cell(notebook: Notebook, jspi: bool) -> None:
    """Each cell of the example shows what its text promises."""
    cells = json.loads((SOURCE / "files" / EXAMPLE).read_text(encoding="utf-8"))["cells"]
    ids = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
    assert ids[:3] == ["install", "server", "echo"]
    for cell in ids[3:]:
        notebook.run(cell)
    outputs = {cell: notebook.outputs(cell) for cell in ids[3:]}

    if jspi:
        assert text_of(outputs.pop("sync")) == "hello, without await\n"
    else:
        name, text = error_of(outputs.pop("sync"))
        assert "NotSupportedError" in name
        assert "no JSPI" in text

    assert text_of(outputs.pop("library")) == "hello from aiohttp\n"
    printed = {cell: text_of(output) for cell, output in outputs.items()}
    assert printed["open"].startswith("one\n<WebSocketStream ws://")
    assert printed["later"].startswith("two\nthree\n<WebSocketStream ws://")
    assert printed["nothing"].startswith("nothing came\n")
    assert printed["background"] == "['four', 'five']\n"
    assert printed["speak"] == ""
    assert printed["close"].startswith("WebSocketCloseInfo(close_code=1005, reason='')\n")
    assert re.fullmatch(r"100%\|█+\| 10\.0M/10\.0M \[.*B/s\]\n", printed["progress"].split("\r")[-1])
    assert "100 messages, at most" in html_of(outputs["plot"])
    for cell, state, count in (("later", "open", 3), ("nothing", "open", 3), ("close", "closed", 5)):
        html = html_of(outputs[cell])
        assert f"</span> {state} · " in html
        assert html.count(f">{count}</td>") == 2


def test_connections_are_tables(notebook: Notebook) -> None:
    """A connection is displayed as a table, which does not show the query string of its URL."""
    cell = notebook.start_code(
        "async with WebSocketStream(f'{SERVER}/echo?id=s3cret') as ws:\n    display(ws)"
    )
    html = html_of(notebook.end_of(cell))
    (table,) = notebook.query(cell, ".jp-OutputArea-output table")
    assert len(re.findall("<tr", table)) == 3
    assert "/echo?…" in html
    assert "s3cret" not in html


def test_a_plot_is_live(notebook: Notebook, server: ThreadedServer) -> None:
    """A plot with a display_id is updated for each message, while the cell runs."""
    notebook.run("plot")
    cell = notebook.start_code(
        "values = []\n"
        "plot = display(line(values), display_id=True)\n"
        "for gate in range(3):\n"
        "    url = f'{SERVER}/journal?id=plot-{gate}&wait=open'\n"
        "    async with WebSocketStream(url) as ws:\n"
        "        async for message in ws:\n"
        "            values.append(gate + 1)\n"
        "            plot.update(line(values))\n"
    )
    for gate in range(3):
        notebook.wait_for(lambda: points_of(notebook, cell) == gate, f"{gate} points")  # noqa: B023
        assert not notebook.has_ended(cell)
        open_gate(server, f"plot-{gate}")
    notebook.end_of(cell)
    notebook.wait_for(lambda: points_of(notebook, cell) == 3, "all points")


def points_of(notebook: Notebook, cell: str) -> int | None:
    """Return the number of points in the plot; None if there is no plot yet."""
    lines = notebook.query(cell, "svg polyline")
    found = [re.search(r'points="([^"]*)"', line) for line in lines]
    return len(found[0][1].split()) if found and found[0] else None


WAYS = {
    "asynchronous": (
        "waiting = WebSocketStream(url)\nawait waiting.opened",
        "await waiting.recv()",
    ),
    "synchronous": (
        "from websocketstream.sync import connect\nwaiting = connect(url)",
        "waiting.recv()",
    ),
}
"""The code to connect, and the code to wait for a message."""


@pytest.mark.parametrize("way", WAYS)
def test_interrupting(notebook: Notebook, server: ThreadedServer, jspi: bool, way: str) -> None:
    """Interrupting cancels the cells that have not begun. The cell that waits for a message still gets
    it, and connections stay open.
    """
    if way == "synchronous" and not jspi:
        pytest.skip("Python can't be suspended in this engine, so no cell waits without await")
    connect, receive = WAYS[way]
    text_of(
        notebook.run_code(
            f"other = WebSocketStream(f'{{SERVER}}/echo?id=other-{way}')\nawait other.opened\n"
            f"url = f'{{SERVER}}/journal?id={way}&wait=open'\n{connect}"
        )
    )
    waiting = notebook.start_code(f"print('waiting')\nprint({receive})")
    notebook.wait_for(lambda: notebook.outputs(waiting), "the cell waits")
    queued = notebook.start_code("print('this is never printed')")
    notebook.interrupt()
    assert not notebook.has_ended(waiting)
    open_gate(server, way)
    assert f'"id": "{way}"' in text_of(notebook.end_of(waiting))
    assert error_of(notebook.end_of(queued)) == ("Kernel Interrupt", "Interrupted")

    text_of(notebook.run_code("await other.send('hello')\nother.close()\nawait other.closed"))
    entry = server.entry(f"other-{way}")
    assert (entry["messages_received"], entry["ended"]) == (1, "close")


def test_restarting(notebook: Notebook, server: ThreadedServer) -> None:
    """Restarting the kernel closes its connections with code 1001; the notebook can be run again."""
    text_of(
        notebook.run_code(
            "left = WebSocketStream(f'{SERVER}/echo?id=left')\n"
            "await left.opened\n"
            "await left.send('hello')\n"
            "await left.recv()"
        )
    )
    notebook.restart()
    entry = server.entry("left", timeout=60)
    assert entry["messages_received"] == 1
    assert (entry["ended"], entry["close_code"]) == ("close", 1001)
    begin(notebook, server)
    assert text_of(notebook.run_code("'left' in globals()")) == "False\n"
