"""Addresses of this computer and of the local network, and the permission that a page needs for them."""

import pytest

from websocketstream._core.rules import LOCAL, LOOPBACK, address_space, needed_permission


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", LOOPBACK),
        ("127.1.2.3", LOOPBACK),
        ("[::1]:8080", LOOPBACK),
        ("localhost", LOOPBACK),
        ("app.localhost", LOOPBACK),
        ("10.0.0.1", LOCAL),
        ("172.16.0.1", LOCAL),
        ("192.168.1.20:81", LOCAL),
        ("169.254.1.1", LOCAL),
        ("100.64.0.1", LOCAL),
        ("[fe80::1]", LOCAL),
        ("[fd00::1]", LOCAL),
        ("robot.local", LOCAL),
        ("raspberrypi", LOCAL),
        ("example.com", None),
        ("localhost.example.com", None),
        ("93.184.216.34", None),
        ("[2606:2800:220:1::1]", None),
    ],
)
def test_address_space(host: str, expected: str | None) -> None:
    """Numbers and names with a fixed meaning say where the host is."""
    assert address_space(f"wss://me:s3cret@{host}/path") == expected


@pytest.mark.parametrize(
    ("url", "page", "expected"),
    [
        ("ws://localhost/", "https://example.com", LOOPBACK),
        ("ws://192.168.1.2/", "https://example.com", LOCAL),
        ("ws://localhost/", "http://192.168.1.1", LOOPBACK),
        ("ws://localhost/", "null", LOOPBACK),
        ("ws://192.168.1.2/", "http://192.168.1.1", None),
        ("ws://localhost/", "http://127.0.0.1:8000", None),
        ("ws://192.168.1.2/", "http://127.0.0.1:8000", None),
        ("wss://example.com/", "http://192.168.1.1", None),
        ("wss://example.com/", "https://example.org", None),
        ("ws://localhost/", None, None),
    ],
)
def test_needed_permission(url: str, page: str | None, expected: str | None) -> None:
    """A page needs a permission for addresses that are more private than its own."""
    assert needed_permission(url, page) == expected
