"""The options: one set of names and defaults, what each refuses, and headers where they can be sent."""

import asyncio
import inspect
import json
import math
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import pytest

from tests.server import serve
from tests.unit.bench import Bench
from websocketstream import NotSupportedError, WebSocketStream, reconnect, stream
from websocketstream._core.options import DEFAULTS, ConnectionOptions, StreamOptions, SyncOptions
from websocketstream._core.rules import validate_headers
from websocketstream.sync import connect

URL = "wss://example.com/feed"


# Names and defaults


def _options(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters.items()
    return {name: each for name, each in parameters if name not in ("self", "url")}


def test_names_and_types() -> None:
    """``StreamOptions`` has the names and types of the constructor, in the same order."""
    annotations = {
        name: getattr(each, "__forward_arg__", each)
        for name, each in StreamOptions.__annotations__.items()
    }
    options = _options(WebSocketStream.__init__)
    assert list(annotations.items()) == [(name, each.annotation) for name, each in options.items()]
    assert {each.kind for each in options.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_defaults() -> None:
    """The constructor's defaults are those of ``ConnectionOptions``, the rest is nothing, or "auto"."""
    defaults = {name: each.default for name, each in _options(WebSocketStream.__init__).items()}
    assert asdict(DEFAULTS) == {each.name: defaults.pop(each.name) for each in fields(ConnectionOptions)}
    assert defaults == {"protocols": (), "signal": None, "headers": (), "backend": "auto"}
    assert asdict(DEFAULTS) == {
        "high_water_mark": 16 * 1024 * 1024,
        "send_high_water_mark": 1024 * 1024,
        "overflow": "buffer",
        "open_timeout": 60,
        "close_timeout": 10,
        "idle_timeout": None,
        "run_sync": True,
    }


def test_other_functions_take_the_same() -> None:
    """``reconnect()`` takes the options as they are, ``sync.connect()`` all but ``run_sync``."""
    assert _options(reconnect)["options"].annotation == "Unpack[StreamOptions]"
    assert _options(connect)["options"].annotation == "Unpack[SyncOptions]"
    assert StreamOptions.__annotations__.keys() - SyncOptions.__annotations__.keys() == {"run_sync"}


def test_blocking_client_takes_no_run_sync() -> None:
    """``sync.connect()`` refuses ``run_sync``: no code of the program runs in the step of a message."""
    with pytest.raises(TypeError, match="run_sync"):
        connect(URL, run_sync=False)  # type: ignore[call-arg]


def _first_stream(url: str, **options: Any) -> object:
    """Make the first stream of ``reconnect()``."""
    return asyncio.run(anext(reconnect(url, **options)))


@pytest.mark.parametrize("function", [_first_stream, connect])
def test_safe_by_default(monkeypatch: pytest.MonkeyPatch, function: Callable[..., object]) -> None:
    """There the back end is a safe one, unless another is named."""

    class Asked(Exception):
        """What was asked for."""

    def ask(backend: object) -> None:
        raise Asked(backend)

    monkeypatch.setattr(stream, "resolve_backend", ask)
    with pytest.raises(Asked, match=r"^safe$"):
        function(URL)
    with pytest.raises(Asked, match=r"^auto$"):
        function(URL, backend="auto")


# What they refuse

MARKS = ("high_water_mark", "send_high_water_mark")
TIMEOUTS = ("open_timeout", "close_timeout", "idle_timeout")
WRONG: list[tuple[str, Any, type[Exception]]] = [
    *((name, low, ValueError) for name in MARKS for low in (0, -1)),
    *((name, other, TypeError) for name in MARKS for other in (1.5, "1", True, None)),
    *((name, bad, ValueError) for name in TIMEOUTS for bad in (0, -1, -0.5, math.inf, math.nan)),
    *((name, other, TypeError) for name in TIMEOUTS for other in ("1", True, b"")),
    ("overflow", "drop", ValueError),
    ("overflow", None, ValueError),
    *(("run_sync", other, TypeError) for other in (None, 0, "no")),
    ("backend", "classic", ValueError),
    ("backend", None, TypeError),
    ("backend", 5, TypeError),
    ("signal", "now", TypeError),
    ("protocols", "a b", ValueError),
    ("protocols", ["a", "a"], ValueError),
    ("protocols", [5], TypeError),
    ("protocols", None, TypeError),
    ("headers", 5, TypeError),
    ("headers", {"X": 5}, TypeError),
]


@pytest.mark.parametrize(("name", "value", "error"), WRONG, ids=repr)
async def test_wrong_values(name: str, value: object, error: type[Exception]) -> None:
    """A wrong value is refused at the call, with its name and its value or type; nothing connects."""
    bench = Bench()
    options: dict[str, Any] = {"backend": bench, name: value}
    with pytest.raises(error) as raised:
        WebSocketStream(URL, **options)
    if (name, value) not in (("protocols", None), ("headers", 5)):  # those are Python's own
        assert name.rstrip("s") in str(raised.value)
        if error is TypeError and name != "headers":
            wrong = value[0] if isinstance(value, list) and value else value
            assert type(wrong).__name__ in str(raised.value)
    if isinstance(value, int | float | str) and error is ValueError:
        assert str(value) in str(raised.value)
    assert not hasattr(bench, "rig")


def test_unknown_option() -> None:
    """An option that does not exist is refused everywhere."""
    unknown: dict[str, Any] = {"subprotocols": ["v1"]}
    for function in (WebSocketStream, _first_stream, connect):
        with pytest.raises(TypeError, match="subprotocols"):
            function(URL, **unknown)


# Headers


@pytest.mark.parametrize(
    "headers", [{"X-A": "1", "B": "two"}, [("X-A", "1"), ("B", "two")]], ids=["mapping", "pairs"]
)
def test_valid_headers(headers: Any) -> None:
    """Headers are a mapping or pairs, and keep their order."""
    assert validate_headers(headers) == [("X-A", "1"), ("B", "two")]
    assert validate_headers([("Same", "1"), ("Same", "\t2 ä~")]) == [("Same", "1"), ("Same", "\t2 ä~")]
    assert validate_headers({}) == []


@pytest.mark.parametrize(
    ("headers", "error", "message"),
    [
        ({"": "s3cret"}, ValueError, "'' is not a valid header name"),
        ({"a b": "s3cret"}, ValueError, "'a b' is not a valid header name"),
        ({"a:": "s3cret"}, ValueError, "header name"),
        ({"ä": "s3cret"}, ValueError, "header name"),
        ({"a\n": "s3cret"}, ValueError, "header name"),
        ({"Authorization": "s3cret\r\nX: y"}, ValueError, "the value of the header Authorization"),
        ({"Authorization": "s3cret\n"}, ValueError, "the value of the header Authorization"),
        ({"Authorization": "s3cret\0"}, ValueError, "the value of the header Authorization"),
        ({"Authorization": "s3cret\x7f"}, ValueError, "the value of the header Authorization"),
        ({"Authorization": "s3cret €"}, ValueError, "the value of the header Authorization"),
        ({"Authorization": b"s3cret"}, TypeError, "str to str"),
        ({b"Authorization": "s3cret"}, TypeError, "str to str"),
        ([("Authorization", None)], TypeError, "str to str"),
        ([("Authorization",)], ValueError, "unpack"),
    ],
    ids=repr,
)
def test_wrong_headers(headers: Any, error: type[Exception], message: str) -> None:
    """Headers that can't be sent are refused; the error shows no value, which may be secret."""
    with pytest.raises(error, match=message) as raised:
        validate_headers(headers)
    assert "s3cret" not in str(raised.value)


async def test_headers_where_they_can_not_be_sent() -> None:
    """Where there is no way to send headers they are refused, with their names and the way out."""
    bench = Bench()
    with pytest.raises(NotSupportedError) as raised:
        WebSocketStream(URL, headers={"Authorization": "s3cret", "X-B": "2"}, backend=bench)
    assert "Authorization, X-B" in str(raised.value)
    assert "query string" in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert not hasattr(bench, "rig")
    WebSocketStream(URL, headers={}, backend=bench)


async def test_headers_on_cpython() -> None:
    """On CPython headers are sent with the handshake."""
    async with serve() as server:
        headers = {"Authorization": "Bearer s3cret", "X-B": "1"}
        async with WebSocketStream(f"{server.url}/headers", headers=headers) as ws:
            received = json.loads(await ws.recv())["headers"]
    assert (received["authorization"], received["x-b"]) == ("Bearer s3cret", "1")
