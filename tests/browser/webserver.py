"""The web server behind the pages: Pyodide, the harness's own files and the code under test.

One server per Pyodide version, because pytest-pyodide expects a distribution at the root:

    /…                       the distribution, and pytest-pyodide's own pages
    /harness/…               the files of page/, or of other folders that are looked into first
    /harness/csp/…           the same files under a strict Content-Security-Policy
    /harness/bundle.zip      Python for the page: scenarios and checks
    /simple/GROUP/…          an index of a group of third-party libraries, for micropip

pytest-pyodide's own server is not used: it answers one request at a time, so a connection that a
browser opens in advance blocks it, and being a forked process it can outlive a killed pytest.
"""

import contextlib
import functools
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest_pyodide.server
from packaging.utils import canonicalize_name

from .cells import LIBRARIES

PAGE_FOLDER = Path(__file__).with_name("page")

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Headers of a page that may use precise clocks."""

STRICT_CSP = (
    "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*"
)
"""No inline script, no eval; `wasm-unsafe-eval` is what WebAssembly itself needs. No connection but to
this machine by its number, so that there is one that is forbidden: to `localhost`."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".whl": "application/zip",
    }

    def __init__(
        self,
        *args: object,
        bundle: Callable[[], bytes],
        folders: Sequence[Path],
        headers: Mapping[str, str],
        **kwargs: object,
    ) -> None:
        self._bundle, self._folders, self._headers = bundle, folders, headers
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/bundle.zip"):
            return self._send(self._bundle(), "application/zip")
        if path.startswith("/harness/"):
            name = path.rpartition("/")[2]
            for folder in self._folders:
                if (file := folder / name).is_file():
                    return self._send(file.read_bytes(), self.guess_type(name))
            return self.send_error(404)
        if path.startswith("/simple/"):
            return self._send_from_index(path.removeprefix("/simple/"))
        template = pytest_pyodide.server._default_templates().get(path)
        if template:
            return self._send(template, self.guess_type(path))
        return super().do_GET()

    def _send(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_from_index(self, path: str) -> None:
        """A page that lists the wheels of a library, or a wheel."""
        group, _, rest = path.partition("/")
        library, _, name = rest.partition("/")
        wheels = {
            wheel.name: wheel
            for wheel in LIBRARIES.joinpath(group).glob("*.whl")
            if canonicalize_name(wheel.name.split("-")[0]) == library
        }
        if name in wheels:
            return self._send(wheels[name].read_bytes(), "application/zip")
        if name or not wheels:
            return self.send_error(404)
        links = "".join(f'<a href="{wheel}">{wheel}</a>' for wheel in wheels)
        return self._send(f"<!doctype html><title>{library}</title>{links}".encode(), "text/html")

    def end_headers(self) -> None:
        # For frames of another origin, or of none.
        self.send_header("Access-Control-Allow-Origin", "*")
        if self.path.startswith("/harness/csp/"):
            self.send_header("Content-Security-Policy", STRICT_CSP)
        for name, value in self._headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the pages report what goes wrong themselves."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a browser that is closed in the middle of a request is no error here."""


@contextlib.contextmanager
def serve(
    distribution: Path,
    bundle: Callable[[], bytes],
    *,
    folders: Sequence[Path] = (),
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[int]:
    """Serve one Pyodide distribution on a free port of the loopback interface.

    Files of `folders` come before those of page/; `headers` go with every answer. With `tls` it is
    served over `https:`.
    """
    handler = functools.partial(
        _Handler,
        directory=str(distribution),
        bundle=bundle,
        folders=(*folders, PAGE_FOLDER),
        headers=headers or {},
    )
    with _Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            # The handshake is made by the thread of the connection: browsers open some in advance.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
