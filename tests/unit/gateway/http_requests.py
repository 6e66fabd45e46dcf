"""Requests, right and wrong, and what the gateway and ``h11`` read of them."""

from collections.abc import Iterable

import h11

from tests.unit.gateway.cutting import pieces_of
from websocketstream.gateway.http import Event, Request, RequestReader

SECRET = "s3cret"

GET = b"GET /path?token=s3cret HTTP/1.1\r\nHost: example.com\r\n\r\n"
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: WebSocket\r\n"
    b"Connection: keep-alive, Upgrade\r\n\r\n"
)


def read(data: bytes, cuts: Iterable[int] = (), reader: RequestReader | None = None) -> list[Event]:
    reader = reader or RequestReader()
    return [each for piece in pieces_of(data, cuts) for each in reader.feed(piece)]


def shown(events: Iterable[Event]) -> list[object]:
    """Return the events with requests as tuples, which can be compared."""
    return [
        (event.method, event.target, event.version, event.headers.items())
        if isinstance(event, Request)
        else event
        for event in events
    ]


def head(*lines: str, first: str = "GET / HTTP/1.1", host: str = "Host: example.com") -> bytes:
    return "\r\n".join([first, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def post(*lines: str, version: str = "1.1") -> bytes:
    return head(*lines, first=f"POST /things HTTP/{version}")


def only_request(data: bytes) -> Request:
    request = read(data)[0]
    assert isinstance(request, Request)
    return request


def read_by_h11(data: bytes) -> list[object] | int:
    """Return the first request as h11's server reads it, or the status that it answers."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    events: list[object] = []
    body = b""
    try:
        while (event := server.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED:
            if isinstance(event, h11.Request):
                headers = [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in event.headers.raw_items()
                ]
                events.append((event.method.decode(), event.target.decode(), headers))
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                events.append(body)
    except h11.RemoteProtocolError as error:
        return error.error_status_hint
    return events
