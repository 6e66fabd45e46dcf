"""What the facts about a connection mean: the findings of `diagnose()`."""

from typing import Any

import pytest

from websocketstream import HandshakeError, SecurityError
from websocketstream._core.findings import CHECKS, Facts, Finding, judge

CHROMIUM = "Mozilla/5.0 AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; rv:153.0) Gecko/20100101 Firefox/153.0"
SAFARI = "Mozilla/5.0 AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
FAILED = HandshakeError("the connection to wss://a.b/ could not be made: refused; see diagnose(url)")
UNEXPLAINED = HandshakeError("this or that; the browser does not say which")
PAGE = "https://example.org"


def findings(url: str = "wss://example.com/", **facts: Any) -> dict[str, Finding]:
    """The findings by their check; the connection has failed unless the facts say otherwise."""
    return {
        each.check: each for each in judge(Facts(url=url, **{"origin": PAGE, "error": FAILED, **facts}))
    }


def cause(url: str = "wss://example.com/", **facts: Any) -> Finding:
    """The first problem."""
    return next(each for each in findings(url, **facts).values() if each.result == "problem")


def test_connection_that_works() -> None:
    """Nothing is a problem when the connection opens, whatever else is said."""
    found = findings(
        "ws://192.168.1.2/", error=None, online=False, permission="local-network", state="denied",
        agent=CHROMIUM, opened=300, protocol="chat", seconds=0.25,
    )  # fmt: skip
    assert {each.result for each in found.values()} == {"ok"}
    assert found["connection"].words == "It opened within 0.2 s with the subprotocol chat."
    assert "with" not in findings(error=None)["connection"].words.removeprefix("It opened within")


@pytest.mark.parametrize(
    ("url", "facts", "check", "words"),
    [
        ("wss://example.com/", {"online": False}, "online", "offline"),
        ("ws://example.com/", {}, "mixed content", "https: and may not connect to ws:."),
        ("ws://127.0.0.1/", {"agent": SAFARI}, "mixed content", "not even to this computer"),
        ("wss://example.com/", {"directive": "connect-src"}, "policy", "directive connect-src"),
        ("wss://example.com/", {"error": SecurityError("no way")}, "policy", "forbid it: no way"),
        (
            "wss://127.0.0.1/",
            {"permission": "loopback-network", "state": "denied"},
            "local network",
            "permission loopback-network for this address is 'denied'.",
        ),
        (
            "wss://127.0.0.1/",
            {"permission": "loopback-network", "state": "prompt", "error": None, "pending": True},
            "local network",
            "asking its user",
        ),
        ("wss://example.com/", {"agent": CHROMIUM, "opened": 255}, "connections", "allows 255"),
        ("wss://example.com/", {"agent": FIREFOX, "opened": 200}, "connections", "allows 200"),
        ("wss://example.com/", {"agent": SAFARI, "opened": 199}, "connections", "allows 199"),
        ("wss://example.com/", {"answers": False, "other_answers": True}, "TLS", "does not speak TLS"),
        (
            "ws://example.com/",
            {"answers": False, "other_answers": True, "origin": "http://example.org"},
            "TLS",
            "at example.com speaks TLS",
        ),
        ("wss://example.com/", {"tls_failed": True}, "TLS", "does not trust the certificate"),
        ("wss://example.com:81/", {"answers": False}, "server", "at https://example.com:81: the server"),
        ("wss://example.com/", {"answers": False}, "server", "its certificate is not trusted"),
        ("wss://example.com/", {"answers": True, "status": 401}, "status", "401: a token"),
        ("wss://example.com/", {"answers": True, "status": 503}, "status", "503: it has a problem"),
        ("wss://example.com/", {"opens_without_subprotocols": True}, "subprotocols", "none of the"),
        (
            "wss://example.com/",
            {"agent": FIREFOX, "answers": True, "pending": True, "error": None},
            "delay",
            "Firefox delays",
        ),
        ("wss://example.com/", {}, "connection", "It failed: refused."),
        ("wss://example.com/", {"error": UNEXPLAINED}, "connection", "the browser does not say why."),
        ("wss://example.com/", {"answers": True, "status": 426}, "connection", "not with a WebSocket"),
        (
            "wss://example.com/",
            {"agent": CHROMIUM, "pending": True, "error": None, "seconds": 7.5},
            "connection",
            "It was not open after 7.5 s.",
        ),
        ("wss://example.com/", {"error": None, "close": (1008, "")}, "connection", "code 1008."),
        ("wss://example.com/", {"error": None, "close": (4401, "bye")}, "connection", "4401 (bye)."),
    ],
)  # fmt: skip
def test_causes(url: str, facts: dict[str, Any], check: str, words: str) -> None:
    """Each cause is the first problem, in words of its own."""
    found = cause(url, **facts)
    assert found.check == check
    assert words in found.words


def test_what_is_unknown() -> None:
    """What a page can't find out is no problem, and is said."""
    found = findings(
        answers=False, permission="local-network", state="prompt", opens_without_subprotocols=False
    )
    unknown = {check for check, each in found.items() if each.result == "unknown"}
    assert unknown == {"local network", "TLS", "subprotocols"}
    assert findings(answers=True)["status"].result == "unknown"
    assert findings(error=None, close=(1000, "bye"))["connection"].result == "unknown"
    server = findings("wss://example.com:81/", unasked="connect-src")["server"]
    assert server.result == "unknown"
    assert server.remedy == "To find out more, add https://example.com:81 to its directive connect-src."


def test_what_is_in_order() -> None:
    """What is no reason is named, so that nobody looks for it."""
    found = findings(
        "ws://localhost/", agent=CHROMIUM, online=True, opened=3, answers=True, status=426,
        permission="loopback-network", state="granted",
    )  # fmt: skip
    assert {check for check, each in found.items() if each.result == "ok"} == {
        "URL", "online", "mixed content", "policy", "local network", "connections", "server", "status",
    }  # fmt: skip
    assert findings(answers=True)["TLS"].result == "ok"
    assert findings("ws://localhost/", online=False)["online"].result == "ok"
    assert findings()["local network"].words == "The browser asks for no permission for this address."


def test_outside_a_browser() -> None:
    """Where there is no page, nothing is said of one."""
    assert set(findings(origin=None)) == {"URL", "connection"}


def test_problems_have_remedies() -> None:
    """Most problems come with something to do, and no finding shows a secret of the URL."""
    found = findings("wss://me:s3cret@example.com:81/path?token=s3cret", directive="connect-src")
    assert found["policy"].remedy == "Add wss://example.com:81 to that directive."
    assert "s3cret" not in repr(found)
    assert list(findings(agent=FIREFOX, online=True)) == [
        check for check in CHECKS if check not in ("TLS", "server", "status", "subprotocols", "delay")
    ]
