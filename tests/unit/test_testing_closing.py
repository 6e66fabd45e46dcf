"""The fake back end at the end of a connection, in each of the ways in which one ends."""

import asyncio
import logging
from typing import Any

import pytest

from tests.unit.bench import (
    FAKE_URL,
    Handler,
    only_this_task,
    opened_with,
    raised_by,
    read_all,
    turn,
    wait,
)
from websocketstream import (
    MessagesLostError,
    WebSocketError,
    WebSocketStream,
)
from websocketstream.testing import (
    FakeBackend,
    FakePeer,
)

# Closing


async def test_client_closes() -> None:
    """The client's Close frame ends the iteration, is answered, and can be looked at."""
    codes: list[object] = []

    async def listen(peer: FakePeer) -> None:
        assert (peer.close_code, peer.close_reason) == (None, "")
        codes.extend([message async for message in peer])
        codes.append((peer.close_code, peer.close_reason))

    stream, opened, _ = await opened_with(listen)
    opened.writable.get_writer().write("last")
    stream.close(3001, "done")
    assert await stream.closed == (3001, "done")
    assert codes == ["last", (3001, "done")]
    assert only_this_task()


async def test_client_closes_without_a_code() -> None:
    """An empty Close frame is 1005 on both sides."""
    stream, _, peer = await opened_with()
    stream.close()
    assert await stream.closed == (1005, "")
    assert (peer.close_code, peer.close_reason) == (1005, "")


async def test_peer_closes() -> None:
    """A peer closes with any code, behind what it has sent; the client's answer has the same."""
    for code, told in ((1000, 1000), (1011, 1011), (None, 1005)):
        stream, opened, peer = await opened_with()
        peer.send("last")
        closed = peer.close(code, "why")
        peer.close(4000)
        await closed
        assert await stream.closed == (told, "why")
        assert await read_all(opened) == ["last"]
        assert peer.close_code == told
        await peer.close()


async def test_returning_closes() -> None:
    """A handler that returns closes with 1000."""

    async def greet(peer: FakePeer) -> None:
        await peer.send("hello")

    stream, opened, _ = await opened_with(greet)
    assert await read_all(opened) == ["hello"]
    assert await stream.closed == (1000, "")
    assert only_this_task()


async def test_simultaneous_close() -> None:
    """When both sides close, each gets the other's Close frame."""
    stream, _, peer = await opened_with()
    stream.close(3001, "mine")
    peer.close(3002, "yours")
    assert await stream.closed == (3002, "yours")
    assert (peer.close_code, peer.close_reason) == (3001, "mine")


async def test_answering_later() -> None:
    """A peer may answer the client's Close frame later, and with a code of its own."""

    async def late(peer: FakePeer) -> None:
        peer.accept()
        peer.answers_close = False
        assert not peer.answers_close
        assert [message async for message in peer] == []
        await turn(5)
        await peer.close(3002, "yours")

    stream, _, peer = await opened_with(late)
    stream.close(3001, "mine")
    await turn(4)
    assert (peer.close_code, peer.close_reason) == (3001, "mine")
    assert not stream.closed.settled
    assert await stream.closed == (3002, "yours")


async def test_never_answering() -> None:
    """A peer that never answers is given up on, and its handler with it."""

    async def ignore(peer: FakePeer) -> None:
        await peer.accept()
        peer.answers_close = False
        async for _ in peer:
            pass

    stream, _, _ = await opened_with(ignore, close_timeout=0.01)
    stream.close()
    error = await raised_by(stream.closed)
    assert isinstance(error, WebSocketError)
    assert error.close_code == 1006
    await turn(3)
    assert only_this_task()


async def test_close_does_not_reach_a_paused_peer() -> None:
    """A peer that is paused reads no Close frame either."""
    stream, opened, peer = await opened_with(close_timeout=0.01)
    peer.pause()
    opened.writable.get_writer().write("unread")
    stream.close()
    error = await raised_by(stream.closed)
    assert "6 bytes were not sent" in str(error)
    assert peer.close_code is None


async def test_paused_peer_closes() -> None:
    """When a paused peer closes, the client learns that its writes were not sent."""
    stream, opened, peer = await opened_with()
    peer.pause()
    opened.writable.get_writer().write("unread")
    peer.close(3001)
    error = await raised_by(stream.closed)
    assert isinstance(error, WebSocketError)
    assert error.close_code == 3001
    assert peer.close_code is None


async def test_abort() -> None:
    """What was not read is dropped by an abort; the Close frame is not, even if it was sent before."""
    stream, opened, peer = await opened_with()
    peer.pause()
    writer = opened.writable.get_writer()
    writer.write("dropped")
    stream.close(3001)
    await writer.abort()
    peer.resume()
    assert await stream.closed == (3001, "")
    with pytest.raises(ConnectionError):
        await peer.recv()


# The end


async def test_drop() -> None:
    """A connection that is dropped is lost, behind what was sent."""
    stream, opened, peer = await opened_with()
    peer.send("last")
    peer.drop()
    assert not peer.closed
    await peer.wait_closed()
    assert peer.closed
    error = await raised_by(stream.closed)
    assert isinstance(error, WebSocketError)
    assert error.close_code == 1006
    assert await anext(aiter(opened.readable)) == "last"
    assert only_this_task()


