"""The exceptions: their names, the builtins that they also are, and what they keep."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import websocketstream
from websocketstream import errors
from websocketstream._core.failures import not_connected
from websocketstream.errors import (
    AbortError,
    BufferOverflowError,
    DOMException,
    DOMSyntaxError,
    HandshakeError,
    InvalidAccessError,
    InvalidStateError,
    MessagesLostError,
    NotSupportedError,
    SecurityError,
    WebSocketError,
    validate_close_code_and_reason,
)

TREE = {
    DOMSyntaxError: ("SyntaxError", ValueError),
    InvalidAccessError: ("InvalidAccessError", ValueError),
    InvalidStateError: ("InvalidStateError", RuntimeError),
    NotSupportedError: ("NotSupportedError", RuntimeError),
    SecurityError: ("SecurityError", PermissionError),
    AbortError: ("AbortError", Exception),
    WebSocketError: ("WebSocketError", ConnectionError),
    HandshakeError: ("WebSocketError", ConnectionRefusedError),
    BufferOverflowError: ("WebSocketError", WebSocketError),
    MessagesLostError: ("WebSocketError", WebSocketError),
}

ALLOWED_CODES = st.just(1000) | st.integers(3000, 4999)
REASONS = st.text().filter(lambda text: len(text.encode("utf-8", "surrogatepass")) <= 123)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_tree(kind: type[DOMException]) -> None:
    """Each exception has the standard's name and is the builtin that one would catch."""
    name, builtin = TREE[kind]
    error = kind("what happened")
    assert error.name == kind.name == name
    assert isinstance(error, DOMException)
    assert isinstance(error, builtin)
    assert error.message == str(error) == "what happened"
    assert getattr(websocketstream, kind.__name__) is kind


def test_tree_is_complete() -> None:
    """The tree has every exception of the module."""
    kinds = {getattr(errors, name) for name in errors.__all__}
    assert kinds - {DOMException, errors.ReceiveBufferWarning} == set(TREE)


@pytest.mark.parametrize("kind", [DOMException, *TREE], ids=lambda kind: kind.__name__)
def test_no_message(kind: type[DOMException]) -> None:
    """Every exception can be made without a message."""
    assert kind().message == str(kind()) == ("The operation was aborted." if kind is AbortError else "")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize(
    "error",
    [
        *(kind("what happened") for kind in TREE),
        AbortError("gone", reason={"why": 3}),
        WebSocketError("gone", close_code=3001, reason="why"),
        WebSocketError._received("gone", 1006, ""),
    ],
    ids=repr,
)
def test_copies(error: DOMException, copied: object) -> None:
    """Exceptions survive pickling and copying with all that they carry."""
    assert callable(copied)
    error.add_note("seen twice")
    twin = copied(error)
    assert type(twin) is type(error)
    assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


def test_abort_error() -> None:
    """An AbortError has the reason that was given, of whatever type."""
    assert AbortError().reason is None
    assert AbortError(reason=7).reason == 7


def test_websocket_error_defaults() -> None:
    """A WebSocketError without arguments has no code, an empty reason and an empty message."""
    error = WebSocketError()
    assert (error.message, error.close_code, error.reason) == ("", None, "")


def test_websocket_error_validates() -> None:
    """A WebSocketError takes only what a Close frame could be sent with."""
    with pytest.raises(InvalidAccessError):
        WebSocketError(close_code=1006)
    with pytest.raises(DOMSyntaxError):
        WebSocketError(reason="x" * 124)
    assert WebSocketError(reason="why").close_code == 1000


def test_received() -> None:
    """What a connection has ended with is taken as it is."""
    error = MessagesLostError._received("lost", 1006, "x" * 200)
    assert type(error) is MessagesLostError
    assert (error.message, error.close_code, error.reason) == ("lost", 1006, "x" * 200)


@given(code=ALLOWED_CODES | st.none(), reason=REASONS)
def test_allowed(code: int | None, reason: str) -> None:
    """Any allowed code and any short reason are kept; only a reason without a code gets 1000."""
    expected = 1000 if code is None and reason else code
    assert validate_close_code_and_reason(code, reason) == (expected, reason)


@given(code=st.integers().filter(lambda code: code != 1000 and not 3000 <= code <= 4999))
def test_forbidden_codes(code: int) -> None:
    """Any other code is refused, and the message says what may be used."""
    with pytest.raises(InvalidAccessError, match="use 1000, or 3000 to 4999"):
        validate_close_code_and_reason(code, "")


@given(reason=st.text(min_size=31).filter(lambda text: len(text.encode("utf-8", "surrogatepass")) > 123))
def test_long_reasons(reason: str) -> None:
    """A reason is measured in bytes of UTF-8, and refused when they are more than 123."""
    with pytest.raises(DOMSyntaxError, match="at most 123 bytes"):
        validate_close_code_and_reason(None, reason)


def test_reason_of_123_bytes() -> None:
    """123 bytes are just short enough, in whatever characters."""
    for reason in ("x" * 123, "é" * 61 + "x", "€" * 41, "🐍" * 30 + "xyz"):
        assert len(reason.encode()) == 123
        assert validate_close_code_and_reason(None, reason) == (1000, reason)
        with pytest.raises(DOMSyntaxError):
            validate_close_code_and_reason(None, reason + "x")


def test_certificate_is_among_the_reasons_with_tls() -> None:
    """The error of a connection that could not be made names the certificate, for `wss:` only."""
    assert "its certificate not trusted" in str(not_connected("wss://example.com/", ""))
    assert "certificate" not in str(not_connected("ws://example.com/", ""))


@pytest.mark.parametrize("code", [True, 1000.0, "1000", b"", object()])
def test_code_types(code: object) -> None:
    """A code that is no int is a TypeError."""
    with pytest.raises(TypeError, match="close_code must be an int"):
        validate_close_code_and_reason(code, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", [None, b"why", 7])
def test_reason_types(reason: object) -> None:
    """A reason that is no str is a TypeError."""
    with pytest.raises(TypeError, match="reason must be a str"):
        validate_close_code_and_reason(1000, reason)  # type: ignore[arg-type]
