"""Servers of third-party libraries that are started when a page asks for them."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from websockets.asyncio.client import connect

from tests.libraries import libraries, nats
from tests.server.libraries import LibraryServers
from tests.server.static import serve_static


@pytest.fixture
def servers() -> Iterator[LibraryServers]:
    with LibraryServers() as servers:
        yield servers


async def test_a_server_is_started_once(servers: LibraryServers) -> None:
    """The answer names a server that is running, and has its address in the examples."""
    answer = servers.answer("openai")
    url = str(answer["url"])
    async with connect(
        f"{url}/v1/realtime?model=gpt-realtime",
        additional_headers={"Authorization": "Bearer sk-example"},
    ) as websocket:
        assert json.loads(await websocket.recv())["type"] == "session.created"
    examples = answer["examples"]
    assert isinstance(examples, dict)
    assert list(examples) == ["openai", "openai-2"]
    assert all(url.replace("ws:", "http:") in code for code in examples.values())
    assert servers.answer("openai") == answer


def test_a_server_that_is_not_here_is_a_problem(
    servers: LibraryServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a library's server can't be started the answer is the reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nats, "UNPACKED", tmp_path / "nats-server")
    answer = servers.answer("nats")
    assert list(answer) == ["problem"]
    assert "no nats-server here" in str(answer["problem"])


def test_a_server_that_fails_is_a_problem(
    servers: LibraryServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program that ends at once is a problem, and none for the other servers or the end."""
    program = tmp_path / "nats-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(nats, "_program", lambda: str(program))
    assert "nats-server ended before it was ready" in str(servers.answer("nats")["problem"])
    assert "url" in servers.answer("openai")


def test_answers_go_over_http(servers: LibraryServers, tmp_path: Path) -> None:
    """An answer is JSON under the library's name; other names are not found."""
    opener = build_opener(ProxyHandler({}))
    answers = {"/servers/": servers.answer}
    with serve_static({"/": tmp_path}, "ws://127.0.0.1:1", answers=answers) as address:
        with opener.open(f"{address}/servers/openai") as response:
            assert response.headers["Content-Type"] == "application/json"
            assert json.load(response) == servers.answer("openai")
        for name in ("_thread", "../libraries/openai", "", "no%20library"):
            with pytest.raises(HTTPError) as caught:
                opener.open(f"{address}/servers/{name}")
            assert caught.value.status == HTTPStatus.NOT_FOUND
            caught.value.close()
    assert "_thread" not in libraries()
