"""The rules for URLs, subprotocols and messages."""

import array
import ctypes
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.bench import Bench
from websocketstream._core.rules import (
    Message,
    get_a_url_record,
    redact,
    size_of,
    to_message,
    validate_protocols,
)
from websocketstream.errors import DOMSyntaxError

parse = Bench().parse_url

SECRET = "s3cret"


def no_foreigners(chunk: object) -> bytes | None:
    return None


def message_of(chunk: object) -> Message:
    return to_message(chunk, no_foreigners)


# URLs


@pytest.mark.parametrize(
    ("url", "record"),
    [
        ("wss://example.com/feed?x=1", "wss://example.com/feed?x=1"),
        ("ws://example.com:81", "ws://example.com:81/"),
        ("http://example.com/", "ws://example.com/"),
        ("https://example.com/", "wss://example.com/"),
        ("/feed", "wss://example.test/feed"),
        ("//other.test/feed", "wss://other.test/feed"),
        ("", "wss://example.test/"),
    ],
)
def test_url_record(url: str, record: str) -> None:
    """A URL is resolved against the page's, and http becomes ws."""
    assert get_a_url_record(url, parse) == record


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("wss://", "not a valid URL"),
        ("wss://example.com:99999/", "not a valid URL"),
        ("ftp://example.com/", "scheme 'ftp'"),
        ("mailto:me", "scheme 'mailto'"),
        ("wss://example.com/#here", "fragment"),
        ("wss://example.com/#", "fragment"),
    ],
)
def test_bad_url(url: str, why: str) -> None:
    """A URL that can't be connected to is a SyntaxError that says what is wrong."""
    with pytest.raises(DOMSyntaxError, match=why):
        get_a_url_record(url, parse)


@pytest.mark.parametrize("url", [None, b"wss://example.com/", 7])
def test_url_type(url: object) -> None:
    """A URL that is no str is a TypeError."""
    with pytest.raises(TypeError, match="url must be a str"):
        get_a_url_record(url, parse)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://example.com/feed", "wss://example.com/feed"),
        ("wss://example.com/feed?token=s3cret", "wss://example.com/feed?…"),
        ("wss://example.com/feed?", "wss://example.com/feed?…"),
        ("wss://example.com/feed#s3cret", "wss://example.com/feed"),
        ("wss://example.com/#s3cret?s3cret", "wss://example.com/?…"),
        ("wss://me:s3cret@example.com/feed", "wss://example.com/feed"),
        ("wss://me:s3cret@example.com", "wss://example.com"),
        ("wss://s3cret@s3cret@example.com/@home", "wss://example.com/@home"),
        ("//me:s3cret@example.com/", "//example.com/"),
        ("wss:me:s3cret@example.com/", "example.com/"),
        ("wss:\\\\me:s3cret@example.com/", "example.com/"),
        ("wss:///me:s3cret@example.com/", "example.com/"),
        ("wss://me:s3/cret@example.com/", "example.com/"),
        ("wss://me:s3?cret@example.com/", "…?…"),
        ("wss://example.com:8080/@home", "wss://example.com:8080/@home"),
        ("wss://[::1]:8080/@home", "wss://[::1]:8080/@home"),
        ("", ""),
    ],
)
def test_redact(url: str, shown: str) -> None:
    """What may be secret is not shown: userinfo, query string and fragment."""
    assert redact(url) == shown


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="/?#@\\"))


@given(
    scheme=st.sampled_from(["ws:", "wss:", "https:", ""]),
    slashes=st.sampled_from(["//", "///", "/\\", "\\\\", "//\\"]),
    userinfo=TEXT.map(lambda text: f"{text}:{SECRET}@") | st.just(""),
    host=st.sampled_from(["example.com", "example.com:81", "[::1]", "127.0.0.1:9", ""]),
    path=st.text(st.characters(codec="utf-8", exclude_characters="?#@")),
    query=TEXT.map(lambda text: f"?{text}{SECRET}{text}"),
    fragment=TEXT.map(lambda text: f"#{SECRET}{text}") | st.just(""),
)
def test_redact_hides_secrets(
    scheme: str, slashes: str, userinfo: str, host: str, path: str, query: str, fragment: str
) -> None:
    """However a URL is put together, neither userinfo nor query string nor fragment is shown."""
    url = f"{scheme}{slashes}{userinfo}{host}/{path}{query}{fragment}"
    assert SECRET not in redact(url)
    with pytest.raises(DOMSyntaxError) as caught:
        get_a_url_record(url + "#fragment", parse)
    assert SECRET not in str(caught.value)


# Subprotocols


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ((), ()),
        ("chat", ("chat",)),
        (["a", "b"], ("a", "b")),
        (iter(["a"]), ("a",)),
        (["A", "a", "!#$%&'*+-.^_`|~09zZ"], ("A", "a", "!#$%&'*+-.^_`|~09zZ")),
    ],
)
def test_protocols(given: object, names: tuple[str, ...]) -> None:
    """Subprotocols are given as any iterable of strings, or one as a string."""
    assert validate_protocols(given) == names  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", " ", "a b", "a,b", "a\n", "ä", 'a"', "a/b", "(a)"])
