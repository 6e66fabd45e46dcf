"""The examples of the README and the docs, as scenarios: every ```python block is one.

In the page the Markdown files lie beside this module; elsewhere they are the repository's own. The
server of the examples, ``wss://example.com``, is the test server here: examples use its routes. Those of
docs/libraries/ have servers of their own, and run in pages that have the libraries; so do those of other
pages that import one.
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
LIBRARIES = ROOT / "docs" / "libraries"

_IMPORT = re.compile(r"^(?:import|from) (websockets|aiohttp)\b", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
        code = with_server(self.code, env.server)
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
    """Every example by name, but for those that need a library."""
    return _examples(None)


def _examples(library: str | None) -> dict[str, Example]:
    """The examples that import a library, by file and line; ``None``: those that import none."""
    found = {}
    for path in pages():
        for line, block in _blocks(path.read_text(encoding="utf-8")):
            imported = _IMPORT.search(block)
            if (imported[1] if imported else None) == library:
                name = f"{path.relative_to(ROOT)}:{line}"
                found[name] = Example(name, block)
    return found


def library_pages() -> list[Path]:
    """The pages of the libraries, which are named as the modules of tests/libraries."""
    return sorted(LIBRARIES.glob("*.md"))


def library_examples(name: str) -> dict[str, Example]:
    """The examples of a library: the first bears its short name, others a number, or file and line."""
    page = LIBRARIES / f"{name}.md"
    blocks = _blocks(page.read_text(encoding="utf-8")) if page.exists() else ()
    own = {
        (key := name if number == 1 else f"{name}-{number}"): Example(key, block)
        for number, (_, block) in enumerate(blocks, 1)
    }
    return own | _examples(name)


def with_server(code: str, url: str) -> str:
    """Put a server in the place of `example.com`."""
    server = urlsplit(url)
    security = "s" if server.scheme == "wss" else ""
    for scheme in ("ws", "wss", "http", "https"):
        here = server._replace(scheme=scheme.removesuffix("s") + security).geturl()
        code = re.sub(rf"\b{scheme}://example\.com\b", here, code)
    code = re.sub(r'"example\.com", (80|443)\b', f'"{server.hostname}", {server.port}', code)
    return code.replace('"example.com"', f'"{server.netloc}"')


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The blocks of a page, each with its line."""
    for block in _BLOCK.finditer(text):
        yield text.count("\n", 0, block.start()) + 1, block[1]
