"""Files that the guides tell readers to write work as they stand.

Such a block begins with the name of its file, as in ``# server.py``.
"""

import asyncio
import re
import runpy
import socket
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser.examples import all_scenarios
from tools.project import ROOT
from websocketstream import reconnect

DOCS = ROOT / "docs"
FILE = re.compile(r"^```py\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = """\
the server says: hello
received: 0:
received: 1:
received: 2:
the server closed: 4000 that was all
/refuse could not connect: …
received: 0:
received: 1:
/reset?after=2&size=2 lost the connection: …
received: hello
received: anybody there?
received: bye
no message within 0.2 seconds
still there?
handed over to the browser
WebSocketCloseInfo(close_code=4001, reason='going home')
lost: …
lost: …
lost: …
['0:', '0:', '0:']
"""


def files(page: str) -> dict[str, str]:
    """Return the files of a guide by name."""
    return {name: code for code, name in FILE.findall((DOCS / page).read_text(encoding="utf-8"))}


async def test_the_server_of_the_tutorial(capsys: pytest.CaptureFixture[str]) -> None:
    """All programs of the tutorial run with the server that it shows, and print what they should."""
    with closing(socket.create_server(("localhost", 0))) as free:
        port = free.getsockname()[1]
    program = files("tutorial.md")["server.py"].replace("8765", str(port))
    names: dict[str, Any] = {}
    exec(program.removesuffix("asyncio.run(main())\n"), names)
    running = asyncio.create_task(names["main"]())
    server = f"ws://localhost:{port}"
    async with asyncio.timeout(20):
        async for _ in reconnect(f"{server}/echo", backoff=lambda: iter(lambda: 0.05, None)):
            break
        for name, example in all_scenarios().items():
            if name.startswith("docs/tutorial.md:"):
                await example.run(SimpleNamespace(server=server))
    running.cancel()
    await asyncio.wait([running])
    printed = capsys.readouterr().out
    assert re.sub(r"(connect|connection|lost): the .*", r"\1: …", printed) == PRINTED


@pytest.mark.parametrize(("page", "count"), [("testing.md", 2), ("cpython.md", 1)])
async def test_the_tests_of_a_guide(
    page: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests that a guide shows pass, in a folder with the program that they test."""
    for name, code in files(page).items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    modules = [runpy.run_path(str(file)) for file in tmp_path.glob("test_*.py")]
    monkeypatch.delitem(sys.modules, "myprogram", raising=False)
    tests = [value for module in modules for name, value in module.items() if name.startswith("test_")]
    assert len(tests) == count
    for test in tests:
        async with asyncio.timeout(20):
            await test()
