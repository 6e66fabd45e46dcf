"""A web site with PyScript pages: the demo's, those of docs/pyscript.md, and those in pages/.

    /pyscript/…              the demo's pages, with @pyscript/core in /pyscript/core
    /pyodide/…               the newest Pyodide, whose lock file has our wheel
    /docs/in-a-page.html …   the pages of docs/pyscript.md, each named after its heading
    /simple/…                a folder for each package with its wheels: an index for micropip

The site does not send the headers that isolate pages (COOP and COEP), because no page needs them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.examples import SERVER
from tests.server import ThreadedServer, serve_in_thread
from tests.server.static import serve_static
from tools.demo import FOLDERS
from tools.distributions import newest_library, shown_libraries
from tools.project import DIST, ROOT

PAGES = Path(__file__).with_name("pages")
GUIDE = ROOT / "docs" / "pyscript.md"
INTERPRETER = 'interpreter = "/pyodide/pyodide.mjs"\n'
FROM_INDEX = """
packages = ["websocketstream"]
index_urls = ["{address}/simple"]
# The cache does not know which index a package came from.
packages_cache = "never"
"""

_CORE = re.compile(r"https://[^\"]*/@pyscript/core@[^/]*/dist")
_BLOCK = re.compile(r"^```(html|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^##? (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Site:
    """The address of the pages, and the WebSocket server that they use."""

    address: str
    server: ThreadedServer


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """Serve the site. The files that are generated, such as the guide's pages, go into `folder`."""
    mounts = {f"/{name}": path for name, path in FOLDERS.items()}
    mounts |= {"/environments": PAGES, "/docs": folder, "/simple/websocketstream": DIST}
    libraries = shown_libraries() | {"websockets": newest_library("websockets")}
    for name, wheel in libraries.items():
        library = folder / name
        library.mkdir()
        (library / wheel.name).symlink_to(wheel)
        mounts[f"/simple/{name}"] = library
    with serve_in_thread() as server, serve_static(mounts, server.url) as address:
        write_guide(folder, server.url)
        (folder / "from_index.toml").write_text(INTERPRETER + FROM_INDEX.format(address=address))
        yield Site(address, server)


def write_guide(folder: Path, server: str) -> None:
    """Write the guide's configuration and pages to files, with local addresses in them."""
    parts = _HEADING.split(GUIDE.read_text(encoding="utf-8"))
    for heading, section in zip(parts[1::2], parts[2::2], strict=True):
        for kind, block in _BLOCK.findall(section):
            if kind == "toml":
                (folder / "pyscript.toml").write_text(INTERPRETER + block)
            else:
                local = _CORE.sub("/pyscript/core", block).replace(SERVER, server)
                (folder / f"{heading.lower().replace(' ', '-')}.html").write_text(local)
