"""TLS for the servers of libraries that connect to `wss:` only."""

import asyncio
import ssl
import tempfile
from pathlib import Path


async def server_context() -> ssl.SSLContext:
    """Return the context of a server on loopback, with a certificate of its own signature.

    The browsers of these tests are told to accept it.
    """
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        what = [
            "-x509",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-days",
            "2",
        ]
        where = [
            "-keyout",
            str(key),
            "-out",
            str(certificate),
            "-subj",
            "/CN=localhost",
            "-addext",
            names,
        ]
        openssl = await asyncio.create_subprocess_exec(
            "openssl", "req", *what, *where, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await openssl.communicate()
        if openssl.returncode:
            raise RuntimeError(f"openssl could not make a certificate: {errors.decode()}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    return context