def test_bad_protocols(name: str) -> None:
    """A subprotocol that is no token is a SyntaxError."""
    with pytest.raises(DOMSyntaxError, match="RFC 7230 token"):
        validate_protocols([name])


def test_protocol_twice() -> None:
    """A subprotocol that is given twice is a SyntaxError."""
    with pytest.raises(DOMSyntaxError, match="'a' is given more than once"):
        validate_protocols(["a", "b", "a"])


@pytest.mark.parametrize("name", [b"a", None, 7])
def test_protocol_type(name: object) -> None:
    """A subprotocol that is no string is a TypeError."""
    with pytest.raises(TypeError, match="protocols must be strings"):
        validate_protocols([name])  # type: ignore[list-item]


# Messages


@given(st.text())
def test_text(text: str) -> None:
    """Text is sent as it is, with U+FFFD for each lone surrogate."""
    expected = "".join("�" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert message_of(text) == expected


@given(st.text(st.characters(categories=["Cs"]) | st.sampled_from("a€🐍")))
def test_surrogates(text: str) -> None:
    """Two surrogates that are a pair become the character that they stand for, as in JavaScript."""
    in_javascript = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    message = message_of(text)
    assert message == in_javascript
    assert isinstance(message, str)
    message.encode()


class Loud(str):
    """A subclass with another idea of what it says."""

    def __str__(self) -> str:
        return self.upper()


def test_str_subclass() -> None:
    """A subclass of str is sent as a plain str."""
    for text in ("plain", "schön"):
        message = message_of(Loud(text))
        assert type(message) is str


@given(st.binary())
def test_bytes_like(data: bytes) -> None:
    """Any bytes-like object is sent as the bytes that it has, copied."""
    assert message_of(data) is data
    assert message_of(bytearray(data)) == data
    assert message_of(memoryview(data)) == data
    assert message_of(array.array("B", data)) == data
    assert message_of(np.frombuffer(data, np.uint8)) == data
    assert message_of((ctypes.c_char * len(data)).from_buffer_copy(data)) == data


@given(st.binary(min_size=1), st.integers(1, 5), st.booleans())
def test_strided(data: bytes, step: int, backwards: bool) -> None:
    """Of a view with a stride, what it shows is sent, in its order."""
    steps = slice(None, None, -step if backwards else step)
    assert message_of(memoryview(data)[steps]) == data[steps]
    assert message_of(np.frombuffer(data, np.uint8)[steps]) == data[steps]


@pytest.mark.parametrize(
    "numbers",
    [
        array.array("d", [1.5, -2]),
        np.arange(12, dtype=">i4").reshape(3, 4),
        np.arange(12).reshape(3, 4).T,
        np.array(3.5),
        np.zeros(3, [("x", "f4"), ("n", "i8")]),
        np.array([], "f4"),
        np.array(["ab", "c"]),
    ],
    ids=repr,
)
def test_numbers(numbers: object) -> None:
    """Of an array of numbers the bytes in memory are sent, row by row."""
    assert message_of(numbers) == memoryview(numbers).tobytes()  # type: ignore[arg-type]


def test_copies() -> None:
    """What is changed after the call is not changed in the message."""
    buffer = bytearray(b"before")
    message = message_of(buffer)
    buffer[:] = b"after!"
    assert message == b"before"
    buffer.append(0)  # nothing holds on to it


@pytest.mark.parametrize(
    "objects",
    [np.array([object()]), np.array(["a"], dtype=object), np.zeros(2, [("x", object)])],
    ids=["object", "str", "structure"],
)
def test_objects(objects: object) -> None:
    """An array of Python objects is refused: its bytes would be addresses in memory."""
    with pytest.raises(TypeError, match="Python objects"):
        message_of(objects)


def released() -> memoryview:
    view = memoryview(b"gone")
    view.release()
    return view


@pytest.mark.parametrize("chunk", [None, 7, 1.5, ["a"], {"a": 1}, object(), released(), str])
def test_other_types(chunk: object) -> None:
    """Anything else is a TypeError that says what to do, not its repr on the wire."""
    with pytest.raises(TypeError, match=r"encode it first, for example with json\.dumps"):
        message_of(chunk)


def test_foreign_buffers() -> None:
    """A buffer of the back end's world is turned into bytes by the back end, which can also refuse."""
    foreign: Callable[[object], bytes | None] = {7: b"seven"}.get  # type: ignore[assignment]
    assert to_message(7, foreign) == b"seven"
    assert to_message(b"own", foreign) == b"own"

    def refuse(chunk: object) -> bytes | None:
        raise TypeError("not this one")

    with pytest.raises(TypeError, match="not this one"):
        to_message(7, refuse)


@given(st.text() | st.binary())
def test_size(message: str | bytes) -> None:
    """The size of a message is its length in bytes, text as UTF-8."""
    data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    assert size_of(message) == len(data)


def test_json_fits() -> None:
    """What the error recommends works."""
    assert message_of(json.dumps({"a": 1})) == '{"a": 1}'
