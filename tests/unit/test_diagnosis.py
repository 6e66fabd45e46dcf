"""`diagnose()` collects the facts in order, in bounded time, and leaves nothing behind."""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import websocketstream
from tests.unit.bench import Handler, only_this_task, wait
from tests.unit.test_html import Text
from tests.unit.test_local_network import FakePermission
from websocketstream import (
    DOMSyntaxError,
    NotSupportedError,
    SecurityError,
    WebSocketError,
    WebSocketStream,
    diagnose,
)
from websocketstream.diagnosis import Diagnosis
from websocketstream.testing import FakeBackend, FakePeer

MODULE = sys.modules["websocketstream.diagnosis"]
URL = "wss://me:s3cret@example.test/chat?token=s3cret"


async def accept(peer: FakePeer) -> None:
    peer.accept()
    await peer.wait_closed()


async def refuse(peer: FakePeer) -> None:
    peer.refuse()


class FakePolicy:
    """A policy that by one directive forbids URLs that begin so, or nothing."""

    def __init__(self, directive: str | None, start: str = "") -> None:
        self.directive, self.start = directive, start
        self.closed = False

    def directive_against(self, url: str) -> str | None:
        assert "s3cret" in url
        assert not self.closed
        return self.directive if url.startswith(self.start) else None

    def close(self) -> None:
        self.closed = True


class Web:
    """The answers to questions over HTTP; `None`: nothing answers, `...`: no answer in time."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def probe(
        self, url: str, mode: str, seconds: float, on_answer: Callable[[int | None], None]
    ) -> Callable[[], None]:
        self.asked.append(f"{mode} {url}")
        scheme = url.partition(":")[0]
        answer = self.answers.get(mode.replace("-", "_") + "_" + scheme, self.answers.get(scheme))
        if answer is not ...:
            on_answer(answer)
            return lambda: None
        return asyncio.get_running_loop().call_later(seconds, on_answer, 0).cancel


@pytest.fixture
def on_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Web]:
    """A function that makes `diagnose()` believe to be on a page."""

    def enter(
        *,
        origin: str = "https://example.org",
        policy: FakePolicy | None = None,
        web: Web | None = None,
    ) -> Web:
        web = web or Web()
        door = SimpleNamespace(
            page_origin=lambda: origin,
            page_url=lambda: origin,
            user_agent=lambda: "Firefox/153.0",
            is_online=lambda: True,
            probe=web.probe,
            JsPolicyWatch=lambda: policy or FakePolicy(None),
        )
        monkeypatch.setattr(MODULE, "_door", lambda: door)
        monkeypatch.setattr(MODULE, "ASK_SECONDS", 0.05)
        monkeypatch.setattr(MODULE, "CLOSED_AT_ONCE", 0.01)
        return web

    return enter


@pytest.fixture(autouse=True)
async def nothing_left() -> Any:
    """Whatever happens, no task and no connection is left behind."""
    before = MODULE._count_connections()
    yield
    for _ in range(3):
        await asyncio.sleep(0)
    assert only_this_task()
    assert MODULE._count_connections() <= before


async def examine(handler: Handler, url: str = URL, **options: Any) -> Diagnosis:
    found = await diagnose(url, backend=FakeBackend(handler), **options)
    assert "s3cret" not in repr(found) + str(found) + found._repr_html_()
    return found


def cause_of(found: Diagnosis) -> str:
    assert found.cause is not None
    return found.cause.check


async def test_it_works(on_page: Callable[..., Web]) -> None:
    """A connection that opens has no cause, and the server is asked for nothing else."""
    web = on_page()
    found = await examine(accept, protocols=["chat"])
    assert found.cause is None
    assert found.findings[-1].words.endswith("with the subprotocol chat.")
    assert str(found).startswith("wss://example.test/chat?…: it works.\nok       URL: ")
    assert web.asked == []


async def test_outside_a_browser() -> None:
    """Without a page there is the connection itself."""
    found = await examine(refuse)
    assert cause_of(found) == "connection"
    assert [each.check for each in found.findings] == ["URL", "connection"]
    assert MODULE._door() is None


@pytest.mark.parametrize("url", ["nothing:", "wss://me:s3cret@example.test/#s3cret"])
async def test_invalid_url(url: str) -> None:
    """A URL that is not valid is a finding, not an exception."""
    found = await examine(wait, url)
    assert cause_of(found) == "URL"
    assert found.findings[0].remedy


async def test_wrong_arguments() -> None:
    """Arguments that are wrong in the program raise."""
    for error, options in (
        (TypeError, {"timeout": "1"}),
        (ValueError, {"timeout": 0}),
        (DOMSyntaxError, {"protocols": ["a b"]}),
        (NotSupportedError, {"headers": {"Authorization": "s3cret"}}),
        (NotSupportedError, {"backend": "native"}),
    ):
        with pytest.raises(error):
            await diagnose(URL, **{"backend": FakeBackend(wait), **options})  # type: ignore[arg-type]


async def test_policy(on_page: Callable[..., Web], monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy's directive is the cause, and nothing more is asked for. The watch ends."""
    web = on_page(policy=FakePolicy("connect-src"))
    assert cause_of(await examine(refuse)) == "policy"
    assert web.asked == []
    policy = FakePolicy("connect-src")
    on_page(policy=policy)

    def forbid(*_: Any, **__: Any) -> WebSocketStream:
        raise SecurityError("forbidden")

    monkeypatch.setattr(MODULE, "WebSocketStream", forbid)
    assert cause_of(await examine(refuse)) == "policy"
    assert policy.closed


