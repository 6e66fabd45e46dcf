"""A stand-in for the module ``ssl``, for Pyodide before version 314 without the package of that name.

Libraries import ``ssl``, make contexts and pass them on, while the browser does the TLS. So this module
has the names that libraries use. A context records its settings, which
:mod:`~websocketstream.gateway.tls` checks. Functions that would do TLS in Python raise
NotSupportedError.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from ..errors import NotSupportedError

VerifyMode = enum.IntEnum("VerifyMode", "CERT_NONE CERT_OPTIONAL CERT_REQUIRED", start=0)
CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = VerifyMode


class TLSVersion(enum.IntEnum):
    MINIMUM_SUPPORTED, MAXIMUM_SUPPORTED = -2, -1
    SSLv3, TLSv1, TLSv1_1, TLSv1_2, TLSv1_3 = range(768, 773)


class Purpose(enum.Enum):
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"


class SSLError(OSError):
    """The base of the errors of ``ssl``."""


class SSLCertVerificationError(SSLError, ValueError): ...


for _name in ("ZeroReturn", "WantRead", "WantWrite", "Syscall", "EOF"):
    globals()[f"SSL{_name}Error"] = type(f"SSL{_name}Error", (SSLError,), {})


def _ignore(self: object, *args: Any, **options: Any) -> None:
    """Accept a setting that the browser decides itself."""


def _refuse(self: object, *args: Any, **options: Any) -> NoReturn:
    raise NotSupportedError(
        "Python does no TLS in a page: the browser does; connect with wss: or https:"
    )


class SSLContext:
    """The settings that a program makes for TLS, for :func:`~.tls.check_context`."""

    sslsocket_class = sslobject_class = None
    sni_callback = keylog_filename = None
    post_handshake_auth = hostname_checks_common_name = False

    def __init__(self, protocol: int = 2) -> None:
        client = protocol == PROTOCOL_TLS_CLIENT
        self.protocol = protocol
        self.check_hostname = client
        self.verify_mode = VerifyMode.CERT_REQUIRED if client else VerifyMode.CERT_NONE
        self.verify_flags = self.options = 0
        self.minimum_version, self.maximum_version = TLSVersion.TLSv1_2, TLSVersion.TLSv1_3
        self._ca_data: str | None = None
        self._certfile_data: str | None = None

    def load_verify_locations(
        self, cafile: str | None = None, capath: str | None = None, cadata: str | bytes | None = None
    ) -> None:
        if isinstance(cadata, bytes):
            cadata = cadata.decode("latin-1")
        self._ca_data = Path(cafile).read_text() if cafile is not None else cadata or capath
        if self._ca_data is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")

    def load_cert_chain(self, certfile: str, keyfile: str | None = None, password: Any = None) -> None:
        self._certfile_data = Path(certfile).read_text()

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        return []

    load_default_certs = set_default_verify_paths = set_alpn_protocols = set_ciphers = _ignore
    wrap_socket = wrap_bio = _refuse


for _name in ("SSLObject", "SSLSocket", "SSLSession", "MemoryBIO"):
    globals()[_name] = type(_name, (), {"__init__": _refuse})


def create_default_context(purpose: Purpose = Purpose.SERVER_AUTH, **authorities: Any) -> SSLContext:
    client = purpose is Purpose.SERVER_AUTH
    context = SSLContext(PROTOCOL_TLS_CLIENT if client else PROTOCOL_TLS_SERVER)
    if any(authorities.values()):
        context.load_verify_locations(**authorities)
    return context


def _create_unverified_context(*args: Any, **options: Any) -> SSLContext:
    return SSLContext()


_create_default_https_context = create_default_context
CertificateError = SSLCertVerificationError
socket_error = OSError
PROTOCOL_TLS = PROTOCOL_SSLv23 = 2
PROTOCOL_TLSv1, PROTOCOL_TLSv1_1, PROTOCOL_TLSv1_2 = 3, 4, 5
PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER = 16, 17
OP_ALL = 0x80000050
OP_NO_SSLv2, OP_NO_SSLv3 = 0, 0x02000000
OP_NO_TLSv1, OP_NO_TLSv1_1, OP_NO_TLSv1_2, OP_NO_TLSv1_3 = 0x04000000, 0x10000000, 0x08000000, 0x20000000
OP_NO_COMPRESSION, OP_NO_TICKET, OP_NO_RENEGOTIATION = 0x20000, 0x4000, 0x40000000
OP_IGNORE_UNEXPECTED_EOF, OP_LEGACY_SERVER_CONNECT = 0x80, 0x4
VERIFY_DEFAULT, VERIFY_X509_STRICT = 0, 0x20
VERIFY_X509_TRUSTED_FIRST, VERIFY_X509_PARTIAL_CHAIN = 0x8000, 0x80000
SSL_ERROR_SSL, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE = 1, 2, 3
SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN, SSL_ERROR_EOF = 5, 6, 8
HAS_SNI = HAS_ALPN = HAS_TLSv1_2 = HAS_TLSv1_3 = True
HAS_NEVER_CHECK_COMMON_NAME = False
OPENSSL_VERSION = "none: TLS is the browser's"
OPENSSL_VERSION_INFO = (1, 1, 1, 0, 0)
OPENSSL_VERSION_NUMBER = 0x10101000


def provide() -> Callable[[], None]:
    """Let programs import this module as ``ssl`` if there is no other; return what undoes that."""
    if "ssl" in sys.modules or find_spec("_ssl") is not None:
        return lambda: None
    module = sys.modules["ssl"] = sys.modules[__name__]

    def undo() -> None:
        if sys.modules.get("ssl") is module:
            del sys.modules["ssl"]

    return undo
