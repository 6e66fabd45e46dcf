"""How the browsers of the tests come to trust the servers of the tests, and no others.

It is what happens when a user imports an authority in the settings of Chromium or Firefox: they keep it
in a database of NSS. The usual tool for that, certutil, is a package of its own; NSS comes with them.
"""

import ctypes
import ctypes.util
import ssl
import tempfile
from functools import cache
from pathlib import Path

from tests.server import tls

FOR_SERVERS = b"C,,"
"""The authority may issue certificates of servers, and no others."""


@cache
def database() -> Path:
    """Return the folder of a database with the authority of the tests, which is made if need be."""
    folder = tls.folder() / "nss"
    if not folder.exists():
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        _write(made, (folder.parent / "authority.pem").read_text())
        tls.keep(made, folder)
    return folder


def _write(folder: Path, authority: str) -> None:
    library = ctypes.util.find_library("smime3")  # leads to all of NSS
    if library is None:
        raise FileNotFoundError("the library NSS is not on this machine; Debian's package is libnss3")
    nss = ctypes.CDLL(library)
    _check(nss.NSS_InitReadWrite(f"sql:{folder}".encode()) == 0, "could not make a database")
    try:
        _add(nss, ssl.PEM_cert_to_DER_cert(authority))
    finally:
        nss.NSS_Shutdown()


def _add(nss: ctypes.CDLL, der: bytes) -> None:
    pointer = ctypes.c_void_p
    for name in ("PK11_GetInternalKeySlot", "CERT_DecodeCertFromPackage", "CERT_GetDefaultCertDB"):
        getattr(nss, name).restype = pointer
    slot = pointer(nss.PK11_GetInternalKeySlot())
    certificate = pointer(nss.CERT_DecodeCertFromPackage(der, len(der)))
    trust = ctypes.create_string_buffer(3 * ctypes.sizeof(ctypes.c_uint))
    nss.PK11_InitPin(slot, None, b"")
    added = (
        nss.PK11_ImportCert(slot, certificate, ctypes.c_ulong(0), b"tests", False) == 0
        and nss.CERT_DecodeTrustString(trust, FOR_SERVERS) == 0
        and nss.CERT_ChangeCertTrust(pointer(nss.CERT_GetDefaultCertDB()), certificate, trust) == 0
    )
    nss.CERT_DestroyCertificate(certificate)
    nss.PK11_FreeSlot(slot)
    _check(added, "could not add the authority")


def _check(done: bool, problem: str) -> None:
    if not done:
        raise OSError(f"NSS {problem}")