async def test_policy_that_forbids_the_question(on_page: Callable[..., Web]) -> None:
    """A server that the page may not ask over HTTP is not called down."""
    policy = FakePolicy("connect-src", "https:")
    web = on_page(policy=policy)
    found = await examine(refuse)
    assert cause_of(found) == "connection"
    assert {each.check: each.result for each in found.findings}["server"] == "unknown"
    assert len(web.asked) == 1
    assert policy.closed


@pytest.mark.parametrize(("state", "result"), [("denied", "problem"), ("prompt", "unknown")])
async def test_permission(
    on_page: Callable[..., Web], monkeypatch: pytest.MonkeyPatch, state: str, result: str
) -> None:
    """A permission for the local network is looked up; over HTTP it would be asked for once more."""
    web = on_page()
    monkeypatch.setattr(FakeBackend, "permission", lambda self, url: FakePermission(state))
    found = await examine(refuse, "wss://127.0.0.1/?s3cret")
    assert {each.check: each.result for each in found.findings}["local network"] == result
    assert web.asked == []


async def test_permission_for_requests_only(on_page: Callable[..., Web]) -> None:
    """Where only a request needs the permission, as in Firefox, none is made."""
    web = on_page()
    assert cause_of(await examine(refuse, "wss://127.0.0.1/?s3cret")) == "connection"
    assert web.asked == []


async def test_server_that_is_down(on_page: Callable[..., Web]) -> None:
    """Nothing answers; a page that came over https: can't ask without TLS."""
    web = on_page()
    assert cause_of(await examine(refuse)) == "server"
    assert web.asked == ["no-cors https://example.test/chat?token=s3cret"]


async def test_other_scheme(on_page: Callable[..., Web]) -> None:
    """A server that speaks TLS where none is expected is found."""
    on_page(origin="http://example.org", web=Web(https=0))
    assert cause_of(await examine(refuse, "ws://example.test/?s3cret")) == "TLS"
    on_page(origin="http://example.org", web=Web(http=0))
    assert cause_of(await examine(refuse)) == "TLS"
    on_page(origin="http://example.org")
    assert cause_of(await examine(refuse)) == "server"


async def test_status(on_page: Callable[..., Web]) -> None:
    """The status of a plain request is asked for with CORS if it is not shown without."""
    web = on_page(web=Web(no_cors_https=0, cors_https=404))
    assert cause_of(await examine(refuse)) == "status"
    assert [each.partition(" ")[0] for each in web.asked] == ["no-cors", "cors"]
    web = on_page(web=Web(https=503))
    assert cause_of(await examine(refuse)) == "status"
    assert len(web.asked) == 1
    on_page(web=Web(no_cors_https=0))
    found = await examine(refuse)
    assert cause_of(found) == "connection"
    assert "not with a WebSocket" in found.findings[-1].words


async def test_server_that_answers_nothing(on_page: Callable[..., Web]) -> None:
    """A server that accepts and never answers takes no longer than the time limit."""
    on_page(web=Web(https=...))
    begun = time.monotonic()
    found = await examine(wait, timeout=0.4)
    assert time.monotonic() - begun < 5
    assert cause_of(found) == "connection"
    assert "It was not open after" in str(found)
    assert "Something answers" not in str(found)


async def test_subprotocols(on_page: Callable[..., Web]) -> None:
    """A server that knows no subprotocol is found by connecting without any."""

    async def knows_none(peer: FakePeer) -> None:
        peer.accept("")
        await peer.wait_closed()

    on_page()
    assert cause_of(await examine(knows_none, protocols="chat")) == "subprotocols"
    on_page(web=Web(https=0))
    found = await examine(refuse, protocols="chat")
    assert "does not connect either" in str(found)


async def test_closed_at_once(on_page: Callable[..., Web]) -> None:
    """A connection that is closed at once is shown with its code; one that is lost is, too."""

    async def reject(peer: FakePeer) -> None:
        peer.close(4401, "log in")
        await peer.wait_closed()

    async def lose(peer: FakePeer) -> None:
        peer.accept()
        peer.drop()

    on_page()
    assert "4401 (log in)" in str(await examine(reject))
    assert "closed at once with code 1006." in str(await examine(lose))


async def test_open_connections(on_page: Callable[..., Web]) -> None:
    """Connections that the program has open are counted."""
    on_page(web=Web(https=0))
    gc.collect()  # those of other tests
    before = MODULE._count_connections()
    backend = FakeBackend(accept)
    streams = [WebSocketStream(URL, backend=backend) for _ in range(3)]
    assert f"{before + 3} others are open" in str(await examine(refuse))
    for stream in streams:
        stream.close()
        with suppress(WebSocketError):
            await stream.closed


async def test_cancelling(on_page: Callable[..., Web]) -> None:
    """Cancelling ends the attempt and the watch."""
    policy = FakePolicy(None)
    on_page(policy=policy)
    task = asyncio.ensure_future(examine(wait))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert policy.closed


async def test_table() -> None:
    """A notebook shows a row for each check, and text that comes from outside as text."""

    async def reject(peer: FakePeer) -> None:
        peer.close(4000, "<script>")
        await peer.wait_closed()

    html = (await examine(reject))._repr_html_()
    lines = Text(html).lines
    assert lines[0].startswith("wss://example.test/chat?…: It opened, and was closed at once")
    assert lines[1] == "check|result|finding|remedy|"
    assert lines[-1].startswith(
        "connection|problem|It opened, and was closed at once with code 4000 (<s"
    )
    assert set(Text(html).tags) == {"div", "table", "tr", "th", "td"}


def test_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a browser the facts come through the door to JavaScript."""
    door = ModuleType("websocketstream._ffi")
    monkeypatch.setitem(sys.modules, door.__name__, door)
    monkeypatch.setattr(websocketstream, "_ffi", door, raising=False)
    monkeypatch.setattr(MODULE, "in_browser", lambda: True)
    assert MODULE._door() is door
