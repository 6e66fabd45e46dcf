"""The examples of the README and the docs, as scenarios: every ```python block is one.

In the page the Markdown files lie beside this module; elsewhere they are the repository's own. The
server of the examples, ``wss://example.com``, is the test server here: examples use its routes.
"""

import asyncio
import inspect
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHIPPED = HERE / "pages"
ROOT = SHIPPED if SHIPPED.exists() else HERE.parents[1]
SERVER = "wss://example.com"

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
        code = self.code.replace(SERVER, env.server)
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
    """Every example by name."""
    found = {}
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for block in _BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            name = f"{path.relative_to(ROOT)}:{line}"
            found[name] = Example(name, block[1])
    return found
