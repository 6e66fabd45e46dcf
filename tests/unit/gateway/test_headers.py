"""What a page may send of a library's headers, and the hooks that move the others."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.datastructures import Headers as LibraryHeaders
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from websocketstream._core.rules import validate_protocols
from websocketstream.errors import NotSupportedError
from websocketstream.gateway.headers import (
    Handshake,
    HeadersHook,
    all_of,
    bearer_in_subprotocol,
    check_sendable,
    deepgram,
    dropped,
    google,
    handshake_of,
    in_query,
    kubernetes,
    openai,
    split_fetch_headers,
)
from websocketstream.gateway.http import Headers, Request, RequestReader

URL = "wss://example.com/chat"
SECRET = "s3cret"


def handshake(
    *headers: tuple[str, str], url: str = URL, subprotocols: tuple[str, ...] = ()
) -> Handshake:
    return Handshake(url, list(subprotocols), Headers(headers))


def moved(hook: HeadersHook, *headers: tuple[str, str], subprotocols: tuple[str, ...] = ()) -> Handshake:
    """Return the handshake after the hook; it has to be one that a page can make."""
    result = handshake(*headers, subprotocols=subprotocols)
    hook(result)
    check_sendable(result)
    validate_protocols(result.subprotocols)
    return result


def query_of(moved: Handshake) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(moved.url).query)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(NotSupportedError) as raised:
        call()
    assert SECRET not in str(raised.value)
    return str(raised.value)


# Handshakes


def test_a_plain_handshake_of_websockets_has_nothing_to_move() -> None:
    """All headers that the library adds by itself are the browser's business."""
    client = ClientProtocol(parse_uri(URL), subprotocols=[Subprotocol("chat"), Subprotocol("superchat")])
    request = client.connect()
    request.headers["User-Agent"] = "Python"
    client.send_request(request)
    (read,) = RequestReader().feed(b"".join(client.data_to_send()))
    assert isinstance(read, Request)
    result = handshake_of(read, URL)
    assert result.headers.items() == []
    assert result.subprotocols == ["chat", "superchat"]
    assert result.url == URL


@pytest.mark.parametrize(
    "name",
    [
        *("Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Type"),
        *("DNT", "Host", "Keep-Alive", "Pragma", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent"),
        *("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-Fetch-Mode"),
        *("sec-ch-ua", "ACCEPT"),
    ],
)
def test_what_the_browser_sets_is_left_out(name: str) -> None:
    """Headers of which the browser has its own value are no reason to refuse."""
    request = Request("GET", "/", "1.1", Headers([(name, "x")]))
    assert handshake_of(request, URL).headers.items() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer x"),
        ("Cookie", "a=b"),
        ("Origin", "https://example.com"),
        ("X-Own", "x"),
        ("Proxy-Authorization", "x"),
        ("Content-Length", "1"),
        ("Acceptance", "x"),
    ],
)
def test_what_means_something_is_kept(name: str, value: str) -> None:
    """Headers that the server may act upon are kept for the hook, or refused."""
    request = Request("GET", "/", "1.1", Headers([(name, value), ("Content-Length", "0")]))
    result = handshake_of(request, URL)
    assert result.headers.items() == [(name, value)]
    assert f"handshake: {name} (" in refusal(lambda: check_sendable(result))


def test_nothing_left_is_no_error() -> None:
    """A handshake without headers of its own is made."""
    check_sendable(handshake())


@pytest.mark.parametrize(
    ("name", "url", "subprotocols", "remedy"),
    [
        (
            "Authorization",
            URL,
            (),
            'in_query({"Authorization": "token"}) or bearer_in_subprotocol("bearer.")',
        ),
        ("Authorization", "wss://api.openai.com/v1/realtime?model=x", (), "openai"),
        ("Authorization", "wss://api.deepgram.com/v1/listen", (), "deepgram"),
        ("x-goog-api-key", "wss://generativelanguage.googleapis.com/ws/x", (), "google"),
        ("x-goog-api-key", URL, (), "google"),
        ("OpenAI-Beta", URL, (), "openai"),
        ("authorization", URL, ("v4.channel.k8s.io",), "kubernetes"),
        ("Origin", URL, (), 'dropped("Origin"), the browser sends the page\'s own'),
        ("Origin", "wss://api.openai.com/v1/realtime", (), 'dropped("Origin"), the browser'),
        ("cookie", URL, (), 'dropped("cookie"), the browser sends its own cookies'),
        (
            "X-Own",
            URL,
            (),
            'in_query({"X-Own": "parameter"}) if the server accepts that, or dropped("X-Own")',
        ),
        ("X-Own", "/no/host", (), 'in_query({"X-Own": "parameter"})'),
    ],
)
def test_the_refusal_names_the_remedy(
    name: str, url: str, subprotocols: tuple[str, ...], remedy: str
) -> None:
    """The error says which header it is, and which hook to give to install(), and never the value."""
    left = handshake((name, SECRET), url=url, subprotocols=subprotocols)
    message = refusal(lambda: check_sendable(left))
    assert f"{name} ({remedy}" in message
    assert "install(headers_to=...)" in message
    assert "websocketstream.gateway.headers" in message


