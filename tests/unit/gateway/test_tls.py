"""TLS contexts that a page can keep, and those that it can't; and the stand-in for a missing `ssl`."""

import importlib
import re
import ssl
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import certifi
import pytest
import websockets

from websocketstream.errors import NotSupportedError
from websocketstream.gateway import _ssl, tls
from websocketstream.gateway.tls import check_context

MODULES = [ssl, _ssl]


@pytest.fixture(params=MODULES, ids=["ssl", "stand-in"])
def module(request: pytest.FixtureRequest) -> Any:
    """The module that a program has imported as `ssl`."""
    return request.param


# What a page can do


@pytest.mark.parametrize("context", [None, True, False])
def test_no_context(context: Any) -> None:
    """Without a context there is nothing to refuse."""
    check_context(context)


def test_contexts_that_verify(module: Any) -> None:
    """A context that verifies certificates and names is what a browser does anyway."""
    check_context(module.create_default_context())
    check_context(module.SSLContext(module.PROTOCOL_TLS_CLIENT))


def test_certifi() -> None:
    """The authorities of certifi stand for those of any browser."""
    check_context(_ssl.create_default_context(cafile=certifi.where()))
    check_context(_ssl.create_default_context(cadata=certifi.contents()))


@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated")
def test_context_that_does_not_verify(module: Any) -> None:
    """A context that does not verify is refused, with the remedy."""
    for context in (module._create_unverified_context(), module.SSLContext(module.PROTOCOL_TLS)):
        with pytest.raises(
            NotSupportedError, match=r"verification of certificates.*have the browser trust"
        ):
            check_context(context)
    context = module.create_default_context()
    context.check_hostname = False
    context.verify_mode = module.CERT_NONE
    with pytest.raises(NotSupportedError, match="verification"):
        check_context(context)


def test_authorities(tmp_path: Path) -> None:
    """A context with authorities of its own is refused, with the remedy."""
    path = tmp_path / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----")
    for given in (
        {"cafile": str(path)},
        {"capath": str(tmp_path)},
        {"cadata": b"\xff"},
        {"cadata": "x"},
    ):
        with pytest.raises(NotSupportedError, match=r"certificate authorities.*into the browser"):
            check_context(_ssl.create_default_context(**given))


def test_authorities_without_certifi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no certifi, authorities can't be those of certifi."""
    context = _ssl.create_default_context(cadata=certifi.contents())
    monkeypatch.setitem(sys.modules, "certifi", None)
    with pytest.raises(NotSupportedError):
        check_context(context)


def test_client_certificate(tmp_path: Path) -> None:
    """A context with a client certificate is refused, with the remedy."""
    path = tmp_path / "client.pem"
    path.write_text("-----BEGIN CERTIFICATE-----")
    context = _ssl.create_default_context()
    context.load_cert_chain(str(path))
    with pytest.raises(NotSupportedError, match=r"client certificate.*into the browser"):
        check_context(context)


def test_no_context_at_all() -> None:
    """What does not say that it verifies, does not."""
    with pytest.raises(NotSupportedError, match="verification"):
        check_context(object())


# The stand-in


def test_contexts_are_those_of_ssl() -> None:
    """A context of the stand-in starts with what one of `ssl` does."""

    def contexts(module: Any) -> list[Any]:
        return [
            module.create_default_context(),
            module.create_default_context(module.Purpose.CLIENT_AUTH),
            module.SSLContext(module.PROTOCOL_TLS_CLIENT),
            module.SSLContext(module.PROTOCOL_TLS_SERVER),
        ]

    for real, ours in zip(contexts(ssl), contexts(_ssl), strict=True):
        for name in ("protocol", "verify_mode", "check_hostname", "post_handshake_auth"):
            assert getattr(ours, name) == getattr(real, name), name


def test_constants_are_those_of_ssl() -> None:
    """What has a number has the same as in `ssl`, except for what depends on OpenSSL."""
    for name, value in vars(_ssl).items():
        if isinstance(value, int) and re.match("(CERT|OP|PROTOCOL|SSL_ERROR|VERIFY)_", name):
            assert value == getattr(ssl, name), name
    for enumeration in ("VerifyMode", "TLSVersion"):
        ours, real = getattr(_ssl, enumeration), getattr(ssl, enumeration)
        assert {each.name: each.value for each in ours} == {each.name: each.value for each in real}


def test_errors_are_those_of_ssl() -> None:
    """Its errors have the bases of those of `ssl`."""
    for name, value in vars(_ssl).items():
        if isinstance(value, type) and issubclass(value, Exception) and name.startswith("SSL"):
            bases = {base.__name__ for base in getattr(ssl, name).__mro__}
            assert {base.__name__ for base in value.__mro__} == bases


def test_names_that_libraries_use() -> None:
    """It has every name of `ssl` that asyncio, websockets and aiohttp use."""
    for library in ("asyncio", "websockets", "aiohttp"):
        folder = Path(importlib.import_module(library).__path__[0])
        for path in folder.rglob("*.py"):
            source = path.read_text()
            for name in re.findall(r"(?<![\w.])(?:ssl|_ssl)\.([A-Za-z]\w*)", source):
                if hasattr(ssl, name) and not isinstance(getattr(ssl, name), ModuleType):
                    assert hasattr(_ssl, name), f"{path} uses ssl.{name}"
    assert websockets and aiohttp


def test_settings_without_effect() -> None:
    """What the browser decides itself can be set, and has no effect."""
    context = _ssl.create_default_context()
    context.load_default_certs()
    context.set_default_verify_paths()
    context.set_alpn_protocols(["http/1.1"])
    context.set_ciphers("ALL")
    context.minimum_version = _ssl.TLSVersion.TLSv1_3
    context.options |= _ssl.OP_NO_COMPRESSION
    assert context.get_ca_certs() == []
    check_context(context)
    with pytest.raises(TypeError, match="all omitted"):
        context.load_verify_locations()


def test_tls_in_python() -> None:
    """What would do TLS in Python raises, and says who does it."""
    context = _ssl.create_default_context()
    stand_in: Any = _ssl
    for use in (context.wrap_socket, context.wrap_bio, stand_in.MemoryBIO, stand_in.SSLObject):
        with pytest.raises(NotSupportedError, match="the browser does; connect with wss:"):
            use()


# Providing it


def test_not_provided_where_there_is_ssl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python has `ssl`, imported or not, that one stays."""
    undo = _ssl.provide()
    assert importlib.import_module("ssl") is ssl
    undo()
    monkeypatch.delitem(sys.modules, "ssl")
    undo = _ssl.provide()
    assert "ssl" not in sys.modules
    undo()


@pytest.fixture
def without_ssl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ssl")
    monkeypatch.setattr(_ssl, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without_ssl")
def test_provided() -> None:
    """Where Python has no `ssl`, the stand-in is imported in its place, until that is undone."""
    undo = _ssl.provide()
    assert importlib.import_module("ssl") is _ssl
    assert _ssl.provide()() is None
    assert sys.modules["ssl"] is _ssl
    undo()
    assert "ssl" not in sys.modules
    undo()


@pytest.mark.usefixtures("without_ssl")
def test_provided_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that has taken its place since then stays."""
    undo = _ssl.provide()
    other = ModuleType("ssl")
    sys.modules["ssl"] = other
    undo()
    assert sys.modules["ssl"] is other
    assert tls.CERT_NONE == _ssl.CERT_NONE
