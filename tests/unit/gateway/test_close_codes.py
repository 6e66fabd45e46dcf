"""The close codes that a page may send, in the place of those that a library may."""

import pytest
from websockets.frames import EXTERNAL_CLOSE_CODES, OK_CLOSE_CODES

from websocketstream.errors import validate_close_code_and_reason
from websocketstream.gateway.close_codes import received, sendable

LIBRARY_CODES = [*sorted(map(int, EXTERNAL_CLOSE_CODES)), 3000, 3999, 4000, 4999]


@pytest.mark.parametrize("code", LIBRARY_CODES)
def test_every_code_of_a_library_can_be_sent(code: int) -> None:
    """For each code that a library may send, there is one that a page may, and it stays an error's."""
    sent = sendable(code)
    assert sent is not None
    validate_close_code_and_reason(sent, "")
    assert (sent in OK_CLOSE_CODES) == (code in OK_CLOSE_CODES)


@pytest.mark.parametrize(("code", "sent"), [(1000, 1000), (1001, 1000), (1011, 4011), (3000, 3000)])
def test_codes_are_mapped_as_documented(code: int, sent: int) -> None:
    """1001 is a normal end, other codes keep their last digits, and what a page may send stays."""
    assert sendable(code) == sent


def test_the_codes_of_errors_stay_different() -> None:
    """No two codes for errors go out as the same one."""
    errors = [code for code in LIBRARY_CODES if code not in OK_CLOSE_CODES]
    assert len({sendable(code) for code in errors}) == len(errors)


@pytest.mark.parametrize("code", LIBRARY_CODES)
def test_a_library_gets_its_own_code_back(code: int) -> None:
    """A server echoes the code that it received; the library reads the one that it sent."""
    assert received(sendable(code), code) == code


@pytest.mark.parametrize("code", [1001, 1011, 1014, 4011])
@pytest.mark.parametrize("sent", [None, 1000, 1001, 3000])
def test_a_server_s_own_code_is_passed_on(code: int, sent: int | None) -> None:
    """A code that is not the echo of the library's is the server's."""
    assert received(code, sent) == code


@pytest.mark.parametrize("sent", [None, 1000, 1011])
@pytest.mark.parametrize("code", [None, 1005])
def test_no_code_is_no_code(code: int | None, sent: int | None) -> None:
    """A Close frame without a code stays one, both ways."""
    assert sendable(None) is None
    assert received(code, sent) is None