def test_the_refusal_names_all_headers() -> None:
    """One error tells of everything that is to be done."""
    left = handshake(("Origin", "x"), ("X-Own", SECRET), ("x-own", "y"))
    message = refusal(lambda: check_sendable(left))
    assert 'handshake: Origin (dropped("Origin"), ' in message
    assert 'X-Own (in_query({"X-Own": "parameter"}) ' in message
    assert message.lower().count("x-own (") == 1


# Changing a handshake


@given(name=st.text(max_size=10), value=st.text(max_size=20), url=st.sampled_from([URL, f"{URL}?a=b"]))
def test_parameters_are_read_as_they_were_added(name: str, value: str, url: str) -> None:
    """Names and values of parameters survive, whatever is in them."""
    result = handshake(url=url)
    result.add_to_query(name, value)
    expected = [("a", "b")] if url != URL else []
    assert parse_qsl(urlsplit(result.url).query, keep_blank_values=True) == [*expected, (name, value)]


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic abc", None),
        ("abc", None),
    ],
)
def test_the_bearer_token_is_taken(value: str, token: str | None) -> None:
    """A bearer token is returned and removed; any other authorization stays."""
    result = handshake(("authorization", value))
    assert result.take_token() == token
    assert ("Authorization" in result.headers) is (token is None)


def test_there_may_be_no_token() -> None:
    """Without the header there is no token."""
    assert handshake().take_token("Token") is None


# Hooks


def test_headers_go_to_the_query() -> None:
    """A header becomes the parameter that it is said to become; of a bearer only the token does."""
    hook = in_query({"authorization": "access_token", "X-Room": "room", "X-None": "none"})
    result = moved(hook, ("Authorization", "Bearer a+b/c="), ("x-room", "red room"))
    assert query_of(result) == [("access_token", "a+b/c="), ("room", "red room")]


def test_other_authorization_goes_to_the_query_whole() -> None:
    """What is not a bearer token is the server's to understand."""
    result = moved(in_query({"Authorization": "auth"}), ("Authorization", "Basic YTpi"))
    assert query_of(result) == [("auth", "Basic YTpi")]


def test_bearer_becomes_a_subprotocol() -> None:
    """The token is offered behind the library's own subprotocols, after what the server expects."""
    result = moved(
        bearer_in_subprotocol("bearer."), ("Authorization", "Bearer abc"), subprotocols=("chat",)
    )
    assert result.subprotocols == ["chat", "bearer.abc"]


@pytest.mark.parametrize("hook", [bearer_in_subprotocol("x."), kubernetes, deepgram, google])
def test_hooks_leave_alone_what_they_don_t_find(hook: HeadersHook) -> None:
    """Without their headers, hooks change nothing."""
    result = moved(hook, subprotocols=("chat",))
    assert (result.url, result.subprotocols) == (URL, ["chat"])


def test_kubernetes_encodes_the_token() -> None:
    """Tokens are encoded, because they may have characters that a subprotocol can't."""
    token = "a/b+c=@~" * 3 + "x"
    result = moved(kubernetes, ("Authorization", f"Bearer {token}"), subprotocols=("v4.channel.k8s.io",))
    first, second = result.subprotocols
    assert first == "v4.channel.k8s.io"
    encoded = second.removeprefix("base64url.bearer.authorization.k8s.io.")
    assert urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode() == token


def test_openai() -> None:
    """Key, organisation, project and version are offered as OpenAI's realtime API reads them."""
    result = moved(
        openai,
        ("Authorization", "Bearer ek_123"),
        ("OpenAI-Organization", "org-1"),
        ("OpenAI-Project", "proj_1"),
        ("OpenAI-Beta", "realtime=v1"),
        ("X-Stainless-Lang", "python"),
        ("x-stainless-arch", "other"),
    )
    assert result.subprotocols == [
        "realtime",
        "openai-insecure-api-key.ek_123",
        "openai-organization.org-1",
        "openai-project.proj_1",
        "openai-beta.realtime-v1",
    ]
    assert result.url == URL


