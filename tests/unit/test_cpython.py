"""The back end for CPython: what the scenarios over it do not show."""

import asyncio

import pytest
from websockets.asyncio.client import ClientConnection

from tests.server import serve
from tests.unit.bench import raised_by, turn
from websocketstream import NotSupportedError, WebSocketError, WebSocketStream
from websocketstream._backends.cpython import CPythonBackend


async def test_no_signals() -> None:
    """An AbortSignal is JavaScript's: on CPython that is an error that names the ways of asyncio."""
    with pytest.raises(NotSupportedError, match=r"asyncio\.timeout"):
        WebSocketStream("ws://example.com/", signal=object(), backend="cpython")
    with pytest.raises(NotSupportedError, match=r"asyncio\.timeout"):
        CPythonBackend().watch_abort(object(), lambda: None)


async def test_relative_url() -> None:
    """Outside a page there is nothing that a relative URL could be resolved against."""
    with pytest.raises(ValueError, match="absolute"):
        WebSocketStream("/feed", backend="cpython")


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example"])
async def test_impossible_hosts(host: str) -> None:
    """A host name that can't be one makes no connection, at once."""
    ws = WebSocketStream(f"ws://{host}/")
    async with asyncio.timeout(10):
        assert isinstance(await raised_by(ws.opened), ConnectionRefusedError)


async def test_other_messages() -> None:
    """What is no message is refused on CPython as everywhere else."""
    async with serve() as server, WebSocketStream(f"{server.url}/echo") as ws:
        with pytest.raises(TypeError):
            ws.send(5)
        await ws.send(memoryview(b"fine"))
        assert await ws.recv() == b"fine"


async def test_abort_in_the_middle_of_a_message() -> None:
    """A message that is on its way when the stream is aborted is sent, and those behind it are not."""
    async with serve() as server:
        ws = WebSocketStream(f"{server.url}/sink?id=aborted&chunk=262144&delay_ms=5&compress=0")
        await ws.opened
        writer = ws.writable.get_writer()
        writer.write(bytes(16 * 1024 * 1024))
        writer.write("dropped")
        await turn(5)
        writer.abort()
        assert await ws.closed == (1005, "")
        record = server.journal.find("aborted")
        await record.until(lambda record: False)
        assert record.messages_received == 1


@pytest.mark.parametrize("method", ["recv", "send"])
async def test_library_that_raises(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that the library should not raise ends the connection, and is named."""

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    async with serve() as server:
        ws = WebSocketStream(f"{server.url}/echo")
        monkeypatch.setattr(ClientConnection, method, fail)
        await ws.opened
        ws.send("hello")
        async with asyncio.timeout(10):
            error = await raised_by(ws.closed)
    assert isinstance(error, WebSocketError)
    assert str(error) == "an unexpected exception ended the connection: RuntimeError: a bug"
    assert isinstance(error.__cause__, RuntimeError)


async def test_reason_of_a_failure() -> None:
    """Unlike a browser, this back end says why no connection was made, without the URL's secrets."""
    async with serve() as server:
        stream = WebSocketStream(f"{server.url}/no-such-route?token=s3cret")
        message = str(await raised_by(stream.opened))
    assert "HTTP 404" in message
    assert "s3cret" not in message
