"""The examples of the README, the docs and the docstrings, as scenarios.

In Markdown each ```python block is one; in a docstring, each literal block after words that end in
``::``. A docstring may use all names of the package and of its module, and those in ASSUMED.

In the page the Markdown files lie beside this module; elsewhere they are the repository's own. The
docstrings are those of the package that is installed there, or of src/. The server of the examples,
``wss://example.com``, is the test server here: examples use its routes. Those of docs/libraries/ have
servers of their own, and run in pages that have the libraries; so do those of other pages, and of
docstrings, that import one.
"""

import ast
import asyncio
import inspect
import re
import textwrap
import warnings
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SHIPPED = HERE / "pages"
ROOT = SHIPPED if SHIPPED.exists() else HERE.parents[1]
SERVER = "wss://example.com"
LIBRARIES = ROOT / "docs" / "libraries"

ASSUMED = {
    "url": 'url = "wss://example.com/echo"',
    "stream": 'stream = WebSocketStream("wss://example.com/echo")',
    "ws": 'ws = WebSocketStream("wss://example.com/echo"); await ws.opened; await ws.send("hello")',
    "reader": "reader = ws.readable.get_reader()",
    "writer": "writer = ws.writable.get_writer()",
}
"""The names that the example of a docstring may use without making them. A message comes on `ws`."""

_IMPORT = re.compile(r"^(?:import|from) (websockets|aiohttp)\b", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Not what follows a "::" alone, which is a drawing.
_LITERAL = re.compile(r"^( *)[^\s:.].*::\n\n((?:\1 +\S.*\n|\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One block of code, named by its file and its line."""

    name: str
    code: str
    doc: str = "the example runs as it stands on the page"
    timeout: float = 20
    expects: tuple[str, ...] = ()
    assumes: str = ""
    """What runs before it."""

    async def run(self, env: Any) -> None:
        """Run it as a notebook would, with top-level await."""
        names: dict[str, Any] = {"__name__": "__main__"}
        with warnings.catch_warnings():
            try:
                await self._run(self.assumes, env.server, names)
                await self._run(self.code, env.server, names)
            except Exception as error:
                if not _says_that_it_can_not_block(error):
                    raise
            finally:
                if self.assumes:
                    await _clean(names)
                names.clear()
        await asyncio.sleep(0)

    async def _run(self, code: str, server: str, names: dict[str, Any]) -> None:
        code = with_server(code, server)
        result = eval(compile(code, f"<{self.name}>", "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        if inspect.iscoroutine(result):
            await result


def _says_that_it_can_not_block(error: Exception) -> bool:
    """Whether this is the error of a blocking client, in a browser that has no JSPI."""
    from websocketstream import NotSupportedError, support

    return isinstance(error, NotSupportedError) and "no JSPI" in str(error) and not support().jspi


async def _clean(names: dict[str, Any]) -> None:
    """Close the streams that an example has left, and undo install()."""
    from websocketstream import DOMException, WebSocketStream, uninstall

    uninstall()
    for value in names.values():
        if isinstance(value, WebSocketStream):
            value.close()
            with suppress(DOMException):
                await value.closed


def pages() -> list[Path]:
    """The Markdown files that readers see."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def all_scenarios() -> dict[str, Example]:
    """Every example by name, but for those that need a library."""
    return _examples(None)


@cache
def _examples(library: str | None) -> dict[str, Example]:
    """The examples that import a library, by file and line; ``None``: those that import none."""
    found = {}
    for example in (*_in_markdown(), *_in_docstrings()):
        imported = _IMPORT.search(example.code)
        if (imported[1] if imported else None) == library:
            found[example.name] = example
    return found


def _in_markdown() -> Iterator[Example]:
    for path in pages():
        for line, block in _blocks(path.read_text(encoding="utf-8")):
            yield Example(f"{path.relative_to(ROOT)}:{line}", block)


def _in_docstrings() -> Iterator[Example]:
    spec = find_spec("websocketstream") if SHIPPED.exists() else None
    package = Path(spec.origin).parent if spec and spec.origin else ROOT / "src" / "websocketstream"
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package.parent)
        for line, block in docstring_blocks(path.read_text(encoding="utf-8")):
            yield Example(f"{file}:{line}", block, assumes=_assumed(file, block))


def docstring_blocks(source: str) -> Iterator[tuple[int, str]]:
    """The literal blocks in the docstrings of a module, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(ast.Constant(str(text), lineno=first)) if "::" in text:
                text = inspect.cleandoc(text) + "\n"
                for block in _LITERAL.finditer(text):
                    line = first + text.count("\n", 0, block.start(2))
                    yield line, textwrap.dedent(block[2]).strip() + "\n"


def _assumed(file: Path, code: str) -> str:
    """The code that makes the names that an example may assume."""
    module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    used = {node.id for node in nodes} - {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    if used & {"reader", "writer"}:
        used.add("ws")
    imports = ["import asyncio", "from websocketstream import *"]
    if "._" not in module:
        imports.append(f"from {module} import *")
    return "\n".join([*imports, *(line for name, line in ASSUMED.items() if name in used)])


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