def test_openai_with_its_subprotocol() -> None:
    """The subprotocol that the API has to select is offered once, before all others."""
    result = moved(openai, ("Authorization", "Bearer ek_123"), subprotocols=("realtime",))
    assert result.subprotocols == ["realtime", "openai-insecure-api-key.ek_123"]
    result = moved(openai, ("Authorization", "Bearer ek_123"), subprotocols=("own",))
    assert result.subprotocols == ["realtime", "own", "openai-insecure-api-key.ek_123"]


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "bearer"])
def test_deepgram(scheme: str) -> None:
    """Keys and temporary tokens go, after the name of their kind, to subprotocols."""
    result = moved(
        deepgram,
        ("Authorization", f"{scheme} abc"),
        ("X-Fern-Language", "Python"),
        ("x-deepgram-session-id", "1"),
    )
    assert result.subprotocols == [scheme.lower(), "abc"]


def test_google_with_a_key() -> None:
    """A key goes to the parameter that the Live API reads."""
    result = moved(google, ("x-goog-api-key", "abc"), ("x-goog-api-client", "google-genai-sdk"))
    assert query_of(result) == [("key", "abc")]


def test_google_with_an_ephemeral_token() -> None:
    """An ephemeral token has a parameter of its own, and is not sent as a key."""
    token = "auth_tokens/abc"
    result = moved(google, ("Authorization", f"Token {token}"), ("x-goog-api-key", token))
    assert query_of(result) == [("access_token", token)]


def test_headers_are_dropped() -> None:
    """Headers are left out by name, or by how their names begin."""
    hook = dropped("origin", "x-client-*", "None")
    result = moved(hook, ("Origin", "a"), ("X-Client-Name", "b"), ("x-client-version", "c"))
    assert (result.url, result.subprotocols) == (URL, [])
    left = handshake(("X-Clients", "a"), ("X-Origin", "b"))
    hook(left)
    assert list(left.headers) == ["X-Clients", "X-Origin"]


def test_hooks_can_be_combined() -> None:
    """Hooks are called in order, each with what the ones before have left."""
    hook = all_of(openai, dropped("Origin"), in_query({"X-Room": "room"}))
    result = moved(hook, ("Authorization", "Bearer ek_1"), ("Origin", "a"), ("X-Room", "1"))
    assert result.subprotocols == ["realtime", "openai-insecure-api-key.ek_1"]
    assert query_of(result) == [("room", "1")]


# Other requests


def test_headers_for_fetch() -> None:
    """Everything that a page can set is given to fetch(), in order, also what comes twice."""
    kept = [
        ("Authorization", "Bearer x"),
        ("Content-Type", "application/json"),
        ("accept", "*/*"),
        ("X-Own", "1"),
        ("x-own", "2"),
        ("Cache-Control", "no-cache"),
        ("X-HTTP-Method-Override", "PATCH"),
        ("Timeout", "5"),
    ]
    headers = [
        *kept[:3],
        ("Host", "example.com"),
        ("Connection", "keep-alive"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Expect", "100-continue"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", "Python"),
        ("TE", "trailers"),
        ("Trailer", "Digest"),
        ("Upgrade", "h2c"),
        ("Keep-Alive", "timeout=5"),
        ("Date", "now"),
        ("Via", "me"),
        ("Proxy-Authorization", "x"),
        ("Sec-Fetch-Mode", "cors"),
        ("DNT", "1"),
        ("Accept-Charset", "utf-8"),
        *kept[3:],
    ]
    assert split_fetch_headers(Headers(headers)) == kept


def test_requests_of_aiohttp_s_kind_need_no_remedy() -> None:
    """What HTTP clients add by themselves is no reason to refuse."""
    headers = LibraryHeaders(Host="x", Accept="*/*", User_Agent="y")
    assert split_fetch_headers(Headers(headers.raw_items())) == [("Accept", "*/*"), ("User_Agent", "y")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Cookie", "its own cookies"),
        ("Origin", "the page's own"),
        ("Referer", "the page's own"),
    ],
)
def test_headers_that_fetch_would_drop_are_refused(name: str, why: str) -> None:
    """A header that fetch() would leave out in silence, and the server would act upon, is refused."""
    message = refusal(lambda: split_fetch_headers(Headers([("Accept", "*/*"), (name, SECRET)])))
    assert f"the header {name} " in message
    assert why in message
    assert "leave it out" in message
