"""The test server's other doors: a thread, the command line, and files over HTTP."""

import asyncio
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.server import ROUTES, serve_in_thread
from tests.server.client import connect
from tests.server.static import serve_static


def test_the_server_runs_in_a_thread() -> None:
    """`serve_in_thread` serves code that has no event loop of its own."""
    with serve_in_thread() as server:

        async def talk() -> None:
            async with connect(f"{server.url}/echo?id=t") as ws:
                await ws.send("hi")

        asyncio.run(talk())
        assert server.entry("t")["messages_received"] == 1
        with pytest.raises(TimeoutError):
            server.entry("nobody", timeout=0.1)


# The command line, and files


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("index.html", "a.wasm", "a.mjs", "a.js", "a.whl", "a.zip", "a.json", "a.py"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def http(site: Path) -> Iterator[str]:
    mounts = {"/": site, "/wheels": site}
    with serve_static(mounts, "ws://127.0.0.1:1", coop=True) as url:
        yield url


def get(url: str, **headers: str) -> Any:
    """An HTTP response, whatever its status."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(urllib.request.Request(url, headers=headers), timeout=10)
    except HTTPError as error:
        return error


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("", "text/html; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.whl", "application/octet-stream"),
        ("a.zip", "application/zip"),
        ("a.json", "application/json"),
        ("wheels/a.whl", "application/octet-stream"),
    ],
)
def test_files_have_the_right_type_and_headers(http: str, name: str, mime: str) -> None:
    """MIME types are right, HTML is never stored, and pages are isolated when asked for."""
    response = get(f"{http}/{name}")
    assert response.status == HTTPStatus.OK
    assert response.read().decode() == (name.rpartition("/")[2] or "index.html")
    assert response.headers["Content-Type"] == mime
    assert response.headers["Cache-Control"] == ("no-cache" if name else "no-store")
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_an_unchanged_file_is_not_sent_again(http: str, site: Path) -> None:
    """A file is revalidated by its ETag, and sent when it has changed."""
    etag = get(f"{http}/a.whl").headers["ETag"]
    assert get(f"{http}/a.whl", **{"If-None-Match": etag}).status == HTTPStatus.NOT_MODIFIED
    (site / "a.whl").write_text("rebuilt")
    assert get(f"{http}/a.whl", **{"If-None-Match": etag}).read() == b"rebuilt"


def test_a_strict_policy_is_there_for_the_asking(http: str) -> None:
    """?csp=strict allows the page's own scripts, WebAssembly, and the WebSocket server."""
    policy = get(f"{http}/index.html?csp=strict").headers["Content-Security-Policy"]
    assert policy == (
        "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws://127.0.0.1:1"
    )
    assert get(f"{http}/index.html").headers["Content-Security-Policy"] is None


@pytest.mark.parametrize("path", ["/nothing", "/../secret", "/%2e%2e/secret", "/wheels/../../x"])
def test_nothing_outside_the_folders_is_served(http: str, path: str) -> None:
    """A path that leads out, or nowhere, is not found."""
    assert get(http + path).status == HTTPStatus.NOT_FOUND


def test_config_tells_where_the_websockets_are(http: str) -> None:
    """/config.json gives pages the URL of the WebSocket server."""
    assert json.load(get(f"{http}/config.json")) == {"ws": "ws://127.0.0.1:1"}


@pytest.mark.parametrize("ending", ["stdin", signal.SIGINT, signal.SIGTERM])
def test_the_command_line_serves_until_told_otherwise(site: Path, ending: Any) -> None:
    """One line of JSON, then service; the end of stdin and both signals end it cleanly."""
    command = [sys.executable, "-m", "tests.server", "--static", str(site)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        urls = json.loads(process.stdout.readline())
        assert json.load(get(f"{urls['http']}/config.json")) == {"ws": urls["ws"]}
        if ending == "stdin":
            process.stdin.close()
        else:
            process.send_signal(ending)
        assert process.wait(5) == 0
        assert process.stdout.read() == process.stderr.read() == ""


def test_every_route_says_what_it_does() -> None:
    """`--routes` lists each route with its parameters, their defaults, and its one sentence."""
    command = [sys.executable, "-m", "tests.server", "--routes"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    for path, route in ROUTES.items():
        assert route.path == path
        assert f"{route.usage()}\n    {route.doc}\n" in listing
    assert "/send?count=50&size=10&kind=text&delay_ms=0&code=1000&reason=&close=1\n" in listing
