"""A check of TLS contexts: a page can have the browser's defaults only.

The browser verifies the server's certificate and name with its own list of authorities, and a page
can't change that. A context that asks for exactly that is accepted. One that asks for more (a client
certificate, authorities of its own) or less (no verification) is refused, because the connection would
not be as secure as the program demands, or would fail without a reason that the program can see.
"""

from __future__ import annotations

from typing import Any

from ..errors import NotSupportedError

CERT_NONE = 0
"""``ssl.CERT_NONE``, without importing ``ssl``, which may be missing."""


def check_context(context: Any) -> None:
    """Check that a page can do what ``context`` asks for.

    Args:
        context: the argument ``ssl``: an ``ssl.SSLContext``, ``True`` for the default one, ``None`` or
            ``False`` for a connection without TLS.

    Raises:
        NotSupportedError: it asks for something else than the browser does. The message has the remedy.
    """
    if context is None or isinstance(context, bool):
        return
    # The private attributes are those of the module `ssl` that comes with Pyodide, and of our stand-in.
    if getattr(context, "_certfile_data", None) is not None:
        raise NotSupportedError(
            "a page can't choose a client certificate: leave load_cert_chain() out, and import the "
            "certificate into the browser"
        )
    if int(getattr(context, "verify_mode", CERT_NONE)) == CERT_NONE:
        raise NotSupportedError(
            "a page can't leave out the verification of certificates: use ssl.create_default_context(), "
            "and have the browser trust the server's certificate"
        )
    authorities = getattr(context, "_ca_data", None)
    if authorities is not None and not _is_certifi(authorities):
        raise NotSupportedError(
            "a page can't choose its certificate authorities: leave cafile, capath and cadata out, and "
            "import the authority into the browser"
        )


def _is_certifi(authorities: str) -> bool:
    """Return whether these are the authorities of the certifi package, which any browser has as well."""
    try:
        import certifi
    except ImportError:
        return False
    return authorities == certifi.contents()
