"""Folders over HTTP, with the headers that browser tests need. Standard library only.

Files may be cached and are revalidated by their ETag; HTML is never stored. A request with
``?csp=strict`` gets a Content-Security-Policy, and so does a worker's script that is fetched so.
Besides files there are answers: JSON that a function makes when it is asked for.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MIME_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
}
"""By suffix; anything else, such as a wheel, is application/octet-stream."""

type Answer = Callable[[str], object]
"""Returns what to send as JSON for the rest of a URL path; raises LookupError for 404."""


class Handler(SimpleHTTPRequestHandler):
    """Serves ``{prefix: folder}``, the longest prefix that fits, /config.json and further answers."""

    protocol_version = "HTTP/1.1"
    extensions_map = MIME_TYPES | {"": "application/octet-stream"}

    def __init__(
        self,
        *args: Any,
        mounts: Mapping[str, Path],
        ws_url: str,
        coop: bool,
        answers: Mapping[str, Answer],
    ) -> None:
        self.mounts = mounts
        self.ws_url = ws_url
        self.coop = coop
        self.answers = {"/config.json": lambda rest: {"ws": ws_url}, **answers}
        super().__init__(*args)

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        for prefix, answer in self.answers.items():
            if path == prefix or (prefix.endswith("/") and path.startswith(prefix)):
                return self._send_answer(answer, path.removeprefix(prefix))
        if not self._not_modified():
            super().do_GET()

    def translate_path(self, path: str) -> str:
        """The file behind a URL path; one that doesn't exist where the path leads out."""
        wanted = unquote(urlsplit(path).path)
        for prefix, folder in sorted(self.mounts.items(), reverse=True):
            if wanted == prefix or wanted.startswith(prefix.rstrip("/") + "/"):
                relative = wanted[len(prefix) :].lstrip("/")
                if ".." not in relative.split("/"):
                    tail = "/" if relative.endswith("/") else ""
                    return str(folder / relative) + tail
        return "/nonexistent"

    def guess_type(self, path: Any) -> str:
        # The machine's own MIME tables must not matter.
        return self.extensions_map.get(Path(path).suffix.lower(), self.extensions_map[""])

    def send_response(self, code: int, message: str | None = None) -> None:
        super().send_response(code, message)
        self._status = code

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
        if self.coop:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        if parse_qs(urlsplit(self.path).query).get("csp") == ["strict"]:
            policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' "
            self.send_header("Content-Security-Policy", policy + self.ws_url)
        etag = self._etag()
        if etag is None or self._status not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            self.send_header("Cache-Control", "no-store")
        else:
            self.send_header("Cache-Control", "no-cache")
            self.send_header("ETag", etag)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what failed is for the browser to tell."""

    def _etag(self) -> str | None:
        """The validator of the file asked for; None for what must not be stored."""
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix == ".html":
            return None
        stat = path.stat()
        return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'

    def _not_modified(self) -> bool:
        etag = self._etag()
        # Dates count whole seconds, too coarse for a wheel that was just rebuilt.
        del self.headers["If-Modified-Since"]
        if etag is None or self.headers.get("If-None-Match") != etag:
            return False
        self.send_response(HTTPStatus.NOT_MODIFIED)
        self.end_headers()
        return True

    def _send_answer(self, answer: Answer, rest: str) -> None:
        try:
            body = json.dumps(answer(rest)).encode()
        except LookupError:
            return self.send_error(HTTPStatus.NOT_FOUND)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", MIME_TYPES[".json"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@contextmanager
def serve_static(
    mounts: Mapping[str, Path],
    ws_url: str,
    *,
    port: int = 0,
    coop: bool = False,
    answers: Mapping[str, Answer] | None = None,
) -> Iterator[str]:
    """Serve ``{url prefix: folder}`` in a thread, on loopback, and give the URL.

    ``answers`` is ``{url prefix: function}``.
    """
    handler = partial(Handler, mounts=mounts, ws_url=ws_url, coop=coop, answers=answers or {})
    with _HTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
