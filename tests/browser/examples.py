"""The examples of the README and the docs, as scenarios: every ```python block is one.

In the page the Markdown files lie beside this module; elsewhere they are the repository's own. The
server of the examples, ``wss://example.com``, is the test server here: examples use its routes. Those of
docs/libraries.md have servers of their own, and run in a page that has the libraries.
"""

import asyncio
import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SHIPPED = HERE / "pages"
ROOT = SHIPPED if SHIPPED.exists() else HERE.parents[1]
SERVER = "wss://example.com"
HOST_AND_PORT = '"example.com", 80'
LIBRARIES = ROOT / "docs" / "libraries.md"

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One block of code, named by its file and its line."""

    name: str
    code: str
    doc: str = "the example runs as it stands on the page"
    timeout: float = 20
    expects: tuple[str, ...] = ()

    async def run(self, env: Any) -> None:
        """Run it as a notebook would, with top-level await."""
        server = urlsplit(env.server)
        code = self.code.replace(SERVER, env.server)
        code = code.replace(HOST_AND_PORT, f'"{server.hostname}", {server.port}')
        compiled = compile(code, f"<{self.name}>", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
        names: dict[str, Any] = {"__name__": "__main__"}
        result = eval(compiled, names)
        if inspect.iscoroutine(result):
            await result
        names.clear()
        await asyncio.sleep(0)


def pages() -> list[Path]:
    """The Markdown files that readers see."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def all_scenarios() -> dict[str, Example]:
    """Every example by name, but for those of the libraries."""
    found = {}
    for path in pages():
        if path != LIBRARIES:
            for line, block in _blocks(path.read_text(encoding="utf-8")):
                name = f"{path.relative_to(ROOT)}:{line}"
                found[name] = Example(name, block)
    return found


def library_examples() -> dict[str, Example]:
    """The examples of the libraries, by the name of the library: its heading."""
    parts = _HEADING.split(LIBRARIES.read_text(encoding="utf-8"))
    return {
        heading: Example(heading, block)
        for heading, section in zip(parts[1::2], parts[2::2], strict=True)
        for _, block in _blocks(section)
    }


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The blocks of a page, each with its line."""
    for block in _BLOCK.finditer(text):
        yield text.count("\n", 0, block.start()) + 1, block[1]
