"""Errors: their classes and fields, the one error of an unclean end, and what messages keep quiet."""

from __future__ import annotations

import logging

from websocketstream import (
    AbortError,
    BufferOverflowError,
    DOMException,
    DOMSyntaxError,
    InvalidAccessError,
    InvalidStateError,
    MessagesLostError,
    NotSupportedError,
    SecurityError,
    WebSocketError,
    WebSocketStream,
)

from .env import Env
from .registry import scenario
from .steps import failure, read_until_error, refusal, settled


@scenario()
async def errors_are_the_standards_and_pythons(env: Env) -> None:
    """Each error has the standard's name, and is the builtin that a Python programmer would catch."""
    for kind, name, builtin in (
        (DOMSyntaxError, "SyntaxError", ValueError),
        (InvalidAccessError, "InvalidAccessError", ValueError),
        (InvalidStateError, "InvalidStateError", RuntimeError),
        (NotSupportedError, "NotSupportedError", RuntimeError),
        (SecurityError, "SecurityError", PermissionError),
        (AbortError, "AbortError", Exception),
        (WebSocketError, "WebSocketError", ConnectionError),
        (BufferOverflowError, "WebSocketError", WebSocketError),
        (MessagesLostError, "WebSocketError", WebSocketError),
    ):
        error = kind("what happened")
        assert isinstance(error, DOMException)
        assert isinstance(error, builtin)
        assert (error.name, error.message, str(error)) == (name, "what happened", "what happened")


@scenario()
async def websocket_error_has_defaults(env: Env) -> None:
    """WebSocketError() has an empty message and reason, and no close code."""
    error = WebSocketError()
    assert (error.name, error.message) == ("WebSocketError", "")
    assert (error.close_code, error.reason) == (None, "")


@scenario()
async def websocket_error_takes_message_code_and_reason(env: Env) -> None:
    """A WebSocketError is made of a message, a close code and a reason."""
    error = WebSocketError("what happened", close_code=3456, reason="why")
    assert (error.name, error.message) == ("WebSocketError", "what happened")
    assert (error.close_code, error.reason) == (3456, "why")
    error = WebSocketError("", close_code=3333)
    assert (error.close_code, error.reason) == (3333, "")


@scenario()
async def websocket_error_with_reason_has_code_1000(env: Env) -> None:
    """A WebSocketError with a reason and no code has the code 1000."""
    assert WebSocketError("", reason="specified").close_code == 1000
    assert WebSocketError("", reason="").close_code is None


@scenario()
async def websocket_error_checks_its_code(env: Env) -> None:
    """A WebSocketError takes the codes that close() takes, and no others."""
    for code in (0, 999, 1001, 1005, 1006, 2999, 5000):
        refusal(InvalidAccessError, WebSocketError, "", close_code=code)
    for code in (1000, 3000, 4999):
        assert WebSocketError("", close_code=code).close_code == code
    refusal(TypeError, WebSocketError, "", close_code="1000")


@scenario()
async def websocket_error_checks_its_reason(env: Env) -> None:
    """A WebSocketError's reason has at most 123 bytes of UTF-8; characters don't count."""
    refusal(DOMSyntaxError, WebSocketError, "", close_code=1000, reason="x" * 124)
    refusal(DOMSyntaxError, WebSocketError, "", reason="🔌" * 32)
    assert WebSocketError("", reason="x" * 123).reason == "x" * 123


@scenario()
async def unclean_end_is_one_error_for_all(env: Env) -> None:
    """After an unclean close the reader, the writer and ``closed`` raise the same object."""
    stream = env.stream(settled("/reset"))
    opened = await stream.opened
    error = await failure(WebSocketError, stream.closed)
    assert (error.name, error.close_code, error.reason) == ("WebSocketError", 1006, "")
    with opened.readable.get_reader() as reader:
        assert await failure(WebSocketError, reader.read()) is error
        assert await failure(WebSocketError, reader.read()) is error
        assert await failure(WebSocketError, reader.closed) is error
    with opened.writable.get_writer() as writer:
        assert await failure(WebSocketError, writer.ready) is error
        assert await failure(WebSocketError, writer.closed) is error
        assert writer.desired_size is None
        assert refusal(WebSocketError, writer.write, "too late") is error
    assert (await read_until_error(WebSocketError, opened.readable))[1] is error
    assert await failure(WebSocketError, stream.closed) is error


SECRETS = ("s3cret", "t0ken")


@scenario()
async def secrets_in_a_refused_url_are_not_told(env: Env) -> None:
    """Password and query string of a URL that is refused are in no message."""
    for url in (
        "ftp://user:s3cret@example.com/path?token=t0ken",
        "wss://user:s3cret@example.com/path?token=t0ken#part",
        "wss://user:s3cret@example.com:port/path?token=t0ken",
        "wss://user:s3cret@/?token=t0ken",
        "invalid:user:s3cret@?t0ken",
    ):
        error = refusal(DOMSyntaxError, WebSocketStream, url, backend=env.backend)
        _assert_quiet(repr(error), str(error), str(error.__cause__), str(error.__context__))


@scenario()
async def secrets_in_a_failed_url_are_not_told(env: Env) -> None:
    """Password and query string of a URL that fails are in no message, repr or log."""
    url = env.server.replace("//", "//user:s3cret@", 1)
    records: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    logger = logging.getLogger("websocketstream")
    level, propagate, listener = logger.level, logger.propagate, Listener()
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        for path in ("/refuse?status=403&id=t0ken", "/reset?id=t0ken"):
            stream = WebSocketStream(url + path, backend=env.backend)
            for promise in (stream.closed, stream.opened):
                try:
                    _assert_quiet(repr(await promise))
                except WebSocketError as error:
                    _assert_quiet(repr(error), str(error))
            _assert_quiet(repr(stream), str(stream))
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate
    assert records, "nothing was logged"
    _assert_quiet(*records)


@scenario()
async def nothing_is_logged_by_default(env: Env) -> None:
    """The package's logger is silent below the level of warnings unless it is asked to speak."""
    logger = logging.getLogger("websocketstream")
    assert not logger.isEnabledFor(logging.INFO)
    assert not logger.handlers or all(
        isinstance(handler, logging.NullHandler) for handler in logger.handlers
    )


def _assert_quiet(*texts: str) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in text, text
