"""Ordinary HTTP requests, which go through ``fetch``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

from aiohttp import (
    ClientError,
    ClientPayloadError,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
)

from websocketstream import NotSupportedError, SecurityError

from ..steps import failure
from .env import LibrariesEnv
from .registry import scenario


@scenario(quick=True)
async def request_and_response_arrive_as_they_are(env: LibrariesEnv) -> None:
    """Method, query, headers and body reach the server; status, headers and body reach the library."""
    body = bytes(range(256)) * 4000
    async with env.session(headers={"X-Own": "mine"}) as session:
        for method, data in (("GET", None), ("POST", body), ("PUT", b"x"), ("DELETE", None)):
            url = f"{env.rest}/echo?a=1&b=%C3%BC"
            headers = {"Authorization": "Bearer t0ken", "Content-Type": "application/x-own"}
            async with session.request(method, url, data=data, headers=headers) as response:
                assert (response.status, response.reason) == (200, "OK")
                seen = await response.json()
            assert (seen["method"], seen["target"]) == (method, "/echo?a=1&b=%C3%BC")
            assert seen["headers"]["x-own"] == "mine"
            assert seen["headers"]["authorization"] == "Bearer t0ken"
            assert seen["headers"]["content-type"] == "application/x-own"
            assert (seen["size"], seen["sha256"]) == (len(data or b""), sha256(data or b"").hexdigest())
        async with session.head(f"{env.rest}/echo") as response:
            assert (response.status, await response.read()) == (200, b"")


@scenario()
async def body_of_unknown_length_is_sent(env: LibrariesEnv) -> None:
    """A body that the library sends in chunks reaches the server whole."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0)
            yield bytes(10_000)

    async with env.session() as session, session.post(f"{env.rest}/echo", data=chunks()) as response:
        seen = await response.json()
    assert (seen["size"], seen["sha256"]) == (50_000, sha256(bytes(50_000)).hexdigest())


@scenario()
async def status_of_a_response_is_the_servers(env: LibrariesEnv) -> None:
    """The library sees each status and its headers, also of errors and of responses without a body."""
    async with env.session() as session:
        for status in (200, 201, 204, 304, 400, 404, 418, 500, 503):
            async with session.get(f"{env.rest}/status/{status}") as response:
                assert response.status == status
                assert response.headers["X-Own"] == "yes"
                assert await response.text() == ("" if status in (204, 304) else "as asked\n")
        async with session.get(f"{env.rest}/moved") as response:
            assert response.status == 200
            assert (await response.json())["target"] == "/echo?moved=1"
        strict = session.get(f"{env.rest}/status/404", raise_for_status=True)
        assert (await failure(ClientResponseError, strict)).status == 404


@scenario(quick=True)
async def body_is_streamed_in_pieces(env: LibrariesEnv) -> None:
    """The beginning of a body can be read before the server has sent the rest."""
    name = env.new_id()
    async with env.session() as session, session.get(f"{env.rest}/pieces/{name}") as response:
        assert await response.content.readany() == b"first"
        async with session.get(f"{env.rest}/next/{name}") as told:
            assert told.status == 200
        assert await response.content.readany() == b"second"
        assert await response.content.readany() == b""


@scenario()
async def compressed_body_is_whole(env: LibrariesEnv) -> None:
    """A compressed body arrives decompressed."""
    async with env.session() as session, session.get(f"{env.rest}/compressed") as response:
        assert await response.text() == "again and " * 1000


@scenario(quick=True)
async def requests_share_a_connection(env: LibrariesEnv) -> None:
    """Many requests in turn use one connection of the library, also after a large body."""
    transports: set[int] = set()
    async with env.session() as session:
        for number in range(20):
            async with session.post(f"{env.rest}/echo", data=b"x" * number * 1000) as response:
                assert (await response.json())["size"] == number * 1000
        assert session.connector is not None
        for pool in session.connector._conns.values():
            transports.update(id(protocol) for protocol, _ in pool)
        assert len(transports) == 1, transports
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(_ask(session, f"{env.rest}/echo?n={number}"))


