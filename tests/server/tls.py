"""TLS on loopback: certificates of an authority that the tests' browsers trust, and wrong ones.

The authority and the servers' certificate are kept in .build, because several processes start servers
and browsers. Nothing but the browsers that the tests start trusts them.
"""

import shutil
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import trustme

FOLDER = Path(__file__).parents[2] / ".build" / "tls"
NAMES = ("127.0.0.1", "localhost")


@cache
def folder() -> Path:
    """Return the folder of ``authority.pem`` and ``server.pem``, which are made if need be."""
    if not FOLDER.exists():
        FOLDER.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=FOLDER.parent, prefix="tls-"))
        authority = trustme.CA()
        certificate = authority.issue_cert(*NAMES)
        authority.cert_pem.write_to_path(made / "authority.pem")
        authority.private_key_pem.write_to_path(made / "authority-key.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(made / "server.pem")
        keep(made, FOLDER)
    return FOLDER


def keep(made: Path, folder: Path) -> None:
    """Rename a folder that is complete, or drop it if another process has been faster."""
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)


def authority() -> trustme.CA:
    """Return the authority."""
    pems = (folder() / name for name in ("authority.pem", "authority-key.pem"))
    return trustme.CA.from_pem(*(pem.read_bytes() for pem in pems))


@cache
def server_context(*protocols: str) -> ssl.SSLContext:
    """Return the TLS context of servers that the browsers trust; protocols are for ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder() / "server.pem")
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


@cache
def client_context() -> ssl.SSLContext:
    """Return the TLS context of a client that trusts those servers, as the browsers do."""
    return ssl.create_default_context(cafile=folder() / "authority.pem")


def wrong_contexts() -> dict[str, ssl.SSLContext]:
    """Return TLS contexts whose certificates browsers refuse, by what is wrong with them."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return {
        "unknown authority": _context(trustme.CA().issue_cert(*NAMES)),
        "expired": _context(
            authority().issue_cert(*NAMES, not_before=yesterday - timedelta(days=9), not_after=yesterday)
        ),
        "other host": _context(authority().issue_cert("example.com")),
    }


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def tcp(transport: Any) -> Any:
    """Return the transport of TCP: with TLS, the one below asyncio's."""
    protocol = getattr(transport, "_ssl_protocol", None)
    return getattr(protocol, "_transport", None) or transport


def write_eof(transport: Any) -> None:
    """End TCP behind all that was written, and go on reading, which asyncio's TLS can't."""
    below = tcp(transport)
    if below is not transport:
        protocol = transport._ssl_protocol
        with suppress(ssl.SSLWantReadError):  # the client has not ended TLS yet
            protocol._sslobj.unwrap()
        below.write(protocol._outgoing.read())
    below.write_eof()


def limit_reads(transport: Any, size: int) -> None:
    """Have asyncio read at most ``size`` bytes at once."""
    if tcp(transport) is transport:
        transport.max_size = size
    else:
        transport._ssl_protocol._ssl_buffer_view = memoryview(bytearray(size))
