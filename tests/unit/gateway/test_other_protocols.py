"""Other protocols than HTTP are recognised by their first bytes."""

import pytest

from tests.unit.gateway.http_requests import (
    GET,
    SECRET,
)
from websocketstream.errors import NotSupportedError
from websocketstream.gateway.http import RequestReader

MQTT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03s3c"
POSTGRES = b"\x00\x00\x00\x15\x00\x03\x00\x00user\x00s3cret\x00\x00"
BINARY = "bytes of a binary protocol"
OTHER_PROTOCOLS = {
    b"\x16\x03\x01\x02\x00\x01\x00": "a TLS record",
    MQTT: "an MQTT CONNECT packet",
    b"\x10\x80\x01\x00\x04MQTT\x05": "an MQTT CONNECT packet",
    POSTGRES: "a PostgreSQL startup message",
    b"\x00\x00\x00\x08\x04\xd2\x16\x2f": "a PostgreSQL startup message",
    b"AMQP\x00\x00\x09\x01": BINARY,
    b"\x35\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00s3cret": BINARY,
    b"*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n": "a Redis command",
    b"\x05\x01\x00": BINARY,
    b"SSH-2.0-s3cret\r\n": "a line of text",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "the preface of an HTTP/2 connection",
    b"CONNECT\nlogin:s3cret\n\n\0": "a line of text that begins with CONNECT",
    b"PASS s3cret\r\n": "a line of text that begins with PASS",
    b"QUIT\r\n": "a line of text that begins with QUIT",
    b"GET / HTTP/0.9\r\n": "a line of text that begins with GET",
    b"GET / HTTP/3.0\r\n": "a line of text that begins with GET",
    b"user:s3cret\n": "a line of text",
    b"\xff": BINARY,
    b"\x00\x01s3cret": BINARY,
    b"GE\x01": BINARY,
    b"a" * 40: "a line of text",
}


@pytest.mark.parametrize(("data", "seen"), OTHER_PROTOCOLS.items(), ids=map(repr, OTHER_PROTOCOLS))
def test_other_protocols_are_recognised(data: bytes, seen: str) -> None:
    """A library that expects TCP gets an error that says what came, and none of its content."""
    with pytest.raises(NotSupportedError, match="a page has no TCP") as raised:
        RequestReader().feed(data)
    assert f"got {seen}: " in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("size", range(1, len(GET)))
def test_the_beginning_of_a_request_is_waited_for(size: int) -> None:
    """A request that comes in pieces is not taken for another protocol."""
    assert RequestReader().feed(GET[:size]) == []


def test_nothing_is_not_another_protocol() -> None:
    """Empty writes are ignored."""
    assert RequestReader().feed(b"") == []
