"""Pages that are left with open connections and come back, from the back/forward cache or loaded anew.

Chromium and WebKit keep such a page and freeze it. With classic WebSockets its connections have failed
when it comes back; Chromium's own WebSocketStream stays connected. Firefox loads the page anew.
"""

from tests.browser.cells import Cell
from tests.browser.pages import Page
from tests.server import ThreadedServer

from .test_page_life import end_of

CONNECT = """
import asyncio, builtins
from websocketstream import WebSocketError, WebSocketStream, reconnect

builtins.told = told = {{}}

async def read(name, ws):
    try:
        async for message in ws:
            told[name] = message
    except WebSocketError as error:
        told[name] = type(error).__name__

async def write(name, ws):
    try:
        while True:
            await ws.send(b"x" * 20_000)
            told[name] = told.get(name, 0) + 1
    except WebSocketError as error:
        told[name] = type(error).__name__

async def connect_again():
    told["connections"] = 0
    async for ws in reconnect({server!r} + "/echo", backend={backend!r}, backoff=lambda: [0.1] * 100):
        try:
            await ws.send("hello")
            await ws.recv()
            told["connections"] += 1
            await ws.recv()
        except WebSocketError:
            pass

streams = [WebSocketStream({server!r} + path, backend={backend!r}) for path in {paths!r}]
for ws in streams:
    await ws.opened
builtins.tasks = [
    asyncio.ensure_future(task)
    for task in (
        read("idle", streams[0]),
        read("reader", streams[1]),
        write("writer", streams[1]),
        connect_again(),
    )
]
while not (told.get("writer", 0) > 100 and told.get("connections")):
    await asyncio.sleep(0.01)
"""

ASK = """
import asyncio, builtins
for _ in range(1000):
    if {condition}:
        break
    await asyncio.sleep(0.01)
builtins.told
"""

CLEAN_UP = """
import asyncio, builtins
for task in builtins.tasks:
    task.cancel()
await asyncio.wait(builtins.tasks)
del builtins.tasks, builtins.told
"""

SEE_THE_CACHE = "addEventListener('pageshow', (event) => { globalThis.persisted = event.persisted; });"


def test_page_that_comes_back(cell: Cell, page: Page, ws_server: ThreadedServer) -> None:
    """Each connection goes on or ends with an error, and reconnect() connects again by itself."""
    paths = [f"/{route}?id={cell.id}-{route}" for route in ("echo", "sink")]
    page.run_async(CONNECT.format(server=ws_server.url, backend=cell.backend, paths=paths))
    driver = page.runner.driver
    driver.execute_script(SEE_THE_CACHE)
    driver.get(page.runner.base_url + "/harness/blank.html")
    if cell.backend == "native":
        # Without the page's knowledge: it is frozen, and has been sending without pause. What had been
        # written when the page was left has to arrive first: if the connection fails while a write is
        # pending, Chromium crashes the tab, and nothing in the page can prevent it any more.
        ws_server.wait_for_silence(f"{cell.id}-sink")
        ws_server.drop_all()
    driver.back()
    if cell.page.engine == "firefox":
        assert driver.execute_script("return globalThis.persisted") is None
        assert {end_of(ws_server, path.partition("id=")[2], 10) for path in paths} == {"close"}
        page.close()
        return
    assert driver.execute_script("return globalThis.persisted") is True
    told = page.run_async(ASK.format(condition="builtins.told['connections'] > 1"))
    assert told.pop("connections") > 1
    assert told == dict.fromkeys(("idle", "reader", "writer"), "WebSocketError")
    page.run_async(CLEAN_UP)
