"""What a TLS context asks for, beside what a browser does.

The browser verifies the server's certificate and its name, by its own list of authorities, and a page
can't change that. A context that asks for just that is accepted. What asks for more or less is refused,
because ignoring it would give up a safety that the program relies on, or break a test set-up without a
word.
"""

from __future__ import annotations

from typing import Any

from ..errors import NotSupportedError

CERT_NONE = 0


def check_context(context: Any) -> None:
    """Raise NotSupportedError if a page can't do what ``context`` asks for.

    Args:
        context: what was passed as ``ssl=``: an ``ssl.SSLContext``, ``True`` for the default one, or
            ``None`` and ``False`` for a connection without TLS.
    """
    if context is None or isinstance(context, bool):
        return
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
    """Whether these are the authorities of the certifi package, which stand for those of any browser."""
    try:
        import certifi
    except ImportError:
        return False
    return authorities == certifi.contents()
