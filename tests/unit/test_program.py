"""One program, written for `websockets`: the same output with the library and with our client."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.programs import feed
from tests.server import serve_in_thread
from tests.worlds.fake import FakeEnv
from websocketstream import patch


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with serve_in_thread() as server:
        yield server.url


def test_output_is_the_same(
    server_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After install(), a program that was imported before prints what it prints with the library."""

    def output(server: str) -> list[str]:
        asyncio.run(feed.main(server))
        return capsys.readouterr().out.splitlines()

    theirs = output(server_url)
    assert len(theirs) > 30
    env = FakeEnv()
    monkeypatch.setattr(patch, "_only_in_browsers", False)
    patch.install(backend=env.backend)
    try:
        assert output(env.server) == theirs
    finally:
        patch.uninstall()
    assert vars(feed)["connect"].__module__ == "websockets.asyncio.client"