async def _ask(session: ClientSession, url: str) -> None:
    async with session.get(url) as response:
        assert (await response.json())["target"] == url[url.index("/echo") :]


@scenario()
async def abandoned_request_is_aborted(env: LibrariesEnv) -> None:
    """The server sees the end of a request that the library closes, times out or cancels."""
    async with env.session() as session:
        for way in ("close", "timeout", "cancel"):
            name = env.new_id()
            begun = asyncio.Event()
            task = asyncio.ensure_future(_read_endlessly(env, session, name, way, begun))
            if way == "cancel":
                await begun.wait()
                task.cancel()
            await asyncio.wait([task])
            if way == "timeout":
                assert isinstance(task.exception(), TimeoutError)
            async with session.get(f"{env.rest}/gone/{name}") as gone:
                assert gone.status == 200


async def _read_endlessly(
    env: LibrariesEnv, session: ClientSession, name: str, way: str, begun: asyncio.Event
) -> None:
    timeout = ClientTimeout(total=1 if way == "timeout" else 60)  # one in which the request is made
    async with session.get(f"{env.rest}/endless/{name}", timeout=timeout) as response:
        begun.set()
        async for _ in response.content.iter_any():
            if way == "close":
                break


@scenario()
async def slow_reader_of_a_body_gets_all(env: LibrariesEnv) -> None:
    """A large body that is read slowly, in small pieces, arrives whole."""
    expected, body = bytes(range(250)) * 8000, bytearray()
    async with (
        env.session(read_bufsize=1024) as session,
        session.get(f"{env.rest}/blob?times=8000") as response,
    ):
        while chunk := await response.content.read(5000):
            body += chunk
            await asyncio.sleep(0)
    assert body == expected


@scenario()
async def response_that_breaks_off_is_an_error(env: LibrariesEnv) -> None:
    """Reading a body that ends before its announced length raises an error."""
    async with env.session() as session, session.get(f"{env.rest}/broken") as response:
        assert response.status == 200
        await failure(ClientPayloadError, response.read())


@scenario(quick=True)
async def what_the_server_does_not_share_is_an_error_that_says_so(env: LibrariesEnv) -> None:
    """A response that CORS forbids the page to read raises an error that names CORS."""
    env.require_page("there is no CORS")
    async with env.session() as session:
        error = await failure(Exception, session.get(f"{env.rest}/unshared?token=s3cret"))
        assert isinstance(error, ClientError | SecurityError), repr(error)
        text = f"{error} {error.__cause__}"
        assert "CORS" in text and "s3cret" not in text, text


@scenario()
async def server_for_requests_that_is_not_there_is_an_error(env: LibrariesEnv) -> None:
    """A request to a port where nobody listens raises a connection error."""
    async with env.session() as session:
        for _ in range(2):
            error = await failure(ClientError, session.get("http://127.0.0.1:65535/?token=s3cret"))
            assert "s3cret" not in str(error)


@scenario(quick=True)
async def requests_can_be_switched_off(env: LibrariesEnv) -> None:
    """With fetch=False a request raises an error that says why, and WebSockets still connect."""
    env.require_page("install() does nothing")
    env.install(fetch=False)
    async with env.session() as session:
        error = await failure(NotSupportedError, session.get(f"{env.rest}/echo"))
        assert "fetch=False" in str(error)
        async with env.ws_connect(session, "/echo") as ws:
            await ws.send_str("a handshake")
            assert await ws.receive_str() == "a handshake"


@scenario()
async def headers_that_fetch_can_not_send_are_refused(env: LibrariesEnv) -> None:
    """A header that `fetch` can't send raises NotSupportedError with its name, never its value."""
    env.require_page("any header is sent")
    async with env.session() as session:
        headers = {"Cookie": "session=s3cret"}
        error = await failure(NotSupportedError, session.get(f"{env.rest}/echo", headers=headers))
        assert "Cookie" in str(error) and "s3cret" not in str(error)