@pytest.mark.parametrize("verb", ["close", "drop"])
async def test_lost(verb: str) -> None:
    """An end can come with the loss of what the client has not taken."""
    stream, opened, peer = await opened_with(high_water_mark=1)
    await peer.send("taken")
    lost = peer.send("lost")
    await turn()
    getattr(peer, verb)(lost=True)
    assert isinstance(await raised_by(lost), ConnectionError)
    error = await raised_by(stream.closed)
    assert isinstance(error, MessagesLostError)
    assert error.close_code == (1000 if verb == "close" else 1006)
    assert await anext(aiter(opened.readable)) == "taken"


async def test_end_is_held_back_too() -> None:
    """An end comes behind what the client has not read, as long as nothing is lost."""
    stream, opened, peer = await opened_with(high_water_mark=1)
    for message in ("a", "b", "c"):
        peer.send(message)
    peer.close()
    await turn(5)
    assert not stream.closed.settled
    assert await read_all(opened) == ["a", "b", "c"]
    assert await stream.closed == (1000, "")


async def test_too_late() -> None:
    """After the end nothing can be sent or received; closing and the rest have no effect."""
    for how in ("closing", "closed"):
        stream, _, peer = await opened_with()
        closed = peer.close()
        if how == "closed":
            await stream.closed
        with pytest.raises(ConnectionError, match="nothing can be sent"):
            peer.send("late")
        await closed
        with pytest.raises(ConnectionError, match="no more messages"):
            await peer.recv()
        assert [message async for message in peer] == []
        await peer.close()
        peer.drop()
        peer.resume()
        assert await stream.closed == (1000, "")


async def test_accepting_too_late() -> None:
    """To accept what the client has given up raises when it is awaited."""
    backend = FakeBackend(wait)
    stream = WebSocketStream(FAKE_URL, backend=backend)
    stream.close()
    assert isinstance(await raised_by(backend.peers[0].accept()), ConnectionError)


async def test_sending_what_is_not_taken() -> None:
    """Sending raises when the connection ends before the client took the message."""
    stream, _, peer = await opened_with(high_water_mark=1)
    sent = [peer.send("taken"), peer.send("not taken")]
    await turn(2)
    stream._connection._transport.abandon()
    await sent[0]
    assert isinstance(await raised_by(sent[1]), ConnectionError)


async def test_handler_finishes_first() -> None:
    """At the end a handler finishes what it can without waiting, before the client learns of it."""
    notes: list[str] = []

    async def careful(peer: FakePeer) -> None:
        async for _ in peer:
            pass
        notes.append("ended")
        try:
            await asyncio.Event().wait()
        finally:
            notes.append("cancelled")

    stream, _, _ = await opened_with(careful)
    stream.close()
    await stream.closed
    assert notes == ["ended", "cancelled"]
    assert only_this_task()


async def test_client_gives_up() -> None:
    """A client that gives up hears nothing more, and the handler ends."""

    async def accept_late(peer: FakePeer) -> None:
        await turn(2)
        peer.accept()
        peer.send("late")
        await peer.wait_closed()

    backend = FakeBackend(accept_late)
    stream = WebSocketStream(FAKE_URL, backend=backend)
    await turn()
    stream.close()
    error = await raised_by(stream.opened)
    await turn(5)
    assert stream.opened.exception() is error
    assert only_this_task()


async def test_given_up_while_ending() -> None:
    """A client that gives up as the end is on its way hears of it no more."""
    stream, _, peer = await opened_with()
    peer.drop()
    await turn()
    stream._connection._transport.abandon()
    await turn(5)
    assert not stream.closed.settled


async def test_given_up_with_something_on_its_way() -> None:
    """What was sent before the client gave up is not delivered."""
    stream, opened, peer = await opened_with()
    opened.writable.get_writer().write("late")
    stream._connection._transport.abandon()
    await turn(5)
    with pytest.raises(ConnectionError):
        await peer.recv()


# Handlers that fail


async def test_handler_raises(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that raises closes with 1011, and the exception is reported, without the query."""

    async def fail(peer: FakePeer) -> None:
        await peer.accept()
        raise ZeroDivisionError

    contexts: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: contexts.append(context))
    stream, _, _ = await opened_with(fail)
    assert (await stream.closed).close_code == 1011
    (context,) = contexts
    assert isinstance(context["exception"], ZeroDivisionError)
    assert context["message"] == "the handler of a fake peer (/chat) raised"
    assert only_this_task()


async def surprised_by_recv(peer: FakePeer) -> None:
    await peer.accept()
    while True:
        await peer.recv()


async def surprised_by_send(peer: FakePeer) -> None:
    while True:
        await peer.send("more")


@pytest.mark.parametrize("handler", [surprised_by_recv, surprised_by_send])
async def test_handler_is_surprised_by_the_end(handler: Handler) -> None:
    """That a handler is surprised by the end is no failure of its own."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: pytest.fail(str(context)))
    stream, _, _ = await opened_with(handler)
    stream.close(3001)
    assert await stream.closed == (3001, "")


async def test_connection_error_of_another_kind() -> None:
    """A ConnectionError before the end is a failure like any other."""

    async def fail(peer: FakePeer) -> None:
        await peer.accept()
        raise ConnectionError("to the database")

    contexts: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: contexts.append(context))
    stream, _, _ = await opened_with(fail)
    assert (await stream.closed).close_code == 1011
    assert len(contexts) == 1


async def test_tasks_have_names(caplog: pytest.LogCaptureFixture) -> None:
    """The handler's task says whose it is, and keeps the query string to itself."""
    caplog.set_level(logging.DEBUG)
    await opened_with()
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert "fake peer (/chat)" in names
    assert not any("room" in name for name in names)
